"""Hubs, accepted answers, selections and mixing against what brute force gives."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.metrics.bootstrap import bootstrap_intervals, share_interval
from mmalign_core.metrics.modality_mix import modality_mixing
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.metrics.space import modality_gap
from mmalign_core.triage.answer_scores import accepted_at, score_histogram
from mmalign_core.triage.hubs import choosers, most_chosen
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.selection import _gap, _share, selection_contrasts
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings

N = 40


def placed(modality: str, n: int = N, seed: int = 0, keys: list[str] | None = None) -> EmbeddingSet:
    rng, ids = np.random.default_rng(seed), tuple(f"i{k:02d}" for k in range(n))
    return EmbeddingSet(modality, ids, tuple(keys or ids), rng.standard_normal((n, 8)), "given@1")


def judged(seed: int = 0, held: int = 0, keys: list[str] | None = None) -> Judgements:
    """N queries that choose at random; the first `held` of them were held out."""
    rng = np.random.default_rng(seed)
    right, chosen = np.arange(N), rng.integers(0, 6, N)
    rank = np.where(chosen == right, 1, rng.integers(2, 30, N))
    scores, out = rng.random((2, N)).astype(np.float32), np.arange(N) < held
    return Judgements(
        ("image", "text"), placed("image"), placed("text", seed=1, keys=keys), rank, chosen, right,
        scores.max(axis=0), scores.min(axis=0), rank == 1, np.ones(N, bool), out, np.full(N, N),
    )  # fmt: skip


def test_the_most_chosen_candidates_are_counted_by_content() -> None:
    keys = [f"k{k}" for k in range(N)]
    keys[1] = keys[0]  # two candidates hold one text
    found = judged(keys=keys)
    counts = Counter(keys[row] for row in found.chosen)
    uses = most_chosen(found, 3)
    assert [use.k for use in uses] == [k for _, k in counts.most_common(3)]
    for use in uses:
        takers = [q for q in range(N) if keys[found.chosen[q]] == keys[use.row]]
        assert choosers(found, use.row) == takers and use.n == N
        assert use.right == sum(keys[q] == keys[use.row] for q in takers)
        assert use.copies == keys.count(keys[use.row]) and use.expected == pytest.approx(use.copies)
        assert use.interval[0] < use.k / use.n < use.interval[1]


@given(st.floats(-0.1, 1.1), st.integers(0, 5))
def test_accepted_answers_are_those_that_score_enough(threshold: float, seed: int) -> None:
    every = judged(seed)
    found = accepted_at(every, threshold)
    kept = [row for row in range(N) if every.chosen_score[row] >= threshold]
    right = [row for row in kept if every.correct[row]]
    assert (found.accepted, found.right, found.n) == (len(kept), len(right), N)
    assert found.precision == pytest.approx(len(right) / len(kept) if kept else 0)
    assert found.recall == pytest.approx(len(right) / N)
    assert found.precision_interval == share_interval(len(right), len(kept))


def test_the_histogram_counts_every_answer_once() -> None:
    every = judged()
    found = score_histogram(every, bins=7)
    assert (
        found.right.sum() == every.correct.sum() and found.wrong.sum() == found.missed.sum() == (~every.correct).sum()
    )
    assert len(found.edges) == 8 and found.edges[0] <= every.right_score.min()
    assert found.edges[-1] >= every.chosen_score.max()


def test_an_interval_of_a_share_is_wilsons() -> None:
    low, high = share_interval(8, 10)  # Newcombe (1998), table I: .4901 to .9433
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=1e-3) and share_interval(0, 0) == (0, 1)


def test_a_selection_is_measured_beside_the_rest() -> None:
    every, space = judged(), {"image": placed("image"), "text": placed("text", seed=1)}
    items = [f"i{k:02d}" for k in range(12)]
    found = {one.name: one for one in selection_contrasts({"image->text": every}, space, items)}
    for name, most in (("recall@1", 1), ("recall@10", 10)):
        one = found[name]
        assert one.selected is not None and one.rest is not None and one.split == "all"
        assert one.selected.value == pytest.approx((every.rank[:12] <= most).mean()) and one.selected.n == 12
        assert one.rest.value == pytest.approx((every.rank[12:] <= most).mean()) and one.rest.n == N - 12
    hub = found["largest hub"].selected
    assert hub is not None and hub.value == Counter(every.chosen[:12].tolist()).most_common(1)[0][1] / 12
    gap = found["modality gap"]
    expected = modality_gap(space["image"].vectors[:12], space["text"].vectors[:12])
    assert gap.selected is not None and gap.selected.value == pytest.approx(expected) and gap.selected.interval
    assert gap.selected.interval[0] <= gap.selected.value


def test_a_selection_of_many_has_the_intervals_of_the_bootstrap() -> None:
    rng, n = np.random.default_rng(0), 3000
    ids = [f"i{k // 2}" for k in range(n)]  # two queries of each item, hit or missed together more often than not
    hits = np.repeat(rng.random(n // 2) < 0.3, 2) ^ (rng.random(n) < 0.1)
    found = _share(hits, Strings(ids).numbered()[0], 0)
    drawn = bootstrap_intervals(Outcome(np.where(hits, 1, 9), hits), ids)["recall@1"]
    assert found is not None and found.interval == pytest.approx(tuple(drawn), abs=0.003)
    rows = np.arange(n)
    left, right = (rng.standard_normal((n, 8)).astype(np.float32) + shift for shift in (0.0, 0.5))
    few, many = (_gap((left, rows[:k]), (right, rows[:k]), 0) for k in (2000, 2001))  # drawn one by one, and not
    assert few is not None and many is not None and few.interval is not None
    assert many.interval == pytest.approx(few.interval, abs=0.004)
    assert many.value == pytest.approx(modality_gap(left[:2001], right[:2001]), abs=1e-5)


def test_a_recall_of_nothing_has_an_interval_with_a_width() -> None:
    every, space = judged(), {"image": placed("image"), "text": placed("text", seed=1)}
    missed = [every.queries.ids[row] for row in np.flatnonzero(every.rank > 10)][:4]
    recall = selection_contrasts({"image->text": every}, space, missed)[1].selected
    assert recall is not None and recall.value == 0 and recall.interval == share_interval(0, 4)


def test_a_selection_is_measured_on_held_out_queries_where_there_are_any() -> None:
    every, space = judged(held=20), {"image": placed("image"), "text": placed("text", seed=1)}
    items = [f"i{k:02d}" for k in range(15, 30)]
    recall = selection_contrasts({"image->text": every}, space, items)[0]
    assert recall.split == "held out" and recall.selected is not None and recall.rest is not None
    assert (recall.selected.n, recall.rest.n) == (5, 15)
    assert recall.selected.value == pytest.approx((every.rank[15:20] == 1).mean())
    assert selection_contrasts({"image->text": every}, space, ["i39"])[0].selected is None


def test_mixing_is_the_share_of_neighbours_of_another_modality() -> None:
    space = {"image": placed("image", 30), "text": placed("text", 12, seed=1)}
    vectors = np.concatenate([rows.vectors for rows in space.values()])
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    scores, kinds = unit @ unit.T, np.array([0] * 30 + [1] * 12)
    np.fill_diagonal(scores, -np.inf)
    near = np.argsort(-scores, axis=1)[:, :5]
    found = modality_mixing(space, k=5)
    assert found.observed == pytest.approx((kinds[near] != kinds[:, None]).mean()) and found.n == 42
    assert found.expected == pytest.approx((30 * 12 / 41 + 12 * 30 / 41) / 42)
    assert found.interval[0] < found.observed < found.interval[1]


def test_modalities_far_apart_do_not_mix() -> None:
    apart = {"image": placed("image"), "text": placed("text", seed=1)}
    far = {
        name: EmbeddingSet(name, rows.ids, rows.keys, rows.vectors + 50 * side, "given@1")
        for (name, rows), side in zip(apart.items(), (1, -1))
    }
    assert modality_mixing(far).observed == 0 and modality_mixing(apart).observed > 0.4
