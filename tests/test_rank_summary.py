"""Ranks in bins beside random order, the finding in a sentence, and verdicts against computed baselines."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from given_vectors import given

from mmalign_core.metrics.bootstrap import share_interval
from mmalign_core.metrics.space import diagnostics
from mmalign_core.store import Store
from mmalign_core.triage.rank_bins import measured_queries, rank_bins
from mmalign_core.triage.space_verdicts import space_verdicts
from mmalign_core.types import EmbeddingSet
from mmalign_core.workflow import Choices, Run, align, judge_all, rank_sentence, summarise_ranks
from mmalign_core.workflow.error_analysis.corrections import better_correction


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def run_of(store: Store, aligner: str = "cca", rows: int = 60, **chosen: object) -> Run:
    collection, encoding = given(rows)
    choices = Choices(pair=("image", "text"), aligner=aligner, **chosen)  # type: ignore[arg-type]
    return align(collection, encoding, choices, store=store)


@pytest.mark.parametrize("split", [{}, {"test": 0.4}, {"folds": 3}])
def test_bins_hold_every_measured_query_once(store: Store, split: dict[str, float]) -> None:
    run = run_of(store, **split)
    found = summarise_ranks(run, store=store)
    for way, bins in found.bins.items():
        values = run.report["metrics"][way]
        assert sum(one.n for one in bins) == values["n"]
        assert sum(one.chance for one in bins) == pytest.approx(values["n"])
        assert bins[0].words == "1" and bins[0].n / values["n"] == pytest.approx(values["recall@1"])
        assert sum(one.n for one in bins if one.high <= 10) / values["n"] == pytest.approx(values["recall@10"])
        assert [one.low for one in bins[1:]] == [one.high + 1 for one in bins[:-1]], "no rank lies between two bins"
        assert bins[-1].high == values["candidates"] if "folds" not in split else bins[-1].high >= 20
        assert len({item for one in bins for item in one.items}) == values["n"], "one text to a picture here"


def test_a_bin_names_its_queries_and_its_address(store: Store) -> None:
    judged = judge_all(run_of(store, test=0.4), store=store)["image->text"]
    asked = measured_queries(judged)
    assert asked.held_out.all() and len(asked) == judged.held_out.sum() < len(judged)
    for one in rank_bins(asked):
        expected = {asked.queries.ids[row] for row in range(len(asked)) if one.low <= asked.rank[row] <= one.high}
        assert set(one.items) == expected and one.address == f"{one.low}-{one.high}"
    assert rank_bins(judged.take(np.zeros(0, int))) == ()


def test_the_sentence_holds_the_reports_numbers(store: Store) -> None:
    run = run_of(store, rows=150, test=0.4)
    values = run.report["metrics"]["image->text"]
    low, high = run.report["ci95"]["image->text"]["recall@10"]
    words = rank_sentence(run.report, "image->text")
    assert f"The right text is among the first 10 for {100 * values['recall@10']:.0f} of 100 pictures" in words
    chance = run.report["baseline"]["image->text"]["recall@10"]
    assert f"by chance {100 * chance:.0f}; 95% interval {100 * low:.0f} to {100 * high:.0f};" in words
    assert f"each of {values['n']} pictures ranks {values['candidates']} texts" in words
    few = run_of(store, rows=16).report
    low, high = share_interval(round(16 * few["metrics"]["text->image"]["recall@1"]), 16)
    words = rank_sentence(few, "text->image")
    assert "The right picture is first for" in words, "10 of 16 says little"
    assert f"95% interval {100 * low:.0f} to {100 * high:.0f};" in words


def points(vectors: np.ndarray, modality: str) -> EmbeddingSet:
    names = tuple(str(row) for row in range(len(vectors)))
    return EmbeddingSet(modality, names, names, vectors.astype(np.float32), "given@1")


def judged_space(a: np.ndarray, b: np.ndarray, **known: bool) -> dict[str, bool | None]:
    sides = points(a, "image"), points(b, "text")
    space = diagnostics(*sides, Choices().scoring())
    found = space_verdicts(space, *sides, **{"corrected": False, "trained": False, **known})
    return {name: verdict.good for name, verdict in found.items()}


def test_partners_that_lie_together_are_good_and_strangers_are_not() -> None:
    rng = np.random.default_rng(0)
    a, other = rng.normal(size=(2, 300, 64))
    near = judged_space(a, a + 0.3 * rng.normal(size=a.shape))
    assert near == dict.fromkeys(("gap", "hubness", "largest_hub", "mutual_knn", "alignment", "uniformity"), True)
    apart = judged_space(a, other)
    assert not apart["mutual_knn"]


def test_a_constant_offset_is_a_gap_and_one_direction_is_a_crowd() -> None:
    rng = np.random.default_rng(1)
    a = rng.normal(size=(200, 32))
    shifted = judged_space(a + 4 * np.eye(32)[0], a - 4 * np.eye(32)[0])
    assert shifted["gap"] is False and judged_space(a, a + 0.3 * rng.normal(size=a.shape))["gap"] is True
    sides = points(a + 4 * np.eye(32)[0], "image"), points(a - 4 * np.eye(32)[0], "text")
    space = diagnostics(*sides, Choices().scoring())
    remedies = [space_verdicts(space, *sides, corrected=False, trained=done)["gap"].remedy for done in (False, True)]
    assert remedies == ["train", "encoders"], "what was trained on its pairs is not offered training again"
    crowd = 8 * np.eye(32)[0] + 0.5 * a
    assert judged_space(crowd, crowd + 0.05 * rng.normal(size=a.shape))["uniformity"] is False


def test_a_hub_is_found_and_offered_a_correction_once() -> None:
    rng = np.random.default_rng(2)
    a, b = rng.normal(size=(2, 400, 16))
    b[:3] = 0.2 * b[:3] + a.mean(0) * 40  # near every query
    a = a + 2 * a.mean(0) * 40
    sides = points(a, "image"), points(b, "text")
    space = diagnostics(*sides, Choices().scoring())
    found = space_verdicts(space, *sides, corrected=False, trained=False)
    assert not found["hubness"].good and found["hubness"].remedy == "correct"
    assert not found["largest_hub"].good and "at random" in found["largest_hub"].words
    again = space_verdicts(space, *sides, corrected=True, trained=False)
    assert again["hubness"].remedy == again["largest_hub"].remedy == "", "what is corrected is not offered again"


def test_random_lists_have_no_large_hub() -> None:
    """The baseline is a 95% quantile: of 40 spaces without structure about two lie above it in either direction."""
    rng = np.random.default_rng(3)
    over = 0
    for _ in range(40):
        counts = np.bincount(
            np.concatenate([rng.choice(200, 10, replace=False) for _ in range(200)]), minlength=200
        ).max()
        share = float(counts / 200)
        space = {"largest_hub_by_direction": {"image->text": share}, "hubness": 0.0, "gap": 0.0, "uniformity": -3.9}
        sides = points(np.eye(200), "image"), points(np.eye(200), "text")
        over += not space_verdicts(space, *sides, corrected=False, trained=False)["largest_hub"].good
    assert over <= 8


def test_too_few_rows_are_not_judged_for_hubs() -> None:
    rng = np.random.default_rng(4)
    few = judged_space(rng.normal(size=(8, 4)), rng.normal(size=(8, 4)))
    assert "hubness" not in few and "largest_hub" not in few


def test_a_correction_is_offered_only_if_it_surely_helps(store: Store) -> None:
    collection, encoding = given(300, width=32)
    rng = np.random.default_rng(1)
    image = rng.normal(size=(300, 32))
    text = image + 1.5 * rng.normal(size=image.shape)
    shared = rng.normal(size=32)  # texts that lie far along it are near every picture
    crowded = {"image": image + shared, "text": text + shared * rng.uniform(0, 3, size=(300, 1))}
    encoding = replace(encoding, sets={m: replace(rows, vectors=crowded[m]) for m, rows in encoding.sets.items()})
    run = align(collection, encoding, Choices(aligner="as-is"), store=store)
    found = better_correction(run)
    assert found is not None and min(gain["low"] for gain in found.gains.values()) > 0
    after = align(collection, encoding, Choices(aligner="as-is", correction=found.name), store=store)
    for way, gain in found.gains.items():
        gained = after.report["metrics"][way]["recall@10"] - run.report["metrics"][way]["recall@10"]
        assert gain["difference"] == pytest.approx(gained)
    assert better_correction(after) is None, "it corrects already"
    assert better_correction(run_of(store, rows=60)) is None, "nothing is left to win"
