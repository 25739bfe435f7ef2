"""Vectors wider than they are many: aligners take the n x n form with the same result, or say beforehand what they
would need."""

from collections.abc import Mapping

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.arrays import as_set
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.embedding.autoencoder import spanned
from mmalign_core.aligners.memory import needed_bytes
from mmalign_core.aligners.towers.tower import Tower, hidden_parts
from mmalign_core.types import BadInput

DECOMPOSED = ("cca", "gcca", "pls", "procrustes", "distance", "late-average", "ridge")


def views(rows: int, width: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    shared = rng.standard_normal((rows, 5))
    return tuple(
        (shared @ rng.standard_normal((5, width)) + 0.1 * rng.standard_normal((rows, width))).astype(np.float32)
        for _ in range(2)
    )


@pytest.mark.parametrize("name", DECOMPOSED)
def test_both_forms_place_the_rows_alike(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = views(30, 60)
    whole = ALIGNERS.create(name).fit(x[:24], y[:24])
    monkeypatch.setattr("mmalign_core.aligners.linear.spectral._MOST_SQUARE", 100)
    narrow = ALIGNERS.create(name).fit(x[:24], y[:24])
    for one, other in zip(whole.transform([x, y]), narrow.transform([x, y])):
        # Cosines within the fit's own rows; of ridge the target's part outside their span is dropped.
        assert np.allclose(one[:24] @ one[:24].T, other[:24] @ other[:24].T, atol=1e-4)


@pytest.mark.parametrize("name", DECOMPOSED)
def test_twenty_thousand_numbers_are_no_matrix_of_their_square(name: str) -> None:
    x, y = views(12, 20_000)
    aligner = ALIGNERS.create(name).fit(x, y)
    places = aligner.transform([x, y])
    assert np.isfinite(places[0]).all() and (places[0] @ places[1].T).argmax(axis=1).tolist() == list(range(12))


def test_an_autoencoder_of_few_and_wide_rows_learns_in_their_span() -> None:
    x, y = views(12, 20_000)
    sets = {m: as_set(m, rows) for m, rows in (("image", x), ("text", y))}
    narrow, spans = spanned(sets)
    assert narrow["image"].vectors.shape == (12, 11)
    inner = x - x.mean(axis=0)
    assert np.allclose(inner @ inner.T, narrow["image"].vectors @ narrow["image"].vectors.T, rtol=1e-3, atol=1)
    rng = np.random.default_rng(0)
    parts = {"centre": rng.standard_normal(11), "scale": np.ones(1), "linear": rng.standard_normal((11, 4)),
             "bias": rng.standard_normal(4), **hidden_parts(11, 4, 8, rng)}  # fmt: skip
    tower = Tower({**parts, "leave": rng.standard_normal((8, 4))})
    lifted = spans["image"].lifted(tower)
    assert lifted.width == 20_000
    assert np.allclose(tower.places(narrow["image"].vectors), lifted.places(x), atol=1e-3)
    places = ALIGNERS.create("autoencoder", steps=40).fit(x, y).transform([x, y])
    assert (places[0] @ places[1].T).argmax(axis=1).tolist() == list(range(12))


def wanted(aligner: Aligner, rows: int, width: int) -> int:
    class View:
        vectors = np.broadcast_to(np.float32(0), (rows, width))

        def __len__(self) -> int:
            return rows

    sets: Mapping = {"text": View(), "image": View()}
    return needed_bytes(aligner, sets)


def test_the_estimate_follows_the_smaller_form() -> None:
    cca = ALIGNERS.create("cca")
    assert wanted(cca, 10, 200_000) < 1e6 < wanted(cca, 300_000, 2000) < 1e9
    assert wanted(cca, 300_000, 200_000) > 1e12
    assert wanted(ALIGNERS.create("as-is"), 300_000, 200_000) == 0
    assert (
        wanted(ALIGNERS.create("infonce-mlp"), 10, 200_000) > 2e9 > wanted(ALIGNERS.create("autoencoder"), 10, 200_000)
    )
    assert wanted(ALIGNERS.create("autoencoder"), 300_000, 200_000) > 4e9


@pytest.mark.parametrize("name", ["cca", "infonce-mlp", "autoencoder", "procrustes"])
def test_what_is_too_much_is_refused_before_the_fit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMALIGN_MEMORY_LIMIT", "1")
    x, y = views(400, 400)
    monkeypatch.setattr(Aligner, "_fit", lambda *args: pytest.fail("the fit began"))
    with pytest.raises(BadInput, match=rf"{name} needs about 0 GB, .*text 400 x 400.* or raise MMALIGN_MEMORY_LIMIT"):
        ALIGNERS.create(name).fit(x, y)


def test_memory_that_runs_out_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fit(*args: object) -> None:
        raise MemoryError("Unable to allocate 298. GiB")

    aligner = ALIGNERS.create("cca")
    monkeypatch.setattr(type(aligner), "_fit", fit)
    with pytest.raises(BadInput, match="cca needs more memory than is free, for these vectors"):
        aligner.fit(*views(20, 10))
