"""`relative` and `classic`: places among known pairs, checked against the definition written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.preprocessing import StandardScaler, normalize

from mmalign_core.aligners import ALIGNERS
from mmalign_core.types import BadInput, EmbeddingSet


def embedded(modality: str, vectors: np.ndarray, first: int = 0) -> EmbeddingSet:
    ids = tuple(f"{first + i:03d}" for i in range(len(vectors)))
    return EmbeddingSet(modality, ids, tuple(modality + i for i in ids), vectors, "toy@1")


def views(count: int, seed: int = 0) -> dict[str, EmbeddingSet]:
    """One latent point, seen rotated: picture and text agree about who is near whom."""
    rng = np.random.default_rng(seed)
    latent, turn = rng.standard_normal((count, 8)), np.linalg.qr(rng.standard_normal((8, 8)))[0]
    return {"image": embedded("image", latent), "text": embedded("text", latent @ turn)}


def cosine_to(rows: np.ndarray, anchors: np.ndarray) -> np.ndarray:
    centre = anchors.mean(0, dtype=np.float64)
    return normalize(rows - centre) @ normalize(anchors - centre).T


def test_coordinates_are_the_greatest_similarities_raised_to_the_power() -> None:
    sets, unseen = views(30), views(5, seed=1)["image"]
    placed = ALIGNERS.create("relative", k=4, exponent=3).fit(sets).transform(unseen)
    expected = np.maximum(cosine_to(unseen.vectors, sets["image"].vectors), 0)
    expected[expected < np.sort(expected, axis=1)[:, [-4]]] = 0
    np.testing.assert_allclose(placed, normalize(expected**3), atol=1e-5)
    assert (np.count_nonzero(placed, axis=1) == 4).all()


def test_a_rotation_between_the_modalities_is_no_obstacle() -> None:
    sets = views(60)
    known = {m: s.take(range(40)) for m, s in sets.items()}
    model = ALIGNERS.create("relative").fit(known)
    image, text = (model.transform(s.take(range(40, 60))) for s in (sets["image"], sets["text"]))
    np.testing.assert_allclose(image, text, atol=1e-4)


def test_a_score_is_the_sum_over_the_landmarks_it_names() -> None:
    sets = views(30)
    model = ALIGNERS.create("relative", anchors=12).fit(sets, seed=5)
    image, text = model.transform(sets["image"]), model.transform(sets["text"])
    parts = dict(zip(model.anchor_items, image[3] * text[3]))
    assert len(parts) == image.shape[1] == 12 and set(parts) <= set(sets["image"].ids)
    landmark = model.anchor_items[0]
    own = image[sets["image"].ids.index(landmark)]
    assert model.anchor_items[int(own.argmax())] == landmark
    assert sum(parts.values()) == pytest.approx(float(image[3] @ text[3]), abs=1e-5)


def test_the_seed_draws_the_landmarks() -> None:
    sets = views(40)
    drawn = [ALIGNERS.create("relative", anchors=10).fit(sets, seed=seed).anchor_items for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_landmark_without_a_modality_says_nothing_there() -> None:
    sets = views(30)
    sets["audio"] = embedded("audio", sets["image"].vectors[:20])
    model = ALIGNERS.create("relative").fit(sets)
    sound = model.transform(sets["audio"])
    assert not sound[:, 20:].any() and np.isfinite(sound).all()
    assert (sound @ model.transform(sets["text"]).T).argmax(1).tolist() == list(range(20))


@pytest.mark.parametrize("name", ["relative", "classic"])
def test_what_cannot_be_a_landmark_is_refused_in_words(name: str) -> None:
    sets = views(30)
    with pytest.raises(BadInput, match="1 do, at least 2 must"):
        ALIGNERS.create(name).fit({"image": sets["image"].take([0]), "text": sets["text"]})
    flat = EmbeddingSet("text", sets["text"].ids, ("same",) * 30, np.ones((30, 8)), "toy@1")
    with pytest.raises(BadInput, match=r"text: .* identical"):
        ALIGNERS.create(name).fit({"image": sets["image"], "text": flat})
    with pytest.raises(BadInput, match="without audio"):
        ALIGNERS.create(name).fit(sets).transform(embedded("audio", np.ones((2, 8))))


@settings(max_examples=25, deadline=None)
@given(st.integers(2, 12), st.integers(1, 20), st.floats(0.5, 16), st.integers(0, 99))
def test_places_are_finite_and_of_unit_length_or_nowhere(pairs: int, k: int, power: float, seed: int) -> None:
    sets = views(pairs, seed)
    placed = ALIGNERS.create("relative", k=k, exponent=power).fit(sets).transform(views(6, seed + 1)["text"])
    lengths = np.linalg.norm(placed, axis=1)
    assert np.isfinite(placed).all() and np.all(np.isclose(lengths, 1, atol=1e-4) | (lengths == 0))


def test_word_counts_are_weighted_as_scikit_learn_does() -> None:
    counts = np.random.default_rng(0).poisson(0.4, (30, 25)).astype(float)
    counts[:, 0] = 1
    sets = {"image": views(30)["image"], "text": embedded("text", counts)}
    model = ALIGNERS.create("classic", k=30, exponent=1).fit(sets)
    tfidf = TfidfTransformer(norm="l2").fit_transform(counts).toarray()
    np.testing.assert_allclose(model.transform(sets["text"]), normalize(tfidf @ tfidf.T), atol=1e-5)


def test_other_features_are_standardised_and_what_never_varies_does_not_count() -> None:
    vectors = np.random.default_rng(1).standard_normal((30, 6)) * np.array([1, 10, 100, 0.1, 1, 0]) + 3
    sets = {"image": embedded("image", vectors), "text": views(30)["text"]}
    model = ALIGNERS.create("classic", k=30, exponent=1).fit(sets)
    scaled = normalize(StandardScaler().fit_transform(vectors.astype(np.float32)))
    np.testing.assert_allclose(model.transform(sets["image"]), normalize(np.maximum(scaled @ scaled.T, 0)), atol=1e-4)
