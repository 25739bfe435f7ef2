"""The linear aligners against other implementations, known solutions, and what bad input does to them."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from linear_views import assert_same_directions, centred, embedded, fitted, recall, toy, views
from sklearn.cross_decomposition import PLSSVD, PLSCanonical
from sklearn.linear_model import Ridge as SklearnRidge

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.embedding.procrustes import rotate_in_turn
from mmalign_core.aligners.linear.regression import regression
from mmalign_core.aligners.linear.spectral import cross_covariances, shared_components, whitener
from mmalign_core.types import BadInput, Cancelled, EmbeddingSet, no_progress
from mmalign_core.vectors import unit_rows

NAMES = ("procrustes", "ridge", "pls", "cca", "gcca", "distance")
every_linear = pytest.mark.parametrize("name", NAMES)


@pytest.mark.parametrize("shape", [(50, 8), (8, 50)])
def test_whitening_leaves_unit_covariance_whichever_problem_is_smaller(shape: tuple[int, int]) -> None:
    x = centred(np.random.default_rng(0).standard_normal(shape) * np.linspace(0.1, 5, shape[1]))
    covariance = x.T @ x / len(x)
    w = whitener(x, 0.5)
    ridged = covariance + 0.5 * np.trace(covariance) / shape[1] * np.eye(shape[1])
    np.testing.assert_allclose(w.T @ ridged @ w, np.eye(w.shape[1]), atol=1e-9)
    assert w.shape[1] == min(shape[1], shape[0] - 1)


@pytest.mark.parametrize("width", [64, 80])
def test_procrustes_recovers_a_random_rotation_exactly(width: int) -> None:
    """Also into a wider space, where the rotation is followed by an embedding."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((500, 64)) + 3
    rotation = np.linalg.qr(rng.standard_normal((width, width)))[0][:64]
    sets = {"image": embedded("image", x), "text": embedded("text", x @ rotation - 1)}
    model = fitted("procrustes", {m: s.take(range(200)) for m, s in sets.items()})
    unseen = {m: s.take(range(200, 500)) for m, s in sets.items()}
    assert recall(model, unseen) == 1
    np.testing.assert_allclose(model.transform(unseen["image"]), model.transform(unseen["text"]), atol=1e-5)


def test_procrustes_maps_are_orthonormal_and_no_random_rotation_beats_them() -> None:
    x, y = views(100, {"x": 6, "y": 6}).values()
    state = fitted("procrustes", {"image": embedded("image", x), "text": embedded("text", y)}).state()
    a, b = state["map.image"], state["map.text"]
    np.testing.assert_allclose(a.T @ a, np.eye(6), atol=1e-10)
    ours = np.linalg.norm(centred(x) @ a @ b.T - centred(y))
    rng = np.random.default_rng(1)
    others = (np.linalg.qr(rng.standard_normal((6, 6)))[0] for _ in range(200))
    assert ours <= min(np.linalg.norm(centred(x) @ q - centred(y)) for q in others)


def test_procrustes_turns_three_modalities_onto_one_another_where_items_lack_some() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 16))
    turned = {m: x @ np.linalg.qr(rng.standard_normal((16, 16)))[0] for m in ("text", "image", "audio")}
    parts = {"text": range(200), "image": range(100, 300), "audio": [*range(150), *range(250, 300)]}
    whole = {m: embedded(m, v) for m, v in turned.items()}
    model = fitted("procrustes", {m: whole[m].take(parts[m]) for m in whole}, sweeps=100)
    placed = {m: model.transform(s) for m, s in whole.items()}
    for a in placed:
        for b in placed:
            assert ((placed[a] @ placed[b].T).argmax(1) == np.arange(300)).mean() > 0.99


def test_three_modalities_rotated_within_the_spans_of_their_pairs_lie_as_in_the_whole_spaces() -> None:
    """Wide vectors, few pairs and fewer sounds: the oracle turns all columns, as the formula is written."""
    rng = np.random.default_rng(0)
    shared, widths, rows = rng.standard_normal((30, 12)), {"text": 40, "image": 90, "audio": 60}, {}
    for m, width in widths.items():
        rows[m] = shared @ rng.standard_normal((12, width)) + 0.5 * rng.standard_normal((30, width))
    rows["audio"] = rows["audio"][:9]
    sets = {m: embedded(m, x) for m, x in rows.items()}
    model = fitted("procrustes", sets, sweeps=5)
    present = {m: np.arange(30) < len(x) for m, x in rows.items()}
    full = {m: np.pad(centred(s.vectors.astype(float)), ((0, 30 - len(s.vectors)), (0, 0))) for m, s in sets.items()}
    crosses = cross_covariances(full, present)
    maps = rotate_in_turn(crosses, shared_components(crosses, 90)[0], 5, no_progress)
    expected = {m: unit_rows(full[m][present[m]] @ maps[m]) for m in full}
    placed = {m: model.transform(s) for m, s in sets.items()}
    for a, b in combinations(placed, 2):
        np.testing.assert_allclose(placed[a] @ placed[b].T, expected[a] @ expected[b].T, atol=1e-6)


