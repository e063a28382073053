"""What the ranker learns from: lists that were shown or could have been, and what people did then.

Everything is told as it stood when the list was asked for: histories, what courses were known for, profiles, and the
first stage's scores.
"""

from recommend.ranking_data.loading import TEST_SHARE, RankingData, load

__all__ = ["TEST_SHARE", "RankingData", "load"]
