"""What aligners show of themselves: linear maps and places with gradients, equal to how they place."""

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.sequences import as_sequences
from mmalign_core.vectors import unit_rows


def made_up_sets(sequences=False):
    rng = np.random.default_rng(0)
    ids = tuple(f"i{i:02d}" for i in range(40))
    shared = rng.standard_normal((40, 6))
    sets = {}
    for modality, width in (("image", 12), ("text", 9)):
        rows = (shared @ rng.standard_normal((6, width)) + 0.3 * rng.standard_normal((40, width)) + 1).astype(
            np.float32
        )
        steps = as_sequences([row + 0.1 * rng.standard_normal((4, width)) for row in rows]) if sequences else None
        sets[modality] = EmbeddingSet(modality, ids, ids, rows.astype(np.float32), "made@1", sequences=steps)
    return sets


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("cca", {"reg": 0.1, "weighting": 1.0}),
        ("gcca", {"reg": 0.1, "weighting": 0.5}),
        ("procrustes", {}),
        ("ridge", {}),
        ("late-average", {"reg": 1.0}),
        ("infonce-linear", {"steps": 5, "prior": "off"}),
        ("auto", {"prior": "off"}),
    ],
)
def test_a_linear_map_places_as_the_aligner_does(name, params):
    sets = made_up_sets()
    aligner = ALIGNERS.create(name, **params).fit(sets)
    for modality, rows in sets.items():
        opened = aligner.linear_map(modality)
        assert opened is not None
        by_hand = (rows.vectors - opened.centre) @ opened.linear + opened.bias
        np.testing.assert_allclose(unit_rows(by_hand), aligner.transform(rows), atol=2e-5)
        centre, linear = opened.homogeneous
        np.testing.assert_allclose((np.pad(rows.vectors, ((0, 0), (0, 1))) - centre) @ linear, by_hand, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "params", "sequences"),
    [
        ("infonce-mlp", {"steps": 5, "prior": "off"}, False),
        ("autoencoder", {"steps": 5}, False),
        ("transformer", {"steps": 5, "width": 8, "prior": "off"}, True),
        ("cross-attention", {"steps": 5, "width": 8}, True),
    ],
)
def test_a_place_with_gradients_is_the_place(name, params, sequences):
    import torch

    sets = made_up_sets(sequences)
    aligner = ALIGNERS.create(name, **params).fit(sets)
    for modality, rows in sets.items():
        place = aligner.differentiable(modality)
        assert place is not None and aligner.linear_map(modality) is None
        vectors = torch.tensor(rows.vectors, requires_grad=True)
        steps = np.stack([rows.sequences[i] for i in range(40)]) if rows.sequences else np.zeros((40, 1, 1))
        found = place(vectors, torch.tensor(steps, dtype=torch.float32))
        np.testing.assert_allclose(found.detach().numpy(), aligner.transform(rows), atol=1e-5)
        found.square().sum().backward()
        assert vectors.grad is not None and torch.isfinite(vectors.grad).all()


def test_what_has_no_such_map_says_so():
    aligner = ALIGNERS.create("relative").fit(made_up_sets())
    assert aligner.linear_map("image") is None and aligner.differentiable("image") is None
