"""Maps of more rows than an exact graph is made for: the states on the way, the share found, the same map again."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

from mmalign_core.projection import Projection, project
from mmalign_core.projection import landmarks as landmarks_module
from mmalign_core.projection import large as large_module
from mmalign_core.projection import maps as maps_module
from mmalign_core.projection.approximate import WANTED, approximate_neighbours
from mmalign_core.projection.graph import nearest_neighbours
from mmalign_core.projection.landmarks import FEWEST, MOST, landmark_count, landmark_map
from mmalign_core.projection.space import space_of
from mmalign_core.types import Cancelled

ROWS = 3000
"""Rows of these tests: the limit of exact graphs is lowered below it, because a map of 20,001 rows takes too long."""


def blobs(n: int = ROWS, d: int = 16, groups: int = 9) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, d) around `groups` centres, and the group of each."""
    rng = np.random.default_rng(0)
    label = rng.integers(groups, size=n)
    return (rng.normal(size=(groups, d))[label] * 2 + rng.normal(size=(n, d)) * 0.7).astype(np.float32), label


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every map of more than 1,000 rows is drawn as a large one."""
    monkeypatch.setattr(maps_module, "EXACT_ROWS", 1000)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_the_graph_tells_truly_how_many_neighbours_it_found(metric: str) -> None:
    space = space_of(blobs()[0], metric)
    graph = approximate_neighbours(space, 14, seed=0)
    exact, distances = nearest_neighbours(space, 14)
    share = np.mean([len(set(a) & set(b)) / 14 for a, b in zip(graph.rows, exact)])
    assert graph.found == pytest.approx(share, abs=0.01) and share > WANTED - 0.01 and graph.sampled == 1000
    same = (graph.rows == exact).all(axis=1)
    np.testing.assert_allclose(graph.distances[same], distances[same], atol=1e-5)
    assert not (graph.rows == np.arange(ROWS)[:, None]).any() and (np.diff(graph.distances) >= 0).all()


def test_a_space_of_duplicates_has_a_graph() -> None:
    rows = np.repeat(blobs(40)[0], 60, axis=0)
    graph = approximate_neighbours(space_of(rows, "cosine"), 14, seed=0)
    assert graph.found == 1.0 and graph.distances.max() < 1e-5
    assert not (graph.rows == np.arange(len(rows))[:, None]).any()


def test_each_state_is_a_whole_map_with_its_quality(large) -> None:
    rows, _ = blobs()
    states: list[Projection] = []
    made = project(rows, on_state=states.append)
    assert [state.done for state in states] == sorted({state.done for state in states}) and len(states) == 5
    assert all(state.coordinates.shape == (ROWS, 2) and np.isfinite(state.coordinates).all() for state in states)
    assert all(0.8 < state.trustworthiness <= 1 and state.quality_n in (250, 1000) for state in states)
    assert states[0].neighbours_found is None and states[1].neighbours_found == made.neighbours_found > WANTED
    for axis in range(2):  # groups stay where they were
        assert np.corrcoef(states[0].coordinates[:, axis], made.coordinates[:, axis])[0, 1] > 0.8
    assert states[-1] is made and (made.done, made.quality_n, made.neighbours_n) == (1.0, 1000, 1000)
    assert made.trustworthiness > 0.9 and made.graph_words.endswith("of 1,000 sampled")


def test_a_cancelled_map_leaves_its_last_state(large) -> None:
    states: list[Projection] = []

    def stop(done: float, _: str) -> None:
        if done > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        project(blobs()[0], progress=stop, on_state=states.append)
    assert states and 0 < states[-1].done < 1 and len(states[-1].coordinates) == ROWS


def test_landmark_maps_keep_groups_together() -> None:
    rows, label = blobs()
    drawn = landmark_map(space_of(rows, "cosine"), 2, 15, 0.1, 0, lambda *_: None)
    centres = np.stack([drawn[label == group].mean(axis=0) for group in range(9)])
    nearest = np.linalg.norm(drawn[:, None] - centres, axis=2).argmin(axis=1)
    assert (nearest == label).mean() > 0.95
    assert landmark_count(10**9, 512) == FEWEST and landmark_count(10**5, 8) == MOST and landmark_count(50, 8) == 50


def test_a_finished_map_keeps_more_neighbours_than_that_of_its_landmarks(
    large, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large_module, "EXACT_ROWS", 1000)
    monkeypatch.setattr(landmarks_module, "MOST", 1000)
    states: list[Projection] = []
    made = project(blobs(4000)[0], on_state=states.append)
    assert made.neighbour_overlap > states[0].neighbour_overlap + 0.05  # it was .190 after .192
    assert made.trustworthiness > states[0].trustworthiness + 0.005  # it was .968 after .969


def test_small_maps_have_one_state_and_an_exact_graph() -> None:
    states: list[Projection] = []
    made = project(blobs(200)[0], on_state=states.append)
    assert states == [made] and (made.neighbours_found, made.neighbours_n, made.done) == (1.0, 0, 1.0)


def test_number_of_threads_does_not_change_a_large_map() -> None:
    code = (
        "import numpy as np, sys; from mmalign_core.projection import maps; maps.EXACT_ROWS = 1000;"
        "r = np.random.default_rng(0).normal(size=(2500, 8)).astype('f4');"
        "sys.stdout.write(maps.project(r).coordinates.tobytes().hex())"
    )
    found = set()
    for threads in ("1", "3"):
        own = {"MMALIGN_THREADS": threads, "OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **own}, check=True
        )
        found.add(done.stdout)
    assert len(found) == 1 and found != {""}
