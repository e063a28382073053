"""`manage.py evaluate_policy`, on a made-up folder of two policies."""

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

RATES = np.array([0.05, 0.1, 0.15, 0.4])
HEADER = ",timestamp,item_id,position,click,propensity_score,user_feature_0,user_feature_1,user-item_affinity_0\n"


def lines(random: np.random.Generator, policy: np.ndarray, n: int) -> str:
    items = random.choice(len(policy), size=n, p=policy)
    clicks = (random.random(n) < RATES[items]).astype(int)
    places = random.integers(1, 4, n)
    return HEADER + "".join(
        f"{row},2019-11-24 00:00:00+00:00,{item},{place},{click},{policy[item]},a{row % 2},b,0.0\n"
        for row, (item, place, click) in enumerate(zip(items, places, clicks, strict=True))
    )


@pytest.fixture
def folder(tmp_path) -> Path:
    random = np.random.default_rng(0)
    (tmp_path / "random_shoes.csv").write_text(lines(random, np.full(4, 0.25), 1_500))
    with gzip.open(tmp_path / "bts_shoes.csv.gz", "wt") as file:
        file.write(lines(random, np.array([0.1, 0.1, 0.2, 0.6]), 1_500))
    (tmp_path / "random_item_context.csv").write_text(",item_id\n0,0\n")
    (tmp_path / "bts_item_context.csv").write_text(",item_id\n0,0\n")
    return tmp_path


def test_each_policy_is_estimated_from_the_log_of_the_other(folder, capsys):
    call_command("evaluate_policy", "--data", str(folder), "--json")
    results = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(each["policy"], each["log"], each["method"]) for each in results] == [
        *(("bts", "random", method) for method in ("ips", "snips", "dm", "dr")),
        *(("random", "bts", method) for method in ("ips", "snips", "dm", "dr")),
    ]
    for each in results:
        expected = 0.295 if each["policy"] == "bts" else 0.175
        assert each["truth_low"] < expected < each["truth_high"]
        assert each["value"] == pytest.approx(expected, abs=0.06)
        assert each["contains_truth"] == (each["low"] <= each["truth"] <= each["high"])
        assert (each["campaign"], each["rounds"]) == ("shoes", 1_500)
        if each["method"] != "dm":
            assert each["contains_truth"]


def test_the_table_says_whether_the_interval_holds_the_truth(folder, capsys):
    call_command("evaluate_policy", "--data", str(folder), "--resamples", "0", "--largest-weight", "2")
    printed = capsys.readouterr().out
    assert "shoes" in printed
    assert "snips" in printed
    assert "yes" in printed


def test_lines_that_cannot_be_understood_are_skipped_and_told(folder, capsys):
    with (folder / "random_shoes.csv").open("a") as file:
        file.write("9,now,0,1,2,0.25,a,b,0\n9,now,0,1,1,0,a,b,0\nshort\n9,now,x,1,1,0.2,a,b,0\n")
    call_command("evaluate_policy", "--data", str(folder), "--json", "--resamples", "0")
    told = capsys.readouterr()
    assert all(json.loads(line)["rounds"] == 1_500 for line in told.out.splitlines())
    for words in (
        "line 1502: the click 2",
        "line 1503: the propensity 0",
        "line 1504: expected 9 columns",
        "line 1505",
    ):
        assert words in told.err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda folder: (folder / "bts_shoes.csv.gz").unlink(), "has no campaign"),
        (lambda folder: (folder / "random_shoes.csv").write_text("item_id,click\n0,1\n"), "position, propensity_score"),
        (lambda folder: (folder / "random_shoes.csv").write_text(HEADER), "holds no rounds"),
        (lambda folder: (folder / "bts_shoes.csv.gz").write_bytes(b"\x1f\x8b\x00"), "cannot be read"),
    ],
)
def test_what_is_missing_is_said(folder, change, words):
    change(folder)
    with pytest.raises(CommandError, match=words):
        call_command("evaluate_policy", "--data", str(folder))


def test_a_folder_that_is_not_there_and_settings_out_of_range_are_refused(tmp_path, folder):
    with pytest.raises(CommandError, match="cannot be read"):
        call_command("evaluate_policy", "--data", str(tmp_path / "nowhere"))
    with pytest.raises(CommandError, match="largest_weight"):
        call_command("evaluate_policy", "--data", str(folder), "--largest-weight", "-1")
