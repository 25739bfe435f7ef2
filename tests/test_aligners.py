"""Contract of every registered aligner: what holds for each one the registry finds."""

from collections.abc import Mapping

import numpy as np
import pytest
from safetensors.numpy import load, save

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.card import Card
from mmalign_core.types import MODALITIES, BadInput, Concepts, EmbeddingSet
from mmalign_core.types.embeddings import Pivots
from mmalign_core.types.sequences import as_sequences

WIDTH, CONCEPTS = 12, 20
Sets = Mapping[str, EmbeddingSet]

every_aligner = pytest.mark.parametrize("name", ALIGNERS.names())


def paired_sets(items: range, modalities: tuple[str, ...]) -> dict[str, EmbeddingSet]:
    """One latent point an item, seen through a fixed random view for each modality; all but text have concepts.

    The vector is the mean of a sequence of one to six steps. Pivot texts of other points lie in every view.
    """
    rng = np.random.default_rng(7)
    latent, labels = rng.standard_normal((200, WIDTH)), rng.standard_normal((CONCEPTS, WIDTH)).astype(np.float32)
    pivots, sets = np.random.default_rng(8).standard_normal((40, WIDTH)), {}
    for modality in MODALITIES[:3]:
        view, noise = rng.standard_normal((WIDTH, WIDTH)), 0.1 * rng.standard_normal((200, WIDTH))
        posterior = np.exp(latent @ labels.T)
        seen = Concepts(
            tuple(f"concept {c}" for c in range(CONCEPTS)), (posterior / posterior.sum(1, keepdims=True))[items], labels
        )
        ids, keys = tuple(f"{i:03d}" for i in items), tuple(f"{modality}{i}" for i in items)
        vectors = (latent @ view + noise)[items]
        steps = [vectors[i] + centred(rng.standard_normal((1 + int(key) % 6, WIDTH))) for i, key in enumerate(ids)]
        concepts = None if modality == "text" else seen
        texts = Pivots(tuple(f"text {i}" for i in range(len(pivots))), (frozenset(),) * len(pivots), pivots @ view)
        sets[modality] = EmbeddingSet(
            modality, ids, keys, vectors, "toy@1", concepts, sequences=as_sequences(steps), pivots=texts
        )
    return {m: s for m, s in sets.items() if m in modalities}


def centred(steps: np.ndarray) -> np.ndarray:
    return steps - steps.mean(0)


def fitted(name: str, sets: Sets | None = None, seed: int = 0) -> Aligner:
    model = ALIGNERS.create(name)
    return model.fit(sets or paired_sets(range(120), model.modalities), seed=seed)


def coordinates(model: Aligner, sets: Sets) -> dict[str, np.ndarray]:
    return {m: model.transform(s) for m, s in sets.items()}


@every_aligner
def test_it_says_what_it_is(name: str) -> None:
    cls = ALIGNERS.get(name)
    assert cls.summary and "\n" not in cls.summary and len(cls.summary) < 120
    assert cls.family() in {"matching", "embedding", "model", "fusion"}
    assert set(cls.modalities) <= set(MODALITIES) and len(cls.modalities) >= 2
    assert all(p.help for p in cls.declared_params().values())
    assert isinstance(cls.card, Card) and all(vars(cls.card).values())


@every_aligner
def test_all_modalities_land_in_one_finite_space(name: str) -> None:
    sets = paired_sets(range(120), ALIGNERS.get(name).modalities)
    placed = coordinates(fitted(name, sets), sets)
    assert len({x.shape[1] for x in placed.values()}) == 1
    for modality, x in placed.items():
        assert x.dtype == np.float32 and len(x) == len(sets[modality]) and np.isfinite(x).all()
        if name != "as-is":
            np.testing.assert_allclose(np.linalg.norm(x, axis=1), 1, atol=1e-4)


@every_aligner
def test_a_seed_repeats_the_fit_and_input_is_left_alone(name: str) -> None:
    sets = paired_sets(range(120), ALIGNERS.get(name).modalities)
    before = {m: (s.vectors.copy(), s.concepts and s.concepts.posterior.copy()) for m, s in sets.items()}
    first, second = (coordinates(fitted(name, sets, seed=3), sets) for _ in range(2))
    for modality, s in sets.items():
        np.testing.assert_array_equal(first[modality], second[modality])
        np.testing.assert_array_equal(s.vectors, before[modality][0])
        if s.concepts is not None:
            np.testing.assert_array_equal(s.concepts.posterior, before[modality][1])


@every_aligner
def test_the_order_of_rows_does_not_change_where_an_item_lands(name: str) -> None:
    sets = paired_sets(range(120), ALIGNERS.get(name).modalities)
    rng = np.random.default_rng(1)
    orders = {m: rng.permutation(len(s)) for m, s in sets.items()}
    moved = {m: s.take(orders[m]) for m, s in sets.items()}
    plain, turned = coordinates(fitted(name, sets), sets), coordinates(fitted(name, moved), moved)
    for modality, order in orders.items():
        np.testing.assert_allclose(turned[modality], plain[modality][order], atol=1e-4)


@every_aligner
def test_saved_state_places_rows_exactly_alike(name: str) -> None:
    sets = paired_sets(range(120), ALIGNERS.get(name).modalities)
    model = fitted(name, sets)
    restored = ALIGNERS.create(name, **model.params).load_state(load(save(dict(model.state()))))
    for modality, x in coordinates(model, sets).items():
        np.testing.assert_array_equal(restored.transform(sets[modality]), x)


@every_aligner
def test_unseen_rows_are_placed_or_refused(name: str) -> None:
    model = fitted(name)
    for s in paired_sets(range(150, 160), model.modalities).values():
        if model.transductive:
            with pytest.raises(BadInput):
                model.transform(s)
        else:
            whole, alone = model.transform(s), model.transform(s.take([4]))
            np.testing.assert_allclose(whole[4:5], alone, atol=1e-5)


@every_aligner
def test_parameters_are_checked(name: str) -> None:
    with pytest.raises(BadInput, match="unknown parameter"):
        ALIGNERS.create(name, nonsense=1)
    for declared in ALIGNERS.get(name).declared_params().values():
        if declared.high is not None:
            with pytest.raises(BadInput, match=declared.name):
                ALIGNERS.create(name, **{declared.name: declared.high + 1})
        if declared.choices:
            with pytest.raises(BadInput, match=declared.name):
                ALIGNERS.create(name, **{declared.name: "none of these"})


@every_aligner
def test_rows_of_another_width_are_refused(name: str) -> None:
    model = fitted(name)
    for modality in set(model.modalities) & {"text", "image", "audio"}:
        narrow = EmbeddingSet(modality, ("x",), ("x",), np.ones((1, WIDTH - 3)), "toy@1")
        with pytest.raises(BadInput, match=modality):
            model.transform(narrow)
