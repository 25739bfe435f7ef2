"""The map of the space: exact graph, repeatable layout, placing, odd inputs, and umap-learn as the oracle."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.neighbors import NearestNeighbors

from mmalign_core.projection import place, project
from mmalign_core.projection.graph import memberships, nearest_neighbours, symmetric_graph
from mmalign_core.projection.layout import curve
from mmalign_core.projection.space import space_of
from mmalign_core.types import BadInput, Cancelled


def blobs(n: int, d: int = 24, groups: int = 6, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, d) around `groups` centres, and the group of each."""
    rng = np.random.default_rng(seed)
    label = rng.integers(groups, size=n)
    rows = rng.normal(size=(groups, d))[label] * 2 + rng.normal(size=(n, d)) * 0.7
    return rows.astype(np.float32), label


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
@pytest.mark.parametrize("n", [40, 2048, 2500])
def test_graph_is_exact(n: int, metric: str) -> None:
    rows, _ = blobs(n)
    found, distances = nearest_neighbours(space_of(rows, metric), 10)
    wanted, indices = NearestNeighbors(n_neighbors=11, metric=metric, algorithm="brute").fit(rows).kneighbors(rows)
    np.testing.assert_allclose(distances, wanted[:, 1:], atol=2e-5)
    assert (found == indices[:, 1:]).mean() > 0.999  # the rest are ties within rounding


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_fuzzy_graph_equals_umap_learn(metric: str) -> None:
    umap_ = pytest.importorskip("umap.umap_")
    rows, _ = blobs(300)
    found, distances = nearest_neighbours(space_of(rows, metric), 14)
    own = symmetric_graph(found, memberships(distances, 15))
    indices = np.concatenate([np.arange(300)[:, None], found], axis=1)
    padded = np.concatenate([np.zeros((300, 1), np.float32), distances], axis=1)
    wanted = umap_.fuzzy_simplicial_set(rows, 15, None, metric, knn_indices=indices, knn_dists=padded)[0]
    assert abs(own - wanted).max() < 2e-3


@pytest.mark.parametrize(("min_dist", "wanted"), [(0.1, (1.5769, 0.8951)), (0.5, (0.5830, 1.3342))])
def test_curve_has_umap_learns_constants(min_dist: float, wanted: tuple[float, float]) -> None:
    assert curve(min_dist) == pytest.approx(wanted, abs=2e-3)


@pytest.mark.parametrize("dimensions", [2, 3])
def test_same_seed_same_map_and_groups_stay_together(dimensions: int) -> None:
    rows, label = blobs(400)
    first, again, other = (project(rows, dimensions=dimensions, seed=seed) for seed in (3, 3, 4))
    assert np.array_equal(first.coordinates, again.coordinates)
    assert not np.array_equal(first.coordinates, other.coordinates)
    assert first.coordinates.shape == (400, dimensions) and first.coordinates.dtype == np.float32
    assert not first.coordinates.flags.writeable
    nearest = NearestNeighbors(n_neighbors=2).fit(first.coordinates).kneighbors()[1][:, 0]
    assert (label[nearest] == label).mean() > 0.98


def test_number_of_threads_does_not_change_the_map() -> None:
    code = (
        "import numpy as np, sys; from mmalign_core.projection import project;"
        "r = np.random.default_rng(0).normal(size=(300, 8)).astype('f4');"
        "sys.stdout.write(project(r).coordinates.tobytes().hex())"
    )
    maps = [_run(code, MMALIGN_THREADS=threads, OPENBLAS_NUM_THREADS="1") for threads in ("1", "2", "3")]
    assert maps[0] and maps[0] == maps[1] == maps[2]


def test_works_where_compiled_code_cannot_be_kept(tmp_path) -> None:
    """A read-only installation and no home: numba finds no folder, and the functions are compiled without one."""
    code = (
        "from numba.core import caching as c\n"
        "c.CacheImpl._locator_classes = []\n"
        "from mmalign_core.projection.kernels import compiled\n"
        "print(compiled(lambda x: x + 1)(1))"
    )
    assert _run(code).strip() == "2"


def _run(code: str, **environment: str) -> str:
    import os

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, **environment}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_as_trustworthy_as_umap_learn(metric: str) -> None:
    pytest.importorskip("umap")
    rows, _ = blobs(500, groups=12)
    ours, theirs = (project(rows, metric=metric, engine=engine) for engine in ("mmalign", "umap-learn"))
    assert ours.trustworthiness > theirs.trustworthiness - 0.01
    assert ours.neighbour_overlap > theirs.neighbour_overlap - 0.03


