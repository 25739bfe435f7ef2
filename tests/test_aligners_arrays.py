"""Aligners on plain arrays in scikit-learn's manner, and what every one of them says before it is fitted."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

from mmalign_core.aligners import ALIGNERS, NotFitted
from mmalign_core.aligners.embedding.cca import Cca
from mmalign_core.types import BadInput, EmbeddingSet

every_aligner = pytest.mark.parametrize("name", ALIGNERS.names())
RNG = np.random.default_rng(5)
LATENT = RNG.standard_normal((80, 4))
X, Y = (LATENT @ RNG.standard_normal((4, d)) + 0.1 * RNG.standard_normal((80, d)) for d in (6, 9))
OPENING = {
    "transform": (EmbeddingSet("text", ("a",), ("a",), np.ones((1, 3)), "given@1"),),
    "state": (),
    "fuse": ({},),
    "linear_map": ("text",),
    "differentiable": ("text",),
}


@every_aligner
@pytest.mark.parametrize("method", OPENING)
def test_before_the_fit_there_is_one_clear_sentence(name: str, method: str) -> None:
    with pytest.raises(NotFitted) as raised:
        getattr(ALIGNERS.create(name), method)(*OPENING[method])
    assert str(raised.value) == f"{name} is not fitted yet; call fit first"
    assert all(isinstance(raised.value, base) for base in (BadInput, *NotFittedError.__bases__))


def test_what_reads_a_fitted_attention_or_judge_says_so_too() -> None:
    for name, method in (("attention", "attention"), ("concat", "belongs")):
        with pytest.raises(NotFitted, match=f"{name} is not fitted yet; call fit first"):
            getattr(ALIGNERS.create(name), method)(OPENING["transform"][0])


def test_a_fit_that_fails_leaves_the_aligner_unfitted() -> None:
    model = Cca(dims=2).fit(X, Y)
    with pytest.raises(BadInput, match="all its paired rows are identical"):
        model.fit(X, np.ones_like(Y))
    with pytest.raises(NotFitted):
        model.transform(X)


@every_aligner
def test_it_is_an_estimator(name: str) -> None:
    cls: Any = ALIGNERS.get(name)
    shown = inspect.signature(cls).parameters
    assert {n: p.default for n, p in shown.items()} == {n: p.default for n, p in cls.declared_params().items()}
    model = cls()
    assert model.get_params() == model.get_params(deep=False) == model.params and repr(model) == f"{cls.__name__}()"
    changed = {n: p.high for n, p in cls.declared_params().items() if p.high not in (None, p.default)}
    copy: Any = clone(cls(**changed))
    assert type(copy) is cls and copy.params == {**model.params, **changed}
    assert model.set_params(**changed) is model and model.params == copy.params


@pytest.mark.parametrize("name", ["cca", "gcca", "pls", "procrustes", "ridge", "distance", "late-average", "relative"])
def test_every_form_of_arrays_gives_the_same_places(name: str) -> None:
    fresh = lambda: ALIGNERS.create(name)  # noqa: E731
    pair = fresh().fit(X, Y)
    ids = tuple(f"{i:02d}" for i in range(80))
    sets = {m: EmbeddingSet(m, ids, tuple(m + i for i in ids), x, "e@1") for m, x in (("text", X), ("image", Y))}
    expected = [fresh().fit(sets).transform(s) for s in sets.values()]
    forms = [
        pair.transform(X, Y),
        pair.transform([X, Y]),
        [pair.transform(X), pair.transform({"image": Y})["image"]],
        fresh().fit([X, Y]).transform((X, Y)),
        list(fresh().fit_transform({"text": X, "image": Y}).values()),
        fresh().fit_transform(pd.DataFrame(X), pd.DataFrame(Y)),
        fresh().fit_transform([X.tolist(), Y.tolist()]),
    ]
    for found in forms:
        for places, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(places, wanted, atol=1e-5)


def test_lists_follow_the_order_of_the_fit() -> None:
    model = Cca(dims=2).fit({"video": X, "audio": Y})
    by_name = model.transform({"video": X, "audio": Y})
    np.testing.assert_array_equal(model.transform([X, Y])[1], by_name["audio"])


def test_what_needs_no_pairs_takes_arrays_of_different_lengths() -> None:
    found = ALIGNERS.create("as-is").fit(X, X[:30]).transform([X, X[:30]])
    assert [len(places) for places in found] == [80, 30]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((X, Y[:79]), r"cca pairs the rows of arrays by position, and their numbers differ \(text 80, image 79\)"),
        ((X,), r"one array was given; call fit\(X, Y\)"),
        ((X[:, 0], Y), r"text has shape \(80,\).*write x\[:, None\]"),
        (({"left": X, "right": Y},), "'left' is no modality; name arrays text, image, audio, video"),
        ((np.where(X > 1e9, X, np.nan), Y), "row 0 of text holds NaN or infinity"),
        (([["a", "b"]], Y), "text is no array of numbers"),
        ((np.zeros((0, 3)), np.zeros((0, 3))), r"text has shape \(0, 3\); give at least one row"),
        (([X, Y, X, Y, X],), "5 arrays were given for 4 modalities"),
        (({"text": X, "image": OPENING["transform"][0]},), "give either embedding sets or arrays"),
        ((None,), "cca aligns two modalities or more"),
        ((csr_matrix(X), Y), r"text: the rows are sparse; give them as an array, such as rows.toarray\(\)"),
        ((np.ma.masked_less(X, X.min() + 1e-9), Y), r"text: row \d+ holds masked numbers; fill them"),
        ((X.tolist(),), "cca aligns two modalities or more, and one array was given"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_with_their_cure(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        Cca().fit(*given)


def test_rows_as_lists_of_numbers_are_arrays() -> None:
    model = Cca(dims=2).fit(X.tolist(), Y.tolist())
    assert np.allclose(model.transform(X.tolist()), Cca(dims=2).fit(X, Y).transform(X), atol=1e-5)


def test_rows_of_another_width_or_a_third_array_are_refused_after_the_fit() -> None:
    model = Cca(dims=2).fit(X, Y)
    with pytest.raises(BadInput, match="text has 9 dimensions, cca was fitted on 6"):
        model.transform(Y)
    with pytest.raises(BadInput, match=r"3 arrays were given for 2 modalities \(text, image\)"):
        model.transform([X, Y, X])


def test_a_parameter_that_does_not_exist_names_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"unknown parameter 'dim'; cca takes: dims, reg, weighting \(did you mean"):
        Cca(dim=2)
    with pytest.raises(BadInput, match="unknown parameter 'dim'"):
        Cca().set_params(dim=2)
    assert repr(Cca(weighting=2)) == "Cca(weighting=2.0)"


def test_aligners_import_no_encoder() -> None:
    for path in (Path(__file__).parents[1] / "mmalign_core" / "aligners").rglob("*.py"):
        assert "mmalign_core.encoders" not in path.read_text(encoding="utf-8"), path


def test_score_of_cca_is_the_mean_canonical_correlation_of_these_rows() -> None:
    rng = np.random.default_rng(0)
    shared = rng.normal(size=(300, 3))
    x, y = (shared @ rng.normal(size=(3, width)) + rng.normal(size=(300, width)) for width in (8, 6))
    fitted = ALIGNERS.create("cca", dims=3, reg=1e-9).fit(x[:200], y[:200])
    maps = [fitted.linear_map(modality) for modality in ("text", "image")]
    u, v = ((z - m.centre) @ m.linear for z, m in zip((x[200:], y[200:]), maps))
    by_hand = np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(u.T, v.T)])
    assert fitted.score(x[200:], y[200:]) == pytest.approx(by_hand, abs=1e-7)  # vectors are kept in float32
    assert fitted.score([x[:200], y[:200]]) > fitted.score(x[200:], y[200:])
    assert abs(fitted.score(x[200:], y[200:][rng.permutation(100)])) < 0.2


@pytest.mark.parametrize("name", ["relative", "concat"])
def test_score_of_an_aligner_without_a_linear_map_is_of_its_places(name: str) -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    y = x + 0.1 * rng.normal(size=(60, 4))
    assert 0.5 < ALIGNERS.create(name).fit(x, y).score(x, y) <= 1
    with pytest.raises(BadInput, match="their numbers differ"):
        ALIGNERS.create("relative").fit(x, y).score(x, y[:9])


def test_classes_are_importable_by_their_names() -> None:
    import mmalign_core.aligners as aligners

    assert aligners.Cca is ALIGNERS.get("cca") and "Cca" in dir(aligners)
    with pytest.raises(AttributeError, match="no attribute 'Ccaa'"):
        _ = aligners.Ccaa
