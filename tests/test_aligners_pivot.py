"""Pivot: spaces linked by texts that all of them hold, on planted truth with a modality gap and against closed form."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.matching.pivot import Pivot
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.types.embeddings import Pivots

LATENT, WIDTHS = 16, {"image": 40, "audio": 24, "text": 20}
ITEMS, TEXTS = 200, 300


def planted(
    seed: int = 0, items: int = ITEMS, texts: int = TEXTS, gap: float = 1.0, noise: float = 0.05
) -> dict[str, EmbeddingSet]:
    """Media and pivot texts of one latent space in a rotation for each modality, media shifted by a gap; all noisy.

    Ids of different modalities have nothing in common: row i of each shows the same thing.
    """
    rng = np.random.default_rng(seed)
    things, told = rng.standard_normal((items, LATENT)), rng.standard_normal((texts, LATENT))
    sets = {}
    for modality, width in WIDTHS.items():
        turn = np.linalg.qr(rng.standard_normal((width, LATENT)))[0].T
        shift = gap * 4 * rng.standard_normal(width) / np.sqrt(width) if modality != "text" else np.zeros(width)
        base = rng.standard_normal(width)
        vectors = things @ turn + base + shift + noise * rng.standard_normal((items, width))
        read = told @ turn + base + noise * rng.standard_normal((texts, width))
        names = tuple(f"{modality}-{i:03d}" for i in range(items))
        pivots = Pivots(tuple(f"text {i}" for i in range(texts)), (frozenset[str](),) * texts, read.astype(np.float32))
        sets[modality] = EmbeddingSet(modality, names, names, vectors, f"{modality}@1", pivots=pivots)
    return sets


def pair(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    return {m: sets[m] for m in ("image", "audio")}


def scores(model: Pivot, sets: dict[str, EmbeddingSet], a: str = "image", b: str = "audio") -> np.ndarray:
    return model.transform(sets[a]) @ model.transform(sets[b]).T


def top1(found: np.ndarray) -> float:
    return float((found.argmax(1) == np.arange(len(found))).mean())


@pytest.mark.parametrize("seed", range(3))
def test_pictures_find_their_sounds_without_any_pair(seed: int) -> None:
    sets = pair(planted(seed))
    assert not set(sets["image"].ids) & set(sets["audio"].ids)
    found = scores(Pivot().fit(sets), sets)
    assert top1(found) > 0.95 and top1(found.T) > 0.95


def test_texts_join_both() -> None:
    sets = planted()
    model = Pivot().fit(sets)
    for a, b in (("image", "audio"), ("text", "image"), ("text", "audio")):
        assert top1(scores(model, sets, a, b)) > 0.95


def test_new_media_are_placed_by_the_same_maps() -> None:
    sets = planted()
    model = Pivot().fit({m: s.take(range(100)) for m, s in pair(sets).items()})
    assert top1(scores(model, {m: s.take(range(100, 200)) for m, s in sets.items()})) > 0.9


def test_the_maps_are_those_of_closed_form() -> None:
    """Cosines of P_m (C_m + reg v_m I)^(-1/2) U_m rho^(s/2), the SVD taken of whole whitened covariances."""
    sets = pair(planted())
    model = Pivot(reg=0.5, weighting=3, dims=LATENT).fit(sets)
    white, views = {}, {}
    for m, s in sets.items():
        views[m] = s.pivots.vectors.astype(np.float64)  # type: ignore[union-attr]
        views[m] -= views[m].mean(0)
        c = views[m].T @ views[m] / TEXTS
        values, axes = np.linalg.eigh(c + 0.5 * np.trace(c) / len(c) * np.eye(len(c)))
        white[m] = axes / np.sqrt(values) @ axes.T
    u, rho, vt = np.linalg.svd(white["image"] @ views["image"].T @ views["audio"] / TEXTS @ white["audio"])
    places = {}
    for m, turned in (("image", u), ("audio", vt.T)):
        rows = sets[m].vectors.astype(np.float64)
        placed = (rows - rows.mean(0)) @ white[m] @ turned[:, :LATENT] * rho[:LATENT] ** 1.5
        places[m] = placed / np.linalg.norm(placed, axis=1, keepdims=True)
    np.testing.assert_allclose(scores(model, sets), places["image"] @ places["audio"].T, atol=1e-5)


@given(st.integers(0, 10_000), st.floats(0, 20))
@settings(max_examples=15, deadline=None)
def test_a_modality_gap_and_a_turn_of_a_whole_space_change_nothing(seed: int, gap: float) -> None:
    sets = pair(planted(items=40, texts=60))
    rng = np.random.default_rng(seed)
    image, pivots = sets["image"], sets["image"].pivots
    assert pivots is not None
    turn = np.linalg.qr(rng.standard_normal((WIDTHS["image"],) * 2))[0]
    turned = Pivots(pivots.texts, pivots.owners, pivots.vectors @ turn)
    shift = gap * rng.standard_normal(WIDTHS["image"])
    moved = {**sets, "image": replace(image, vectors=image.vectors @ turn + shift, pivots=turned)}
    np.testing.assert_allclose(scores(Pivot().fit(moved), moved), scores(Pivot().fit(sets), sets), atol=2e-3)


def test_the_gap_would_hide_the_matches_if_it_stayed() -> None:
    """The planted gap is real: taken from the texts' mean in place of their own, pictures find far fewer sounds."""
    sets = pair(planted(gap=3.0))
    model = Pivot().fit(sets)
    assert top1(scores(model, sets)) > 0.95
    model._centres = {m: s.pivots.vectors.mean(0) for m, s in sets.items() if s.pivots is not None}
    assert top1(scores(model, sets)) < 0.5