@pytest.mark.parametrize("shape", [(60, 9), (10, 40)])
def test_ridge_solves_the_same_as_scikit_learn(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    x, y = centred(rng.standard_normal(shape)), centred(rng.standard_normal((shape[0], 5)))
    weights = regression(x, y).weights(0.3)
    alpha = 0.3 * (x**2).sum() / shape[1]
    np.testing.assert_allclose(weights, SklearnRidge(alpha, fit_intercept=False).fit(x, y).coef_.T, atol=1e-9)


def test_pls_has_the_directions_of_scikit_learn() -> None:
    x, y = views(100, {"x": 8, "y": 6}).values()
    state = fitted("pls", {"image": embedded("image", x), "text": embedded("text", y)}, dims=4).state()
    x, y = (v.astype(np.float32).astype(np.float64) for v in (x, y))
    theirs = PLSSVD(4, scale=False).fit(x, y)
    assert_same_directions(state["map.image"], theirs.x_weights_)
    assert_same_directions(state["map.text"], theirs.y_weights_)
    first = PLSCanonical(1, scale=False, tol=1e-12, max_iter=5000).fit(x, y)
    assert_same_directions(state["map.image"][:, :1], first.x_weights_, atol=1e-5)


@every_linear
def test_pairs_are_found_again_among_unseen_items(name: str) -> None:
    x = views(300, {"image": 12, "text": 12}, noise=0.05)
    x["text"] = x["image"] @ np.linalg.qr(np.random.default_rng(3).standard_normal((12, 12)))[0]
    sets = {m: embedded(m, v) for m, v in x.items()}
    model = fitted(name, {m: s.take(range(150)) for m, s in sets.items()})
    assert recall(model, {m: s.take(range(150, 300)) for m, s in sets.items()}) > 0.9


@every_linear
@settings(max_examples=15, deadline=None)
@given(
    pairs=st.integers(2, 12),
    widths=st.tuples(st.integers(1, 15), st.integers(1, 15)),
    flaw=st.sampled_from(["none", "constant", "duplicate", "huge", "tiny"]),
)
def test_few_pairs_and_flawed_columns_end_finite(name: str, pairs: int, widths: tuple[int, int], flaw: str) -> None:
    rng = np.random.default_rng(pairs)
    x, y = rng.standard_normal((pairs, widths[0])), rng.standard_normal((pairs, widths[1]))
    if flaw == "constant":
        x[:, 1:] = 7.0
    if flaw == "duplicate":
        x[:] = x[:, :1]
    x *= {"huge": 1e12, "tiny": 1e-12}.get(flaw, 1.0)
    sets = {"image": embedded("image", x), "text": embedded("text", y)}
    model = fitted(name, sets)
    unseen = embedded("image", rng.standard_normal((3, widths[0])))
    placed = [model.transform(s) for s in (*sets.values(), unseen)]
    assert len({p.shape[1] for p in placed}) == 1
    for p in placed:
        lengths = np.linalg.norm(p, axis=1)
        assert np.isfinite(p).all() and ((np.abs(lengths - 1) < 1e-4) | (lengths == 0)).all()


@every_linear
def test_what_cannot_be_learnt_from_is_said(name: str) -> None:
    sets = toy(30)
    with pytest.raises(BadInput, match="image and text"):
        fitted(name, {m: s.take([0]) for m, s in sets.items()})
    with pytest.raises(BadInput, match="image and text"):
        fitted(name, {"image": sets["image"], "text": sets["text"].take([])})
    with pytest.raises(BadInput, match=r"text.*identical"):
        fitted(name, {"image": sets["image"], "text": embedded("text", np.ones((30, 4)))})
    model = fitted(name, sets)
    with pytest.raises(BadInput, match="audio"):
        model.transform(embedded("audio", np.ones((1, 9))))


@every_linear
def test_several_rows_an_item_and_items_without_a_partner(name: str) -> None:
    """Five captions for one picture in a hundred to one: every caption teaches, and lone pictures do not matter."""
    sets = toy(40)
    text = sets["text"]
    five = EmbeddingSet(
        "text",
        text.ids * 5,
        tuple(f"{k}{i}" for i in range(5) for k in text.keys),
        np.tile(text.vectors, (5, 1)),
        "t@1",
    )
    lone = embedded("image", np.random.default_rng(0).standard_normal((400, 9)) * 50, start=1000)
    more = EmbeddingSet(
        "image",
        sets["image"].ids + lone.ids,
        sets["image"].keys + lone.keys,
        np.vstack([sets["image"].vectors, lone.vectors]),
        "toy@1",
    )
    model = fitted(name, {"image": more, "text": five})
    assert recall(model, sets) > 0.5


def test_all_components_of_a_matrix_without_any_strength_leave_one() -> None:
    parts, strengths = shared_components({("a", "b"): np.zeros((4, 3))}, 8)
    assert parts["a"].shape == (4, 1) and parts["b"].shape == (3, 1) and strengths.tolist() == [0]


@pytest.mark.parametrize("name", ["cca", "distance", "procrustes"])
def test_a_fit_can_be_cancelled(name: str) -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction > 0.1:
            raise Cancelled

    with pytest.raises(Cancelled):
        ALIGNERS.create(name).fit(toy(60), progress=stop)
