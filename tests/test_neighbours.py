"""Exact neighbours against a brute-force sort."""

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.scoring.neighbours import top_k
from mmalign_core.types import BadInput


def spread(rows: int, dim: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((rows, dim)).astype(np.float32)


@settings(deadline=None, max_examples=40)
@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 9), st.integers(1, 70), st.integers(0, 999))
def test_top_k_is_a_full_sort_cut_short(m: int, n: int, dim: int, k: int, seed: int) -> None:
    queries, candidates = spread(m, dim, seed), spread(n, dim, seed + 1)
    distance = np.linalg.norm(queries[:, None].astype(float) - candidates[None], axis=2)
    for metric, full in (("ip", queries.astype(float) @ candidates.T), ("l2", -distance)):
        scores, indices = top_k(queries, candidates, k, metric)
        assert scores.shape == indices.shape == (m, min(k, n))
        assert scores.dtype == np.float32 and indices.dtype == np.int64
        np.testing.assert_allclose(scores, -np.sort(-full, axis=1)[:, :k], atol=2e-3)
        np.testing.assert_allclose(scores, np.take_along_axis(full, indices, 1), atol=2e-3)
        assert all(len(set(row)) == len(row) for row in indices.tolist())


def test_equal_scores_come_by_index() -> None:
    candidates = np.tile(np.eye(3, dtype=np.float32), (4, 1))
    assert top_k(np.eye(3, dtype=np.float32), candidates, 4)[1].tolist() == [[0, 3, 6, 9], [1, 4, 7, 10], [2, 5, 8, 11]]


def test_inputs_and_the_thread_setting_are_left_alone() -> None:
    queries, candidates = spread(4, 3, 0), spread(9, 3, 1)
    before, threads = (queries.copy(), candidates.copy()), faiss.omp_get_max_threads()
    one = top_k(queries, candidates, 3, threads=1)
    assert faiss.omp_get_max_threads() == threads
    np.testing.assert_array_equal(one[1], top_k(queries, candidates, 3)[1])
    np.testing.assert_array_equal(queries, before[0])
    np.testing.assert_array_equal(candidates, before[1])


def test_no_candidates_or_no_queries_give_empty_answers() -> None:
    assert top_k(spread(3, 2, 0), np.empty((0, 2), np.float32), 5)[0].shape == (3, 0)
    assert top_k(np.empty((0, 2), np.float32), spread(3, 2, 0), 2)[1].shape == (0, 2)


def test_float64_and_sliced_input_is_taken() -> None:
    wide = spread(6, 8, 3).astype(np.float64)
    np.testing.assert_array_equal(
        top_k(wide[:, ::2], wide[:, ::2], 1)[1].ravel(), (wide[:, ::2] @ wide[:, ::2].T).argmax(1)
    )


@pytest.mark.parametrize(("dim", "k", "named"), [(3, 1, "dimensions"), (2, 0, "at least 1")])
def test_bad_requests_say_what_was_wrong(dim: int, k: int, named: str) -> None:
    with pytest.raises(BadInput, match=named):
        top_k(spread(2, 2, 0), spread(2, dim, 0), k)