@settings(max_examples=25, deadline=None)
@given(
    n=st.integers(1, 24),
    distinct=st.integers(1, 24),
    d=st.integers(1, 6),
    dimensions=st.sampled_from([2, 3]),
    metric=st.sampled_from(["cosine", "euclidean"]),
)
def test_tiny_and_duplicated_inputs_give_a_finite_map(n, distinct, d, dimensions, metric) -> None:
    rng = np.random.default_rng(n * 100 + distinct)
    rows = rng.normal(size=(distinct, d)).astype("f4")[rng.integers(distinct, size=n)]
    drawn = project(rows, dimensions=dimensions, metric=metric)
    assert drawn.coordinates.shape == (n, dimensions) and np.isfinite(drawn.coordinates).all()
    if n > 1:
        assert 0 <= drawn.trustworthiness <= 1
    placed = place(drawn, rows, rows)
    assert placed.shape == (n, dimensions) and np.isfinite(placed).all()


@pytest.mark.parametrize("fill", [0.0, 1.0])
def test_identical_rows_are_all_neighbours(fill: float) -> None:
    drawn = project(np.full((60, 5), fill, np.float32))
    assert np.isfinite(drawn.coordinates).all()
    assert drawn.trustworthiness == 1.0 and drawn.neighbour_overlap == 1.0


@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_cosine_does_not_see_the_length_of_a_row(scale: float) -> None:
    rows, _ = blobs(100)
    assert np.allclose(space_of(rows * np.float32(scale), "cosine").left, space_of(rows, "cosine").left, atol=1e-6)


@pytest.mark.parametrize(
    ("rows", "options", "message"),
    [
        (np.array([[1, np.nan], [1, 2]]), {}, "row 0 holds NaN"),
        (np.ones((3, 2)) * np.inf, {}, "3 such rows"),
        (np.empty((0, 4)), {}, "no rows"),
        (np.ones(4), {}, "shape"),
        (np.ones((4, 2)), {"dimensions": 4}, "2 or 3"),
        (np.ones((4, 2)), {"n_neighbors": 1}, "n_neighbors"),
        (np.ones((4, 2)), {"min_dist": -1}, "min_dist"),
        (np.ones((4, 2)), {"seed": -1}, "the seed is -1"),
        (np.ones((4, 2)), {"metric": "manhattan"}, "cosine, euclidean"),
        (np.ones((4, 2)) * 1e20, {"metric": "euclidean"}, "scale them down"),
        (np.ones((4, 2)), {"engine": "tsne"}, "umap-learn"),
        (np.ones((4, 2)), {"engine": "umap-learn"}, "Use engine mmalign"),
    ],
)
def test_bad_input_is_refused_in_one_sentence(rows, options, message) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        project(rows, **options)
    assert "\n" not in str(caught.value)


def test_progress_ascends_and_can_cancel() -> None:
    rows, _ = blobs(200)
    seen: list[float] = []
    project(rows, progress=lambda done, _: seen.append(done))
    assert seen == sorted(seen) and seen[-1] == 1.0 and len(seen) > 50

    def stop(done: float, _: str) -> None:
        if done > 0.6:
            raise Cancelled

    with pytest.raises(Cancelled):
        project(rows, progress=stop)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_new_rows_land_among_their_neighbours(metric: str) -> None:
    rows, label = blobs(600)
    fitted, new, kind = rows[:500], rows[500:], label[500:]
    drawn = project(fitted, metric=metric)
    placed = place(drawn, fitted, new)
    nearest = NearestNeighbors(n_neighbors=5).fit(drawn.coordinates).kneighbors(placed)[1]
    assert (label[nearest] == kind[:, None]).mean() > 0.95
    np.testing.assert_allclose(place(drawn, fitted, fitted[:50]), drawn.coordinates[:50], atol=1e-3)
    assert place(drawn, fitted, new[:0]).shape == (0, 2)
    np.testing.assert_allclose(place(drawn, fitted, new[:1]), placed[:1], atol=1e-3)  # alone or in company


def test_placing_refuses_what_does_not_belong() -> None:
    rows, _ = blobs(30)
    drawn = project(rows)
    for fitted, new, message in [
        (rows[:20], rows, "30 points but 20"),
        (rows, rows[:, :3], "3 dimensions"),
        (rows, np.full((1, rows.shape[1]), np.nan), "new vectors: row 0"),
    ]:
        with pytest.raises(BadInput, match=message):
            place(drawn, fitted, new)


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = "import sys, mmalign_core.projection; print(sorted({'numba','umap','faiss','torch'} & set(sys.modules)))"
    assert _run(code).strip() == "[]"
