"""Ridge: what it chooses by what held-out pairs retrieve."""

import numpy as np
import pytest
from linear_views import centred, embedded, fitted, recall, toy, views

from mmalign_core.aligners.linear.regression import DEFAULT_PENALTY, PENALTIES, regression
from mmalign_core.types import BadInput, EmbeddingSet

NAMES = ("procrustes", "ridge", "pls", "cca", "gcca", "distance")
every_linear = pytest.mark.parametrize("name", NAMES)


def loud_text(rows: int = 400, seed: int = 0) -> dict[str, EmbeddingSet]:
    """Six faint numbers name the item in both modalities. Text also holds a loud one, which the picture tells exactly
    but which only halves the candidates, and noise, which the picture cannot tell.
    """
    rng = np.random.default_rng(seed)
    latent, kind = rng.standard_normal((rows, 6)), rng.integers(0, 2, (rows, 1)) * 2.0 - 1
    image = np.hstack([kind, latent, rng.standard_normal((rows, 6))])
    text = np.hstack([100 * kind, latent, 5 * rng.standard_normal((rows, 20))])
    return {"image": embedded("image", image), "text": embedded("text", text)}


def halves(sets: dict[str, EmbeddingSet]) -> tuple[dict[str, EmbeddingSet], dict[str, EmbeddingSet]]:
    half = len(sets["image"]) // 2
    first, second = ({m: s.take(part) for m, s in sets.items()} for part in (range(half), range(half, 2 * half)))
    return first, second


def test_ridge_chooses_the_target_that_retrieves_not_the_one_predicted_with_the_least_error() -> None:
    train, test = halves(loud_text())
    x, y = (centred(s.vectors.astype(float)) for s in train.values())
    onto_text, onto_image = (
        np.mean((b - a @ regression(a, b).weights(0.01)) ** 2) / b.var() for a, b in ((x, y), (y, x))
    )
    assert onto_text < 0.2 < onto_image
    auto = fitted("ridge", train)
    assert auto.chosen_params["target"] == "image"
    assert recall(auto, test) > 5 * recall(fitted("ridge", train, target="text"), test)


def test_ridge_chooses_a_penalty_near_the_best_of_its_grid() -> None:
    """Sixty pairs of eighty dimensions, most of them noise: no penalty and an endless one are both wrong."""
    x = views(660, {"image": 12, "text": 12}, noise=1.0)
    noise = np.random.default_rng(1).standard_normal((2, 660, 70))
    sets = {m: embedded(m, np.hstack([v, n])) for (m, v), n in zip(x.items(), noise)}
    train, test = ({m: s.take(rows) for m, s in sets.items()} for rows in (range(60), range(60, 660)))
    auto = fitted("ridge", train)
    reached = {
        reg: recall(fitted("ridge", train, target=auto.chosen_params["target"], reg=reg), test) for reg in PENALTIES
    }
    assert recall(auto, test) == reached[auto.chosen_params["reg"]] >= max(reached.values()) - 0.02
    assert max(reached.values()) > min(reached.values()) + 0.05
    assert {"ridge", "held_out_mrr_onto_text", "held_out_mrr_onto_image"} == set(auto.history[0])


def test_ridge_keeps_the_untried_default_where_held_out_pairs_say_nothing() -> None:
    """Ten pairs are too few to hold any out; of pictures that share one caption whatever is held out is right."""
    few = fitted("ridge", {m: s.take(range(10)) for m, s in toy().items()})
    x, y = views(60, {"image": 6, "text": 5}).values()
    y[:59], ids = y[0], tuple(f"{i:02d}" for i in range(60))
    text = EmbeddingSet("text", ids, ("same",) * 59 + ("other",), y, "toy@1")
    same = fitted("ridge", {"image": EmbeddingSet("image", ids, ids, x, "toy@1"), "text": text})
    for model in (few, same):
        assert model.chosen_params == {"target": "text", "reg": DEFAULT_PENALTY} and not model.history


def test_ridge_maps_to_the_modality_that_can_be_told_from_the_other() -> None:
    """Text is a shadow of the picture: it follows from it, but not the other way round."""
    image = np.random.default_rng(0).standard_normal((200, 10))
    sets = {"image": embedded("image", image), "text": embedded("text", image[:, :3] * [1, 2, 3])}
    np.testing.assert_array_equal(fitted("ridge", sets).state()["map.text"], np.eye(3))
    np.testing.assert_array_equal(fitted("ridge", sets, target="image").state()["map.image"], np.eye(10))
    with pytest.raises(BadInput, match="audio"):
        fitted("ridge", sets, target="audio")
