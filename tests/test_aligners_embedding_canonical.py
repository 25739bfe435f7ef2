"""CCA of two and more modalities, and the least distance that equals it, against closed forms and their optima."""

import numpy as np
import pytest
from linear_views import assert_same_directions, centred, embedded, fitted, recall, toy, views
from sklearn.cross_decomposition import CCA as SklearnCCA

from mmalign_core.aligners.embedding.descent import Objective
from mmalign_core.aligners.linear.canonical import regularised_cca
from mmalign_core.aligners.linear.ridge_search import DEFAULT_CHOICE, start_from_cca
from mmalign_core.aligners.linear.ridge_search import RIDGES as STARTS
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.aligners.training.holdout import hold_out
from mmalign_core.types import EmbeddingSet


def correlations_by_hand(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The cosines of the principal angles between the column spaces (Björck & Golub 1973)."""
    return np.linalg.svd(np.linalg.qr(centred(x))[0].T @ np.linalg.qr(centred(y))[0], compute_uv=False)


def test_unregularised_cca_has_the_canonical_correlations() -> None:
    x, y = views(200, {"x": 9, "y": 7}).values()
    found = regularised_cca(x, y, dims=7, reg=0)
    np.testing.assert_allclose(found.correlations, correlations_by_hand(x, y), atol=1e-6)
    placed = [(v - c) @ m for v, c, m in zip((x, y), found.centres, found.maps)]
    np.testing.assert_allclose(placed[0].T @ placed[0] / 200, np.eye(7), atol=1e-8)
    np.testing.assert_allclose(placed[0].T @ placed[1] / 200, np.diag(found.correlations), atol=1e-8)


def test_unregularised_cca_agrees_with_scikit_learn() -> None:
    x, y = views(200, {"x": 6, "y": 4}).values()
    found = regularised_cca(x, y, dims=4, reg=0)
    u, v = SklearnCCA(4, max_iter=20_000, tol=1e-14).fit_transform(x, y)
    theirs = [np.corrcoef(u[:, k], v[:, k])[0, 1] for k in range(4)]
    np.testing.assert_allclose(found.correlations, theirs, atol=1e-6)
    assert_same_directions((x - found.centres[0]) @ found.maps[0], u, atol=1e-5)


def test_few_leading_components_are_those_of_the_whole_solution() -> None:
    x, y = views(300, {"x": 30, "y": 20}).values()
    few, all_of_them = regularised_cca(x, y, dims=4), regularised_cca(x, y, dims=20)
    np.testing.assert_allclose(few.correlations, all_of_them.correlations[:4], atol=1e-10)
    np.testing.assert_allclose(few.maps[1], all_of_them.maps[1][:, :4], atol=1e-8)


def test_regularised_cca_solves_the_generalised_eigenproblem_also_with_fewer_pairs_than_columns() -> None:
    x, y = (centred(v) for v in views(20, {"x": 30, "y": 25}).values())
    found = regularised_cca(x, y, dims=5, reg=0.2)
    cx, cy, cxy = x.T @ x / 20, y.T @ y / 20, x.T @ y / 20
    ridged = cx + 0.2 * np.trace(cx) / 30 * np.eye(30)
    left = cxy @ np.linalg.solve(cy + 0.2 * np.trace(cy) / 25 * np.eye(25), cxy.T) @ found.maps[0]
    np.testing.assert_allclose(left, ridged @ found.maps[0] * found.correlations**2, atol=1e-8)


def test_generalised_cca_of_two_modalities_is_cca() -> None:
    sets = toy()
    fixed = {"reg": 0.1, "weighting": 1}
    for s in sets.values():
        ours, theirs = (fitted(name, sets, **fixed).transform(s) for name in ("gcca", "cca"))
        np.testing.assert_array_equal(ours, theirs)


def test_generalised_cca_maximises_the_variance_of_one_common_score() -> None:
    """MAXVAR: the common scores are the leading eigenvectors of the sum of the projections on each modality."""
    x = views(80, {"text": 6, "image": 5, "audio": 4})
    model = fitted("gcca", {m: embedded(m, v) for m, v in x.items()}, reg=1e-12, weighting=0, dims=4)
    projections = sum(np.linalg.qr(centred(v))[0] @ np.linalg.qr(centred(v))[0].T for v in x.values())
    _, common = np.linalg.eigh(projections)
    state = model.state()
    ours = sum(centred(v) @ state[f"map.{m}"] for m, v in x.items())
    assert_same_directions(np.asarray(ours)[:, :3], common[:, ::-1][:, :3], atol=1e-4)


def test_generalised_cca_learns_from_items_that_lack_a_modality() -> None:
    """No item has all three modalities, and sound meets pictures only through text."""
    whole = {m: embedded(m, v) for m, v in views(400, {"text": 8, "image": 7, "audio": 6}, noise=0.05).items()}
    parts = {"text": range(400), "image": range(200), "audio": range(200, 400)}
    model = fitted("gcca", {m: whole[m].take(parts[m]) for m in whole}, dims=5, reg=0.01, weighting=1)
    image, audio = model.transform(whole["image"]), model.transform(whole["audio"])
    assert ((image @ audio.T).argmax(1) == np.arange(400)).mean() > 0.7


def test_cca_chooses_ridge_and_weighting_that_serve_unseen_pairs() -> None:
    """Fifty columns of noise each: without a ridge the 80 pairs could be told apart by noise alone."""
    x = views(600, {"image": 12, "text": 12})
    noise = np.random.default_rng(1).standard_normal((600, 50))
    sets = {m: embedded(m, np.hstack([v, np.roll(noise, i, 0)])) for i, (m, v) in enumerate(x.items())}
    train, test = ({m: s.take(rows) for m, s in sets.items()} for rows in (range(80), range(80, 600)))
    chosen = fitted("cca", train)
    assert {"ridge", "weighting", "held_out_mrr"} <= set(chosen.history[0])
    assert recall(chosen, test) > 1.5 * recall(fitted("cca", train, reg=1e-6, weighting=0), test)


@pytest.mark.parametrize("solver", ["lbfgs", "newton", "gradient descent"])
def test_least_distance_under_the_constraint_is_weighted_cca(solver: str) -> None:
    sets = toy()
    steps = 5000 if solver == "gradient descent" else 200
    model = fitted("distance", sets, solver=solver, steps=steps, reg=0.1, dims=3)
    optimum = fitted("cca", sets, reg=0.1, dims=3, weighting=1)
    correlations = optimum.state()["weight"] ** 2
    assert model.history[-1]["loss"] == pytest.approx(((1 - correlations**2) / 2).sum(), rel=1e-6)
    assert model.history[-1]["spread"] == pytest.approx(correlations.mean(), rel=1e-3)
    for s in sets.values():
        np.testing.assert_allclose(model.transform(s), optimum.transform(s), atol=2e-3)


@pytest.mark.parametrize("solver", ["lbfgs", "newton", "gradient descent"])
def test_least_distance_without_a_constraint_collapses_to_one_point(solver: str) -> None:
    sets = toy(noise=2.0)
    model = fitted("distance", sets, solver=solver, constraint="none", steps=3000)
    spread = [row["spread"] for row in model.history]
    assert spread[0] > 0.1 and spread[-1] < 1e-6
    assert model.history[-1]["loss"] < 1e-5
    for s in sets.values():
        np.testing.assert_array_equal(model.transform(s), 0)


def test_slope_and_curvature_of_the_objective_are_its_derivatives() -> None:
    rng = np.random.default_rng(0)
    correlations = rng.standard_normal((9, 9))
    objective = Objective(correlations + correlations.T, (slice(0, 4), slice(4, 9)), constrained=True)
    maps, along = rng.standard_normal((2, 9, 3))
    ahead, behind = maps + 1e-5 * along, maps - 1e-5 * along
    (up, up_slope), (down, down_slope) = objective.value_and_slope(ahead), objective.value_and_slope(behind)
    assert (up - down) / 2e-5 == pytest.approx((objective.value_and_slope(maps)[1] * along).sum(), rel=1e-6)
    np.testing.assert_allclose((up_slope - down_slope) / 2e-5, objective.curvature(maps, along), atol=1e-5)


@pytest.mark.parametrize("name", ["cca", "gcca"])
def test_pairs_that_cannot_be_ranked_leave_the_untried_default(name: str) -> None:
    """Of 60 pictures 59 share one caption: whatever is held out has one right answer for all, and says nothing."""
    x, y = views(60, {"image": 6, "text": 5}).values()
    y[:59] = y[0]
    ids = tuple(f"{i:02d}" for i in range(60))
    sets = {
        "image": EmbeddingSet("image", ids, ids, x, "toy@1"),
        "text": EmbeddingSet("text", ids, ("same",) * 59 + ("other",), y, "toy@1"),
    }
    model = fitted(name, sets)
    assert model.chosen_params == {"reg": DEFAULT_CHOICE[0], "weighting": DEFAULT_CHOICE[1]} and not model.history
    pairs = paired_rows(sets, name)
    ridge = start_from_cca(name, sets, hold_out(pairs), dims=4)[1]
    assert ridge == STARTS[len(STARTS) // 2]
