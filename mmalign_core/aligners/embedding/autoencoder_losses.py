"""Loss terms of an autoencoder over several modalities: reconstruction, cross-reconstruction, agreement."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations, permutations
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.towers.tower import hidden_parts

if TYPE_CHECKING:
    import torch

    Rows = Mapping[str, torch.Tensor]

TERMS = ("contrastive", "correlation")
FEWEST = 2
"""Fewest rows that a term is measured on; with fewer it is omitted. The correlation of one row is undefined."""


class Decoder:
    """c W + b + gelu(c E + e) L of codes c = sqrt(k) · unit rows (n, k): the reconstructed scaled rows (n, d)."""

    def __init__(self, dims: int, width: int, hidden: int, rng: np.random.Generator) -> None:
        import torch

        linear = {"linear": rng.standard_normal((dims, width)) / dims, "bias": np.zeros(width)}
        inner = hidden_parts(dims, width, hidden, rng) if hidden else {}
        self._parts = {name: torch.tensor(np.asarray(a, np.float32)) for name, a in {**linear, **inner}.items()}

    @property
    def learned(self) -> list[torch.Tensor]:
        """The tensors that training changes."""
        return [part.requires_grad_() for part in self._parts.values()]

    def rebuilt(self, places: torch.Tensor) -> torch.Tensor:
        """Return the scaled rows (n, d) reconstructed from unit rows (n, k)."""
        from torch.nn.functional import gelu

        p, codes = self._parts, places * places.shape[1] ** 0.5
        plain = codes @ p["linear"] + p["bias"]
        return plain + gelu(codes @ p["enter"] + p["enter_bias"]) @ p["leave"] if "enter" in p else plain


def reconstruction(decoders: Mapping[str, Decoder], places: Rows, rows: Rows) -> torch.Tensor:
    """Return the mean squared error of reconstructing each modality's scaled rows from their own places."""
    import torch

    errors = [(decoders[m].rebuilt(places[m]) - rows[m]).square().mean() for m in places if len(rows[m])]
    return torch.stack(errors).mean() if errors else torch.zeros(())


def cross_reconstruction(decoders: Mapping[str, Decoder], places: Rows, rows: Rows, present: Rows) -> torch.Tensor:
    """Return the mean squared error of reconstructing each modality's scaled rows from the places of the others."""
    import torch

    errors = []
    for source, target in permutations(places, 2):
        both = present[source] & present[target]
        if int(both.sum()) >= FEWEST:
            errors.append((decoders[target].rebuilt(places[source][both]) - rows[target][both]).square().mean())
    return torch.stack(errors).mean() if errors else torch.zeros(())


def correlation(places: Rows, present: Rows) -> torch.Tensor:
    """Return 1 - the mean correlation of the two places of a pair, over dimensions (CorrNet, Chandar et al. 2016)."""
    import torch

    found = []
    for a, b in combinations(places, 2):
        both = present[a] & present[b]
        if int(both.sum()) >= FEWEST:
            x, y = (places[m][both] - places[m][both].mean(0) for m in (a, b))
            lengths = ((x.square().sum(0) + 1e-8) * (y.square().sum(0) + 1e-8)).sqrt()
            found.append(1 - ((x * y).sum(0) / lengths).mean())
    return torch.stack(found).mean() if found else torch.zeros(())
