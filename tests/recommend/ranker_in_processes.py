"""Train a ranker on planted lists, in as many processes as `torchrun` started; the leading one tells how good it is."""

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from recommend.algorithms.distributed import leads
from recommend.ranking.measuring import figures_of
from tests.recommend.planted_lists import planted_lists, trained

if __name__ == "__main__":
    lists, unseen = planted_lists(count=800), planted_lists(seed=1, count=300)
    figures = figures_of(trained(lists, max_epochs=4), unseen.examples)
    if leads() and figures is not None:
        print(json.dumps({"ndcg": float(figures.ndcg.mean()), "log_loss": figures.heads["click"].log_loss}))