def test_one_thing_many_times_does_not_move_the_centre() -> None:
    sets = pair(planted())
    often = {**sets, "image": sets["image"].take([0] * 500 + list(range(ITEMS)))}
    plain, crowded = (Pivot().fit(s).transform(sets["image"]) for s in (sets, often))
    np.testing.assert_allclose(plain, crowded, atol=1e-5)


def test_the_order_of_texts_does_not_matter() -> None:
    sets = pair(planted())
    order = np.random.default_rng(0).permutation(TEXTS).tolist()
    mixed = {m: replace(s, pivots=s.pivots.take(order)) for m, s in sets.items() if s.pivots}
    np.testing.assert_array_equal(
        Pivot().fit(mixed).transform(sets["audio"]), Pivot().fit(sets).transform(sets["audio"])
    )


def test_the_linear_map_is_the_place() -> None:
    sets = pair(planted())
    model = Pivot().fit(sets)
    found = model.linear_map("image")
    assert found is not None and model.linear_map("video") is None
    placed = (sets["image"].vectors - found.centre) @ found.linear + found.bias
    np.testing.assert_allclose(
        placed / np.linalg.norm(placed, axis=1, keepdims=True), model.transform(sets["image"]), atol=1e-5
    )


def test_held_out_items_do_not_lend_their_texts() -> None:
    vectors = np.arange(6, dtype=np.float32).reshape(3, 2)
    pivots = Pivots(("a", "b", "c"), (frozenset({"x", "y"}), frozenset({"y"}), frozenset()), vectors)
    rows = EmbeddingSet("image", ("x", "y"), ("1", "2"), vectors[:2], "toy@1", pivots=pivots)
    kept = rows.of_items(["x"])
    assert kept.pivots is not None and kept.pivots.texts == ("a", "c") and rows.pivots is pivots
    np.testing.assert_array_equal(kept.pivots.vectors, vectors[[0, 2]])
    assert rows.take([1]).pivots is pivots and kept.digest == rows.take([0]).digest != rows.digest


def _without(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    return {**sets, "audio": replace(sets["audio"], pivots=None)}


def _constant(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    return {**sets, "audio": sets["audio"].take([3] * 50)}


def _alike(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    held = sets["audio"].pivots
    assert held is not None
    return {**sets, "audio": replace(sets["audio"], pivots=replace(held, vectors=np.ones_like(held.vectors)))}


def _other(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    held = sets["audio"].pivots
    assert held is not None
    return {**sets, "audio": replace(sets["audio"], pivots=held.take(range(TEXTS - 1, -1, -1)))}


def _wide(sets: dict[str, EmbeddingSet]) -> dict[str, EmbeddingSet]:
    return {**sets, "audio": replace(sets["audio"], pivots=sets["image"].pivots)}


BAD = {
    "no texts": (_without, "pivot needs texts in the space of audio by 'audio': encode it with a model that reads"),
    "rows all alike": (_constant, "pivot cannot learn from audio"),
    "texts all alike": (_alike, "pivot cannot learn from the texts in the space of audio"),
    "texts in another order": (_other, "the same texts in the space of every modality"),
    "texts of another model": (_wide, "texts of audio have 40 dimensions, its vectors 24"),
    "one modality": (lambda sets: {"image": sets["image"]}, "aligns two modalities or more; image was given"),
    "too few": (lambda sets: pair(planted(texts=9)), "9 texts to link the spaces by, at least 10"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_link_is_said_in_one_sentence(name: str) -> None:
    change, words = BAD[name]
    with pytest.raises(BadInput, match=words) as caught:
        ALIGNERS.create("pivot").fit(change(pair(planted())))
    assert "\n" not in str(caught.value)


def test_few_texts_link_coarsely_and_finitely() -> None:
    sets = pair(planted(texts=10))
    found = scores(Pivot().fit(sets), sets)
    assert np.isfinite(found).all() and top1(found) > 5 / ITEMS
