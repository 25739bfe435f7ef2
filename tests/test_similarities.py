"""Contract of every registered similarity and correction, and what each one computes."""

import numpy as np
import pytest

from mmalign_core.scoring.corrections import CORRECTIONS, Scores
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import BadInput

RNG = np.random.default_rng(5)
QUERIES = RNG.standard_normal((17, 6)).astype(np.float32)
CANDIDATES = RNG.standard_normal((23, 6)).astype(np.float32)

by_similarity = pytest.mark.parametrize("name", SIMILARITIES.names())
by_correction = pytest.mark.parametrize("name", CORRECTIONS.names())


@by_similarity
def test_blocks_stream_and_rank_what_the_whole_block_shows(name: str) -> None:
    similarity = SIMILARITIES.create(name)
    whole = similarity.block(QUERIES, CANDIDATES)
    assert whole.shape == (17, 23) and whole.dtype == np.float32
    streamed = list(similarity.iter_blocks(QUERIES, CANDIDATES, rows=5))
    assert [(part.start, part.stop) for part, _ in streamed] == [(0, 5), (5, 10), (10, 15), (15, 17)]
    np.testing.assert_allclose(np.concatenate([block for _, block in streamed]), whole, atol=1e-6)
    scores, indices = similarity.top_k(QUERIES, CANDIDATES, 7)
    np.testing.assert_allclose(scores, -np.sort(-whole, axis=1)[:, :7], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(whole, indices, 1), scores, atol=1e-5)


@by_similarity
def test_each_has_a_line_about_it_and_leaves_input_alone(name: str) -> None:
    similarity = SIMILARITIES.create(name)
    assert similarity.summary and "\n" not in similarity.summary
    q, c = QUERIES.copy(), CANDIDATES.copy()
    np.testing.assert_array_equal(similarity.block(q, c), similarity.block(q, c))
    np.testing.assert_array_equal(q, QUERIES)
    np.testing.assert_array_equal(c, CANDIDATES)


@by_similarity
@pytest.mark.parametrize("length", [1e-3, 1.0, 1e3])
def test_equal_candidates_are_ties_within_the_declared_rounding(name: str, length: float) -> None:
    similarity = SIMILARITIES.create(name)
    for n in (3, 37, 257):
        same = np.repeat(length * QUERIES[:1], n, axis=0)
        block = similarity.block(length * QUERIES, same)
        assert ((block.max(1) - block.min(1)) <= similarity.rounding(length * QUERIES, same)).all()


@by_similarity
def test_unequal_widths_are_refused(name: str) -> None:
    similarity = SIMILARITIES.create(name)
    for ask in (
        similarity.block,
        lambda q, c: similarity.top_k(q, c, 1),
        lambda q, c: list(similarity.iter_blocks(q, c)),
    ):
        with pytest.raises(BadInput, match="dimensions"):
            ask(QUERIES, CANDIDATES[:, :4])


def test_the_three_compute_what_their_names_say() -> None:
    q, c = np.array([[3.0, 4.0]], np.float32), np.array([[6.0, 8.0], [4.0, -3.0], [0.0, 0.0]], np.float32)
    for name, expected in (("cosine", [1, 0, 0]), ("dot", [50, 0, 0]), ("euclidean", [-5, -(50**0.5), -5])):
        np.testing.assert_allclose(SIMILARITIES.create(name).block(q, c)[0], expected, atol=1e-6)


@by_correction
def test_every_correction_scores_any_similarity_both_ways(name: str) -> None:
    correction = CORRECTIONS.create(name)
    assert correction.summary and isinstance(correction.transductive, bool)
    for similarity in map(SIMILARITIES.create, SIMILARITIES.names()):
        scores = correction.scores(similarity, QUERIES, CANDIDATES)
        whole = np.concatenate([block for _, block in scores.iter_blocks(rows=4)])
        back = np.concatenate([block for _, block in scores.flipped().iter_blocks(rows=4)])
        assert whole.shape == (17, 23) and scores.rounding.shape == (17,)
        np.testing.assert_allclose(back.T, whole, atol=1e-5)
        np.testing.assert_allclose(scores.top_k(3)[0], -np.sort(-whole, axis=1)[:, :3], atol=1e-5)


def test_biases_shift_scores_and_their_ranking() -> None:
    similarity, bias = SIMILARITIES.create("dot"), np.linspace(0, 3, 23)
    scores = Scores(similarity, QUERIES, CANDIDATES, 2.0, np.ones(17), bias)
    expected = 2 * QUERIES @ CANDIDATES.T - 1 - bias
    np.testing.assert_allclose(next(scores.iter_blocks())[1], expected, atol=1e-4)
    np.testing.assert_array_equal(scores.top_k(5)[1], np.argsort(-expected, axis=1)[:, :5])
    assert scores.top_k(99)[0].shape == (17, 23)
