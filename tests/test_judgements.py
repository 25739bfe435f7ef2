"""Judgements of held-out queries are those that the run's report measured, whatever splits, corrects and matches."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.metrics.retrieval import RECALL_AT, right_answers
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.store import Store
from mmalign_core.triage.judgements import Judgements
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import Choices, Encoding, Run, align, judged_pairs, load_run, save_run
from mmalign_core.workflow.error_analysis.judgement import judge, judge_all
from mmalign_core.workflow.error_analysis.refit import held_out_parts

N = 50
SPLITS = (
    {},
    {"test": 0.3},
    {"folds": 3},
    {"fold_column": "fold"},
    {"test": 0.3, "time_column": "fold"},
)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """An empty store."""
    return Store(Path(tmp_path_factory.mktemp("judgements")))


@pytest.fixture(scope="module")
def collection() -> Collection:
    """50 items: two captions each, one of them shared by two items; two pictures and one caption have no partner."""
    rng = np.random.default_rng(3)
    ids = tuple(f"i{k:02d}" for k in range(N))
    shown, said = (*ids, "p0", "p1"), (*np.repeat(ids, 2).tolist(), "t0")
    base = {item: rng.standard_normal(8) for item in (*shown, "t0")}
    pictures = np.stack([base[item] for item in shown]) @ rng.standard_normal((8, 12)) + 0.5
    words = np.stack([base[item] for item in said]) + 0.9 * rng.standard_normal((2 * N + 1, 8))
    keys = [f"t{k}" for k in range(2 * N + 1)]
    keys[9], words[9] = keys[4], words[4]
    sets = {
        "image": EmbeddingSet("image", shown, shown, pictures, "given@1"),
        "text": EmbeddingSet("text", said, tuple(keys), words, "given@1"),
    }
    items = pd.DataFrame({"fold": [k % 4 if k % 7 else None for k in range(N + 3)]}, index=[*ids, "p0", "p1", "t0"])
    return Collection("toy", items, (), vectors=sets)


def aligned(collection: Collection, store: Store, **choices: object) -> Run:
    sets = dict(collection.vectors)
    encoding = Encoding(sets, dict.fromkeys(sets, "given"), {}, (), {})
    return align(collection, encoding, Choices(**{"aligner": "ridge", **choices}), store=store)


def metrics(judged: Judgements) -> dict[str, float]:
    found = {f"recall@{k}": float((judged.rank <= k).mean()) for k in RECALL_AT}
    return found | {
        "accuracy": float(judged.correct.mean()),
        "mrr": float((1 / judged.rank).mean()),
        "median_rank": float(np.median(judged.rank)),
        "n": len(judged),
    }


def check_against_report(run: Run, store: Store) -> None:
    for way, judged in judge_all(run, store=store).items():
        measured = judged.take(judged.held_out) if run.choices.holds_out else judged
        reported = run.report["metrics"][way]
        assert metrics(measured) == {name: pytest.approx(reported[name], abs=1e-12) for name in metrics(measured)}
        assert len(judged) == int(right_answers(judged.queries, judged.candidates).answerable.sum())


@pytest.mark.parametrize("split", SPLITS, ids=str)
@pytest.mark.parametrize("correction", ["none", "csls", "nnn"])
def test_held_out_judgements_reproduce_the_report(
    collection: Collection, kept: Store, split: dict[str, object], correction: str
) -> None:
    check_against_report(aligned(collection, kept, correction=correction, **split), kept)


@pytest.mark.parametrize("split", SPLITS[:3], ids=str)
@pytest.mark.parametrize("matcher", MATCHERS.names())
def test_every_matcher_decides_as_in_the_report(
    collection: Collection, kept: Store, split: dict[str, object], matcher: str
) -> None:
    check_against_report(aligned(collection, kept, matcher=matcher, **split), kept)


@pytest.mark.parametrize("split", SPLITS[:3], ids=str)
def test_a_reopened_run_decides_by_the_thresholds_that_were_suggested(
    collection: Collection, kept: Store, split: dict[str, object]
) -> None:
    made = aligned(collection, kept, matcher="threshold", matcher_params={"suggested": True}, **split)
    save_run(made, "thresholds", store=kept)
    check_against_report(load_run("thresholds", store=kept), kept)


@pytest.mark.parametrize("correction", CORRECTIONS.names())
def test_columns_agree_with_every_score_at_once(collection: Collection, kept: Store, correction: str) -> None:
    run = aligned(collection, kept, test=0.3, correction=correction)
    judged = judge(run, ("image", "text"), store=kept)
    held = judged.take(judged.held_out)
    (part,), space, scoring = held_out_parts(run), run.result.space, run.choices.scoring()
    texts, bank = space["text"].of_items(part.test), space["image"].of_items(part.train)
    scores = scoring.scores(held.queries, texts, bank if scoring.takes_bank else None)
    whole = scores.dense()
    owns = {item: {k for i, k in zip(texts.ids, texts.keys) if i == item} for item in texts.ids}
    assert len(held) > 5 and (held.n_candidates == len(texts)).all()
    for row, item in enumerate(held.queries.ids):
        right = np.array([key in owns[item] for key in texts.keys])
        best = whole[row][right].max()
        assert held.rank[row] == 1 + (whole[row][~right] >= best - scores.rounding[row]).sum()
        assert held.right_score[row] == pytest.approx(best, abs=1e-5)
        assert held.candidates.keys[held.right[row]] == texts.keys[np.where(right, whole[row], -np.inf).argmax()]
        assert held.candidates.keys[held.chosen[row]] == texts.keys[whole[row].argmax()]
        assert held.chosen_score[row] == pytest.approx(whole[row].max(), abs=1e-5)
        assert held.correct[row] == (held.rank[row] == 1)


def test_queries_that_were_not_held_out_meet_all_candidates_as_on_the_page(collection: Collection, kept: Store) -> None:
    run = aligned(collection, kept, test=0.3)
    judged, pairs = judge(run, ("image", "text"), store=kept), judged_pairs(run, "image", "text")
    rank = {pair.item: (pair.rank, pair.chosen_row, pair.right_row) for pair in pairs}
    rest = judged.take(~judged.held_out)
    assert len(rest) and (rest.n_candidates == len(run.result.space["text"])).all() and (rest.fold == 0).all()
    for i, item in enumerate(rest.queries.ids):
        assert rank[item] == (rest.rank[i], rest.chosen[i], rest.right[i])
    assert judged.worst_first().tolist() == sorted(
        range(len(judged)), key=lambda i: (-judged.rank[i], judged.margin[i], judged.queries.ids[i])
    )


def test_queries_keep_the_rows_of_the_run(collection: Collection, kept: Store) -> None:
    for split in SPLITS:
        run = aligned(collection, kept, **split)
        judged = judge(run, ("text", "image"), store=kept)
        assert judged.queries.keys == tuple(key for key in run.result.space["text"].keys if key != f"t{2 * N}")
        assert set(judged.fold[judged.held_out]) == set(range(1, 1 + (len(set(judged.fold) - {0}))))


def test_folds_whose_vectors_are_gone_are_named(collection: Collection, kept: Store) -> None:
    run = aligned(collection, kept, folds=3)
    moved = replace(run.collection, vectors={})
    with pytest.raises(BadInput, match=r"folds of run .* cannot be fitted again: the vectors of image are given"):
        judge(replace(run, collection=moved), ("image", "text"), store=kept)


@pytest.mark.parametrize("way", [("image", "audio"), ("text", "text")])
def test_an_unknown_direction_lists_the_known_ones(collection: Collection, kept: Store, way: tuple[str, str]) -> None:
    with pytest.raises(BadInput, match="was measured in: image->text, text->image"):
        judge(aligned(collection, kept), way, store=kept)
