"""Every hubness correction against its formula in plain numpy, and what holds for all of them."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.metrics.ranking import measure_direction
from mmalign_core.metrics.report import evaluation
from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.decision import Scoring
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput, EmbeddingSet

by_correction = pytest.mark.parametrize("name", CORRECTIONS.names())
by_similarity = pytest.mark.parametrize("similarity", SIMILARITIES.names())
BANKED = ("csls", "inverted-softmax", "nnn")
sizes = given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 15), st.integers(0, 999))
few = settings(deadline=None, max_examples=20)


def best(block: np.ndarray, k: int) -> np.ndarray:
    """Mean of the k greatest of each row."""
    return -np.sort(-block, axis=1)[:, :k].mean(1)


def log_sum(block: np.ndarray, temperature: float) -> np.ndarray:
    return temperature * np.log(np.exp(block / temperature).sum(1))


def oracle(name: str, forward: np.ndarray, queries: np.ndarray, k: int = 3) -> np.ndarray:
    """Corrected scores (m, n) of a similarity (m, n), and one of the known queries (b, n), by the formula."""
    if name == "csls":
        return 2 * forward - best(forward, k)[:, None] - best(queries.T, k)
    if name == "nnn":
        return forward - 0.6 * best(queries.T, k)
    if name == "inverted-softmax":
        return forward - np.log(np.exp(4 * queries).mean(0)) / 4
    if name == "dual-softmax":
        return 2 * forward - log_sum(forward, 0.5)[:, None] - log_sum(queries.T, 0.5)
    return forward


PARAMS = {
    "csls": {"k": 3},
    "nnn": {"k": 3, "alpha": 0.6},
    "inverted-softmax": {"beta": 4},
    "dual-softmax": {"temperature": 0.5},
}


def rows(count: int, seed: int, copies: bool = False) -> np.ndarray:
    rng = np.random.default_rng(seed)
    made = rng.standard_normal((count, 4)).astype(np.float32)
    return made[rng.integers(0, count, count)] if copies else made


def whole(scores: Scores, step: int | None = None) -> np.ndarray:
    return np.concatenate([block for _, block in scores.iter_blocks(step)])


@by_correction
@by_similarity
@few
@sizes
def test_scores_equal_the_formula_with_a_bank_and_without(
    name: str, similarity: str, m: int, n: int, b: int, seed: int
) -> None:
    measure_, x, y, bank = SIMILARITIES.create(similarity), rows(m, seed), rows(n, seed + 1), rows(b, seed + 2)
    correction = CORRECTIONS.create(name, **PARAMS.get(name, {}))
    forward = measure_.block(x, y).astype(float)
    known = measure_.block(bank, y).astype(float) if b and name in BANKED else forward
    found = correction.scores(measure_, x, y, bank if b else None)
    np.testing.assert_allclose(whole(found), oracle(name, forward, known), atol=2e-4)
    np.testing.assert_allclose(whole(correction.scores(measure_, x, y)), oracle(name, forward, forward), atol=2e-4)


@by_correction
@by_similarity
@few
@sizes
def test_streaming_flipping_and_the_best_k_agree_with_the_whole(
    name: str, similarity: str, m: int, n: int, b: int, seed: int
) -> None:
    x, y = rows(m, seed, copies=True), rows(n, seed + 1, copies=True)
    scores = CORRECTIONS.create(name).scores(SIMILARITIES.create(similarity), x, y)
    dense = whole(scores)
    np.testing.assert_allclose(whole(scores, 3), dense, atol=1e-5)
    np.testing.assert_allclose(whole(scores.flipped(), 2).T, dense, atol=1e-5)
    some = np.random.default_rng(seed).permutation(m)[: m // 2 + 1]
    np.testing.assert_allclose(whole(scores.take(some)), dense[some], atol=1e-5)
    for k in (1, b + 1):
        values, indices = scores.top_k(k)
        assert values.shape == indices.shape == (m, min(k, n)) and all(len(set(row)) == len(row) for row in indices)
        np.testing.assert_allclose(values, -np.sort(-dense, axis=1)[:, :k], atol=2e-4)
        np.testing.assert_allclose(np.take_along_axis(dense, indices, 1), values, atol=2e-4)


@by_correction
@by_similarity
@pytest.mark.parametrize("value", [0.0, 0.1, 3.0])
def test_a_constant_space_stays_a_tie_and_finite(name: str, similarity: str, value: float) -> None:
    for n in (1, 7, 61, 300):
        ids = tuple(map(str, range(n)))
        a, b = (EmbeddingSet(m, ids, ids, np.full((n, 48), value), "toy@1") for m in ("image", "text"))
        parts = SIMILARITIES.create(similarity), CORRECTIONS.create(name), MATCHERS.create("argmax")
        found = measure_direction(a, b, Scoring(*parts)).outcome
        assert (found.ranks == n).all() and found.correct.all() == (n == 1)
        assert np.isfinite(whole(parts[1].scores(parts[0], a.vectors, b.vectors))).all()


@by_correction
@by_similarity
def test_copies_of_a_target_tie_whatever_their_place(name: str, similarity: str) -> None:
    measure_, x = SIMILARITIES.create(similarity), 100 * rows(40, 1)
    for n in (3, 37, 257):
        y = np.concatenate([rows(20, 2), np.repeat(rows(1, 3), n, axis=0)])
        scores = CORRECTIONS.create(name).scores(measure_, x, y, rows(30, 4))
        block = whole(scores)[:, 20:]
        assert ((block.max(1) - block.min(1)) <= scores.rounding).all()


@by_correction
@pytest.mark.parametrize(("m", "n"), [(0, 3), (3, 0), (0, 0)])
def test_nothing_scores_nothing(name: str, m: int, n: int) -> None:
    scores = CORRECTIONS.create(name).scores(SIMILARITIES.create("euclidean"), np.ones((m, 2)), np.ones((n, 2)))
    assert scores.top_k(5)[0].shape == (m, 0 if n == 0 else min(5, n)) and scores.rounding.shape == (m,)


@pytest.mark.parametrize("name", BANKED)
def test_with_a_bank_every_query_is_scored_alone_and_without_one_together(name: str) -> None:
    correction, cosine = CORRECTIONS.create(name), SIMILARITIES.create("cosine")
    x, y, bank = rows(12, 1), rows(15, 2), rows(30, 3)
    together, alone = whole(correction.scores(cosine, x, y, bank)), whole(correction.scores(cosine, x[:1], y, bank))
    np.testing.assert_allclose(alone[0], together[0], atol=1e-6)
    assert not np.allclose(whole(correction.scores(cosine, x[:1], y))[0], whole(correction.scores(cosine, x, y))[0])
    assert not correction.transductive and not correction.is_transductive(has_bank=True)
    assert correction.is_transductive(has_bank=False)


@pytest.mark.parametrize("name", BANKED)
def test_told_to_look_at_the_measured_queries_it_leaves_the_bank_alone(name: str) -> None:
    told, cosine = CORRECTIONS.create(name, bank="queries"), SIMILARITIES.create("cosine")
    x, y, bank = rows(12, 1), rows(15, 2), rows(30, 3)
    np.testing.assert_array_equal(whole(told.scores(cosine, x, y, bank)), whole(told.scores(cosine, x, y)))
    assert told.is_transductive(has_bank=True)
    with pytest.raises(BadInput, match="training, queries"):
        CORRECTIONS.create(name, bank="all")


def test_none_never_and_dual_softmax_always_looks_at_the_queries_together() -> None:
    for has_bank in (True, False):
        assert not CORRECTIONS.create("none").is_transductive(has_bank)
        assert CORRECTIONS.create("dual-softmax").is_transductive(has_bank)


@by_correction
def test_a_query_asked_many_times_counts_once(name: str) -> None:
    correction, cosine, x, y = CORRECTIONS.create(name), SIMILARITIES.create("cosine"), rows(12, 1), rows(15, 2)
    often = np.concatenate([x, np.repeat(x[:1], 40, axis=0)])
    np.testing.assert_allclose(
        whole(correction.scores(cosine, often, y))[:12], whole(correction.scores(cosine, x, y)), atol=1e-6
    )


@pytest.mark.parametrize("name", [name for name in CORRECTIONS.names() if name != "none"])
def test_a_hub_loses_its_place(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((200, 32)) + 1.5
    y = x + 1.2 * rng.standard_normal((200, 32))
    y[:5] = 1.5 + 0.05 * rng.standard_normal((5, 32))
    plain, corrected = (
        CORRECTIONS.create(which).scores(SIMILARITIES.create("cosine"), x, y).top_k(1)[1].ravel()
        for which in ("none", name)
    )
    assert 0.15 < np.mean(plain < 5) > 1.3 * np.mean(corrected < 5)
    assert np.mean(corrected == np.arange(200)) > np.mean(plain == np.arange(200))


def test_the_report_hands_the_training_rows_over_and_counts_contents_once() -> None:
    def space(n: int, seed: int) -> dict[str, EmbeddingSet]:
        ids = tuple(f"{seed}.{i}" for i in range(n))
        rng = np.random.default_rng(seed)
        return {m: EmbeddingSet(m, ids, ids, rng.standard_normal((n, 4)), "toy@1") for m in ("image", "text")}

    test, train = space(30, 1), space(50, 2)
    often = {m: s.take([*range(50), *[7] * 60]) for m, s in train.items()}
    scoring = Scoring(SIMILARITIES.create("cosine"), CORRECTIONS.create("csls"), MATCHERS.create("argmax"))
    parts = ("image", "text"), scoring
    alone, banked, copied = (evaluation([test], *parts, banks=b).report() for b in (None, [train], [often]))
    assert banked == copied and banked["metrics"] != alone["metrics"] and banked["space"] != alone["space"]
    with pytest.raises(BadInput, match="1 query banks for 2 spaces"):
        evaluation([test, test], *parts, banks=[train]).report()


def test_clip_gains_what_is_known_of_csls_and_dual_softmax(shared_data: Path) -> None:
    vectors = np.load(shared_data / "clip_embeddings_coco500" / "features_clip.npy")
    ids = tuple(map(str, range(500)))
    space = {m: EmbeddingSet(m, ids, ids, v, "clip@1") for m, v in zip(("image", "text"), vectors)}
    known = {"csls": ((0.62, 0.844, 0.914), (0.59, 0.83, 0.906)), "dual-softmax": ((0.628,), (0.598,))}
    for name, ways in known.items():
        parts = SIMILARITIES.create("cosine"), CORRECTIONS.create(name), MATCHERS.create("argmax")
        found = evaluation([space], ("image", "text"), Scoring(*parts)).report()["metrics"]
        for way, expected in zip(("image->text", "text->image"), ways):
            assert tuple(round(found[way][f"recall@{k}"], 6) for k in (1, 5, 10))[: len(expected)] == expected
