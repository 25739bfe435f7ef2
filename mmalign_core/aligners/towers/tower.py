"""Towers over vectors (a linear map per modality, optionally plus a hidden layer), and the aligners' base class."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.training import add_noise, apply_dropout
from mmalign_core.progress import pulse
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.basics import release
from mmalign_core.vectors import ROWS_AT_ONCE

if TYPE_CHECKING:
    import torch

    from mmalign_core.aligners.explainable import Differentiable
LEARNED = ("linear", "bias", "enter", "enter_bias", "leave")


class Tower:
    """unit(s W + b + gelu(s E + e) L) of s = (x - centre) / scale, one scale for all columns.

    One scale keeps the columns' proportions, so that noise of equal size hides directions of low variance. Maps trained
    on few pairs need this regularisation (Bishop 1995, Training with Noise is Equivalent to Tikhonov Regularization).
    `parts`: centre (d,), scale (1,), linear (d, k), bias (k,) and, with a hidden layer, enter (d, h), enter_bias (h,),
    leave (h, k); float32.
    """

    def __init__(self, parts: Mapping[str, np.ndarray]) -> None:
        import torch

        self.parts = {name: torch.tensor(np.asarray(a, np.float32)) for name, a in parts.items()}

    @property
    def learned(self) -> list[torch.Tensor]:
        """The tensors that training changes."""
        return [self.parts[name].requires_grad_() for name in LEARNED if name in self.parts]

    @property
    def width(self) -> int:
        """Dimensions of the input vectors."""
        return len(self.parts["centre"])

    def scaled(self, vectors: np.ndarray | torch.Tensor) -> torch.Tensor:
        """Return vectors (n, d) scaled for `place`, with gradients if they have them."""
        import torch

        rows = vectors if isinstance(vectors, torch.Tensor) else torch.tensor(vectors)
        return (rows - self.parts["centre"]) / self.parts["scale"]

    def place(
        self, rows: torch.Tensor, noise: float = 0.0, dropout: float = 0.0, generator: torch.Generator | None = None
    ) -> torch.Tensor:
        """Return unit rows (n, k) of scaled rows. Noise and dropout are applied only with a generator."""
        from torch.nn.functional import gelu, normalize

        p, rows = self.parts, add_noise(rows, noise, generator)
        if "enter" not in p:
            return normalize(rows @ p["linear"] + p["bias"], dim=1)
        hidden = gelu(rows @ p["enter"] + p["enter_bias"])
        linear = apply_dropout(rows, dropout, generator) @ p["linear"] + p["bias"]
        return normalize(linear + apply_dropout(hidden, dropout, generator) @ p["leave"], dim=1)

    def places(self, vectors: np.ndarray) -> np.ndarray:
        """Return unit rows (n, k) float32 of vectors (n, d)."""
        import torch

        with torch.no_grad():
            found = np.empty((len(vectors), self.parts["linear"].shape[1]), np.float32)
            for start in range(0, len(vectors), ROWS_AT_ONCE):
                pulse()
                part = slice(start, start + ROWS_AT_ONCE)
                found[part] = self.place(self.scaled(vectors[part])).numpy()
                release(vectors)
            return found

    def linear_map(self) -> LinearMap | None:
        """Return the linear map without a hidden layer, or None with one."""
        if "enter" in self.parts:
            return None
        p = {name: part.detach().double().numpy() for name, part in self.parts.items()}
        return LinearMap(p["centre"], p["linear"] / p["scale"], p["bias"])

    def copy(self) -> Tower:
        """Return a copy with the same numbers."""
        return Tower(self.arrays(""))

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        """Return the parts as named arrays."""
        return {prefix + name: part.detach().numpy().copy() for name, part in self.parts.items()}

    @staticmethod
    def of_arrays(arrays: Mapping[str, np.ndarray], prefix: str) -> Tower:
        """Rebuild it from the arrays that `arrays` returned under this prefix."""
        return Tower(with_prefix(prefix, arrays))


def hidden_parts(width: int, dims: int, hidden: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return a hidden layer with values of about unit size that adds nothing before the training."""
    enter = rng.standard_normal((width, hidden)) / np.sqrt(width)
    return {"enter": enter, "enter_bias": np.zeros(hidden), "leave": np.zeros((hidden, dims))}


class TowerAligner(Aligner):
    """Places rows by the tower of their modality. A subclass trains `_towers` (modality -> tower)."""

    multiway = True
    trained = True
    _towers: Mapping[str, Tower]

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k). BadInput for an unknown modality or another width."""
        self.check_known(embeddings, {m: tower.width for m, tower in self._towers.items()})
        return self._towers[embeddings.modality].places(embeddings.vectors)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return the tower's map, or None if it has a hidden layer."""
        tower = self._towers.get(modality)
        return None if tower is None else tower.linear_map()

    def _differentiable(self, modality: str) -> Differentiable | None:
        """Return the tower, which reads vectors only."""
        tower = self._towers.get(modality)
        return None if tower is None else lambda vectors, steps: tower.place(tower.scaled(vectors))

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return <modality>.* of each tower; see `Tower.arrays`."""
        return {name: a for m, tower in self._towers.items() for name, a in tower.arrays(f"{m}.").items()}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        modalities = [name.removesuffix(".linear") for name in state if name.endswith(".linear")]
        self._towers = {m: Tower.of_arrays(state, f"{m}.") for m in modalities}
