"""One number stands for a direction: its cut goes by the number of candidates, and every place says the same."""

from pathlib import Path
from typing import Any

import pytest
from given_vectors import given

from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.metrics.headline import FEW, leading_cut, leading_metric, leading_share
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, align, find_findings, rank_sentence
from mmalign_core.workflow.error_analysis.finding import headline
from mmalign_core.workflow.export.report_facts import finding
from pages._components import run_menu


def report(candidates: int, hits: int, shuffled: float = 0.0) -> dict[str, Any]:
    values = {"recall@1": hits / candidates, "recall@10": 0.9, "n": candidates, "candidates": candidates}
    chance = {"recall@1": shuffled, "recall@10": 0.3}
    bounds = {"recall@1": [0.0, 0.0], "recall@10": [0.8, 0.95]}
    return {"metrics": {"image->text": values}, "baseline": {"image->text": chance}, "ci95": {"image->text": bounds}}


def test_few_candidates_are_measured_by_the_first_answer_with_wilsons_interval() -> None:
    one = leading_share(report(20, 7), "image->text")
    assert (one.metric, one.hits, one.few) == ("recall@1", 7, True)
    assert (one.low, one.high) == share_interval(7, 20)
    assert one.chance == 1 / 20, "a shuffle of 20 items that found none is luck"
    assert leading_share(report(20, 7, shuffled=0.15), "image->text").chance == 0.15


def test_many_candidates_are_measured_by_the_first_ten_with_the_reports_interval() -> None:
    one = leading_share(report(FEW, 7), "image->text")
    assert (one.metric, one.value, one.low, one.high, one.chance) == ("recall@10", 0.9, 0.8, 0.95, 0.3)
    assert leading_cut(FEW) == 10 and leading_cut(FEW - 1) == 1


def test_all_directions_are_measured_alike() -> None:
    both = report(100, 7)
    both["metrics"]["text->image"] = both["metrics"]["image->text"] | {"candidates": 20}
    assert leading_metric(both) == leading_share(both, "image->text").metric == "recall@1"


@pytest.mark.parametrize(("rows", "cut"), [(20, 1), (80, 10)])
def test_headline_sentences_and_menu_say_the_same(tmp_path: Path, rows: int, cut: int) -> None:
    store = Store(tmp_path / "store")
    collection, encoding = given(rows)
    run = align(collection, encoding, Choices(pair=("image", "text"), aligner="cca"), store=store)
    one = leading_share(run.report, "image->text")
    place = "first" if cut == 1 else "among the first 10"
    assert one.cut == cut and headline(run).evidence["metric"] == f"recall@{cut}"
    assert f"{place} for" in headline(run).sentence and f"is {place} for" in rank_sentence(run.report, "image->text")
    assert f"is {place} for {one.hits} of {rows} pictures" in finding(run)
    assert run_menu.headline(run.report).endswith(f"R@{cut} {one.value:.0%}")
    assert find_findings(run, store=store)[0] == headline(run)
