"""Softmax attention of rows over known items, and the projections of queries and keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.fusion.neighbourhood import KnownItems
from mmalign_core.aligners.linear.spectral import principal
from mmalign_core.aligners.training import Contrast, Plan, train
from mmalign_core.types import Progress, no_progress
from mmalign_core.vectors import unit_rows

if TYPE_CHECKING:
    import torch

AT_ONCE = 1 << 23
"""Weights computed at a time (32 MB of float32). Chosen for memory; it changes no result."""
MOST_KEYS = 4096
"""Most keys in a training step. Chosen for time: 512 x 4096 weights per step and modality."""
SAME = 0.9999
"""Cosine above which rows count as copies. In training a row does not attend to its copies. Chosen:
far above the rounding of float32 (1e-7), far below the differences between distinct contents."""


@dataclass(frozen=True)
class Projections:
    """Modality -> `maps` (d_m, w) of both queries and keys, and `temperatures` of the softmax."""

    maps: Mapping[str, np.ndarray]
    temperatures: Mapping[str, float]

    def of(self, modality: str, rows: np.ndarray) -> np.ndarray:
        """Return queries or keys (n, w) of these rows, of unit length."""
        return unit_rows(rows @ self.maps[modality])


def attention_weights(queries: np.ndarray, keys: np.ndarray, temperature: float) -> np.ndarray:
    """Return softmax(queries keysᵀ / temperature), (n, m) float32. Rows sum to 1."""
    logits = (queries @ keys.T) / temperature
    weights = np.exp(logits - logits.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def attention_mean(queries: np.ndarray, keys: np.ndarray, values: np.ndarray, temperature: float) -> np.ndarray:
    """Return unit rows (n, k): the mean of the values (m, k) by each query's attention, computed in blocks."""
    step = max(1, AT_ONCE // max(1, len(keys)))
    parts = [
        attention_weights(queries[at : at + step], keys, temperature) @ values for at in range(0, len(queries), step)
    ]
    return unit_rows(np.concatenate(parts)) if parts else np.zeros((0, values.shape[1]), np.float32)


def principal_projections(known: KnownItems, width: int, temperature: float) -> Projections:
    """Return up to `width` principal directions of each modality's keys, padded with zeros if there are fewer."""
    maps = {}
    for modality, keys in known.keys.items():
        directions = principal(keys.astype(np.float64))[1][:, ::-1][:, :width]
        if not directions.shape[1]:
            directions = np.zeros((keys.shape[1], 1))
        maps[modality] = directions.astype(np.float32)
    return Projections(maps, dict.fromkeys(maps, temperature))


def train_projections(
    known: KnownItems,
    values: np.ndarray,
    groups: np.ndarray,
    start: Projections,
    steps: int,
    *,
    seed: int = 0,
    progress: Progress = no_progress,
    record: Callable[..., None] = lambda **values: None,
) -> Projections:
    """Train so that an item's modalities, each with attention to all other items, get the same place (InfoNCE).

    `values` (n, k): place of each item. `groups` (n,): content groups of the items.
    """
    import torch

    rows = {
        m: torch.from_numpy(_spread(start.of(m, keys), known.owners[m], len(values))) for m, keys in known.keys.items()
    }
    present = {m: torch.from_numpy(np.isin(np.arange(len(values)), known.owners[m])) for m in rows}
    shifts = {m: torch.zeros(x.shape[1], x.shape[1], requires_grad=True) for m, x in rows.items()}
    heat = {m: torch.tensor(np.log(start.temperatures[m]), dtype=torch.float32, requires_grad=True) for m in rows}
    places, numbers, contrast = torch.from_numpy(values), torch.from_numpy(groups), Contrast()

    def loss(batch: np.ndarray, generator: torch.Generator) -> torch.Tensor:
        keys = torch.randperm(len(values), generator=generator)[:MOST_KEYS]
        found = {
            m: _left_out(x, shifts[m], heat[m], present[m], places, torch.from_numpy(batch), keys)
            for m, x in rows.items()
        }
        return contrast(found, {m: p[batch] for m, p in present.items()}, numbers[batch])

    whole = np.flatnonzero(np.sum([p.numpy() for p in present.values()], axis=0) > 1)
    plan = Plan(steps=steps, batch=512, learning_rate=3e-3, weight_decay=0.0)
    learned = [*shifts.values(), *heat.values(), *contrast.parameters]
    train(learned, lambda b, g: loss(whole[b], g), len(whole), plan, seed=seed, progress=progress, record=record)
    with torch.no_grad():
        maps = {m: start.maps[m] @ (np.eye(len(s), dtype=np.float32) + s.numpy()) for m, s in shifts.items()}
        return Projections(maps, {m: float(h.exp()) for m, h in heat.items()})


def _left_out(
    rows: torch.Tensor,
    shift: torch.Tensor,
    heat: torch.Tensor,
    present: torch.Tensor,
    places: torch.Tensor,
    batch: torch.Tensor,
    keys: torch.Tensor,
) -> torch.Tensor:
    """Return unit places (b, k) of the batch by attention to these keys, without a row's own item and its copies."""
    import torch

    queries, known = (torch.nn.functional.normalize(rows[i] + rows[i] @ shift, dim=1) for i in (batch, keys))
    own = (batch[:, None] == keys[None, :]) | (rows[batch] @ rows[keys].T > SAME)
    logits = (queries @ known.T / heat.exp()).masked_fill(own | ~present[keys][None, :], -1e9)
    return torch.nn.functional.normalize(torch.softmax(logits, dim=1) @ places[keys], dim=1)


def _spread(rows: np.ndarray, owners: np.ndarray, items: int) -> np.ndarray:
    """Return (items, w): each row at its item, zero elsewhere."""
    found = np.zeros((items, rows.shape[1]), np.float32)
    found[owners] = rows
    return found
