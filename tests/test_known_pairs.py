"""Known pairs beside a trained head: they count where they help, exactly as far, and with gradients."""

import numpy as np
import pytest
import torch

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.model.known_pairs import KnownPairs
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.aligners.training.holdout import Holdout, hold_out, keep_all
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows

QUICK = {"steps": 20, "hidden": 16, "prior": "off"}


def sorts(items: range, sorts: int = 40, width: int = 12) -> dict[str, EmbeddingSet]:
    """Items of forty sorts. Which picture goes with which text is arbitrary: forty sorts need more than twelve numbers
    of a linear map, and a known pair of the same sort says it at once.
    """
    rng = np.random.default_rng(1)
    centres, codes = rng.standard_normal((2, sorts, width))
    near = 0.15 * rng.standard_normal((1000, 2, width))
    own, ids = np.arange(1000) % sorts, tuple(f"{i:04d}" for i in items)
    views = {"image": centres[own] + near[:, 0], "text": codes[own] + near[:, 1]}
    return {m: EmbeddingSet(m, ids, tuple(m + i for i in ids), x[list(items)], "toy@1") for m, x in views.items()}


def recall_at_10(model, sets: dict[str, EmbeddingSet]) -> float:
    scores = model.transform(sets["image"]) @ model.transform(sets["text"]).T
    return float((np.argsort(np.argsort(-scores, axis=1), axis=1).diagonal() < 10).mean())


def parts_of(sets: dict[str, EmbeddingSet]) -> Holdout:
    return hold_out(paired_rows(sets, "test"))


def chosen(heads: dict[str, np.ndarray], sets: dict[str, EmbeddingSet]) -> KnownPairs:
    return KnownPairs.chosen(heads, sets, parts_of(sets), 0)


def test_a_head_finds_by_known_pairs_what_no_linear_map_can_tell() -> None:
    seen, unseen = sorts(range(400)), sorts(range(400, 600))
    alone, beside = (ALIGNERS.create("infonce-mlp", known=k, **QUICK).fit(seen) for k in ("off", "auto"))
    assert recall_at_10(beside, unseen) > recall_at_10(alone, unseen) + 0.2
    assert recall_at_10(ALIGNERS.create("infonce-linear", prior="off").fit(seen), unseen) < recall_at_10(beside, unseen)
    assert max(row.get("known", 0) for row in beside.history) > 0 and not beside.start_kept


def test_known_pairs_count_only_as_far_as_they_help() -> None:
    sets = sorts(range(200))
    held = parts_of(sets).held
    right = np.eye(len(held), dtype=np.float32)
    noise = {m: unit_rows(np.random.default_rng(i).standard_normal((len(held), 30))) for i, m in enumerate(sets)}
    assert chosen({"image": right, "text": right}, sets) == KnownPairs()
    assert chosen(noise, sets).weight > 0.3


def test_too_few_pairs_to_hold_any_out_leave_the_head_alone() -> None:
    sets = sorts(range(20))
    parts = keep_all(paired_rows(sets, "test"))
    nothing = {m: np.zeros((0, 3), np.float32) for m in sets}
    assert KnownPairs.chosen(nothing, sets, parts, 0) == KnownPairs()


@pytest.mark.parametrize("weight", [0.3, 0.75])
def test_a_place_is_the_weighted_mean_of_both_cosines_with_gradients(weight: float) -> None:
    sets = sorts(range(200))
    found = KnownPairs(KnownPairs(weight=weight).refitted(sets, paired_rows(sets, "test"), 0).landmarks, weight)
    heads = {m: unit_rows(np.random.default_rng(i).standard_normal((200, 7))) for i, m in enumerate(sets)}
    places = {m: found.join(heads[m], s) for m, s in sets.items()}
    near = {m: found.landmarks.transform(s) for m, s in sets.items()}
    expected = (1 - weight) * heads["image"] @ heads["text"].T + weight * near["image"] @ near["text"].T
    np.testing.assert_allclose(places["image"] @ places["text"].T, expected, atol=1e-5)
    again = KnownPairs.of_arrays(found.arrays())
    np.testing.assert_array_equal(again.join(heads["text"], sets["text"]), places["text"])
    vectors = torch.tensor(sets["image"].vectors, dtype=torch.float32, requires_grad=True)
    drawn = found.join_tensors(torch.tensor(heads["image"], dtype=torch.float32), vectors, "image")
    np.testing.assert_allclose(drawn.detach().numpy(), places["image"], atol=1e-4)
    drawn.sum().backward()
    assert vectors.grad is not None and vectors.grad.abs().sum() > 0


def test_landmarks_of_the_choice_are_never_the_held_out_pairs() -> None:
    sets = sorts(range(200))
    parts = parts_of(sets)
    noise = {m: unit_rows(np.random.default_rng(i).standard_normal((len(parts.held), 9))) for i, m in enumerate(sets)}
    landmarks = chosen(noise, sets).landmarks
    assert landmarks is not None and not set(landmarks.anchor_items) & set(parts.held.items)


def test_a_saved_head_places_as_before() -> None:
    seen, unseen = sorts(range(200)), sorts(range(400, 420))
    model = ALIGNERS.create("infonce-mlp", **QUICK).fit(seen)
    again = ALIGNERS.create("infonce-mlp", **QUICK).load_state(model.state())
    for rows in unseen.values():
        np.testing.assert_array_equal(again.transform(rows), model.transform(rows))
    assert model.transform(unseen["text"]).shape[1] > 200
