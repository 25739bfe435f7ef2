"""`as-is` keeps what it is given; `bridge` places what a classifier sees among the texts."""

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.matching.concepts import concept_weights, label_space
from mmalign_core.types import BadInput, Concepts, EmbeddingSet

RNG = np.random.default_rng(2)
LABELS = RNG.standard_normal((30, 16)).astype(np.float32) + 2
NAMES = tuple(f"thing {c}" for c in range(30))


def embedded(modality: str, vectors: np.ndarray, encoder: str = "toy@1", concepts: Concepts | None = None):
    ids = tuple(f"{i:02d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, tuple(modality + i for i in ids), vectors, encoder, concepts)


def seen(modality: str, posterior: np.ndarray, labels: np.ndarray | None = LABELS) -> EmbeddingSet:
    """What a classifier saw; its own vectors tell nothing."""
    return embedded(modality, np.zeros((len(posterior), 4)), concepts=Concepts(NAMES, posterior, labels))


def one_hot(rows: int = 30) -> np.ndarray:
    return np.eye(30, dtype=np.float32)[:rows] * 0.9 + 0.1 / 30


def texts(noise: float = 0.1) -> EmbeddingSet:
    return embedded("text", LABELS + noise * np.random.default_rng(3).standard_normal(LABELS.shape))


def top1(a: np.ndarray, b: np.ndarray) -> float:
    return float(((a @ b.T).argmax(1) == np.arange(len(a))).mean())


def test_as_is_keeps_lengths() -> None:
    given = embedded("image", 5 * RNG.standard_normal((4, 3)))
    model = ALIGNERS.create("as-is").fit({"image": given})
    np.testing.assert_array_equal(model.transform(given), given.vectors)


def test_as_is_refuses_unequal_widths_and_encoders_known_to_differ() -> None:
    with pytest.raises(BadInput, match=r"image 3 .*text 4"):
        ALIGNERS.create("as-is").fit(
            {"image": embedded("image", np.ones((2, 3))), "text": embedded("text", np.ones((2, 4)))}
        )
    names = ["efficientnet-lite0", "use-multilingual"]
    mixed = {m: embedded(m, np.ones((2, 3)), f"{name}@1") for m, name in zip(("image", "text"), names)}
    with pytest.raises(BadInput, match="do not share a space"):
        ALIGNERS.create("as-is").fit(mixed)


@pytest.mark.parametrize("data_share", [0.0, 0.5, 1.0])
def test_bridge_finds_the_text_of_what_was_seen(data_share: float) -> None:
    sets = {"image": seen("image", one_hot()), "audio": seen("audio", one_hot()), "text": texts()}
    model = ALIGNERS.create("bridge", data_share=data_share).fit(sets)
    image, audio, text = (model.transform(sets[m]) for m in ("image", "audio", "text"))
    assert top1(image, text) == top1(text, audio) == top1(image, audio) == 1.0


def test_bridge_takes_independent_probabilities_and_any_scale() -> None:
    model = ALIGNERS.create("bridge").fit({"image": seen("image", one_hot()), "text": texts()})
    doubled = model.transform(seen("image", 7 * one_hot()))
    np.testing.assert_allclose(doubled, model.transform(seen("image", one_hot())), atol=1e-5)


def test_with_label_names_alone_the_fitted_items_do_not_matter() -> None:
    models = [
        ALIGNERS.create("bridge", data_share=0).fit({"image": seen("image", one_hot(n)), "text": texts(noise)})
        for n, noise in ((30, 0.1), (3, 5.0))
    ]
    for rows in (seen("image", one_hot()), texts()):
        np.testing.assert_allclose(models[0].transform(rows), models[1].transform(rows), atol=1e-6)


def test_pairs_are_never_looked_at() -> None:
    image, text = seen("image", one_hot()), texts()
    other = EmbeddingSet("text", text.ids[::-1], text.keys, text.vectors, text.encoder)
    models = [ALIGNERS.create("bridge").fit({"image": image, "text": t}) for t in (text, other)]
    np.testing.assert_array_equal(models[0].transform(image), models[1].transform(image))


def test_a_row_without_any_concept_is_like_nothing() -> None:
    model = ALIGNERS.create("bridge").fit({"image": seen("image", one_hot()), "text": texts()})
    assert not model.transform(seen("image", np.zeros((1, 30), np.float32))).any()


def test_a_text_can_be_placed_where_only_pictures_and_sounds_were_fitted() -> None:
    model = ALIGNERS.create("bridge").fit({"image": seen("image", one_hot()), "audio": seen("audio", one_hot())})
    assert top1(model.transform(texts()), model.transform(seen("audio", one_hot()))) == 1.0


def test_bridge_names_the_encoders_that_give_concepts() -> None:
    with pytest.raises(BadInput, match="efficientnet-lite0"):
        ALIGNERS.create("bridge").fit({"image": embedded("image", np.ones((2, 3))), "text": texts()})
    with pytest.raises(BadInput, match="yamnet"):
        ALIGNERS.create("bridge").fit({"audio": embedded("audio", np.ones((2, 3))), "text": texts()})


@pytest.mark.parametrize(
    ("sets", "named"),
    [
        ({"text": texts()}, "only text"),
        ({"image": seen("image", one_hot(), None), "text": texts()}, "not placed in text space"),
        ({"image": seen("image", one_hot()), "text": embedded("text", np.ones((2, 5)))}, "one text encoder"),
        ({"image": seen("image", one_hot()), "audio": seen("audio", one_hot(), np.ones((30, 5)))}, "one text encoder"),
    ],
)
def test_bridge_refuses_what_it_cannot_place(sets: dict[str, EmbeddingSet], named: str) -> None:
    with pytest.raises(BadInput, match=named):
        ALIGNERS.create("bridge").fit(sets)


def test_bridge_refuses_modalities_and_concepts_it_was_not_fitted_on() -> None:
    model = ALIGNERS.create("bridge").fit({"image": seen("image", one_hot()), "text": texts()})
    with pytest.raises(BadInput, match="without audio"):
        model.transform(seen("audio", one_hot()))
    fewer = embedded("image", np.zeros((1, 4)), concepts=Concepts(NAMES[:7], np.ones((1, 7), np.float32)))
    with pytest.raises(BadInput, match="30 concepts"):
        model.transform(fewer)
    with pytest.raises(BadInput, match="label_template"):
        ALIGNERS.create("bridge", label_template="a thing").fit({"image": seen("image", one_hot())})


def test_weights_count_the_most_probable_and_sum_to_one() -> None:
    posterior = np.array([[0.5, 0.3, 0.1, 0.1], [0, 0, 0, 0]], np.float32)
    np.testing.assert_allclose(concept_weights(posterior, 2, 1.0), [[0.625, 0.375, 0, 0], [0, 0, 0, 0]], atol=1e-6)
    flat = concept_weights(posterior[:1], 4, 0.5)
    np.testing.assert_allclose(flat, np.sqrt(posterior[:1]) / np.sqrt(posterior[0]).sum(), atol=1e-6)
    assert np.count_nonzero(concept_weights(posterior[:1], 3, 1.0)) == 4  # the last two are equal: none is dropped


def test_whitening_evens_out_what_varies_among_the_labels() -> None:
    stretched = LABELS * np.linspace(0.1, 10, 16)
    spread = [np.linalg.cond(np.cov((stretched @ label_space([stretched], s)).T)) for s in (0.01, 1.0, 1000.0)]
    assert spread[0] < spread[1] < spread[2]
    np.testing.assert_allclose(label_space([stretched], 1000.0), np.eye(16), atol=0.02)


def test_bridges_card_divides_by_the_length_after_whitening_as_the_code_does() -> None:
    """An item's place is unit((w L - centre) W), which differs from (w L - centre) / |w L - centre| W in length."""
    model = ALIGNERS.create("bridge", data_share=0.0, shrinkage=0.1)
    model.fit({"image": seen("image", one_hot()), "text": texts()})
    whiten = model.state()["whiten"]
    offset = concept_weights(one_hot(), model.concepts, model.sharpness) @ LABELS - LABELS.mean(0)
    placed = offset @ whiten
    found = model.transform(seen("image", one_hot()))
    np.testing.assert_allclose(found, placed / np.linalg.norm(placed, axis=1, keepdims=True), atol=1e-4)
    other = offset / np.linalg.norm(offset, axis=1, keepdims=True) @ whiten
    assert not np.allclose(found, other, atol=1e-2)
    numerator, rest = model.card.formula.split(r"{\|\cdot\|}")
    assert numerator.endswith("W}") and "W" not in rest
