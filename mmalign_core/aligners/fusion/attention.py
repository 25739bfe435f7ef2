"""Dot-product attention over the known items: a row's place is the weighted mean of the items' places."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.attention_projections import (
    Projections,
    attention_mean,
    attention_weights,
    principal_projections,
    train_projections,
)
from mmalign_core.aligners.fusion.neighbourhood import NeighbourhoodAligner
from mmalign_core.aligners.pairs import Sets
from mmalign_core.params import param
from mmalign_core.splits import content_groups
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.wording import say


@register("attention")
class Attention(NeighbourhoodAligner):
    """place = unit((1 - mix) start(x) + mix unit(sum_j a_j v_j)), a = softmax of q(x)·k(x_j) / temperature.

    j runs over the known items that have the row's modality, v_j is the fused linear place of item j. Queries and keys
    are unit rows under the same projection. The projections start as principal directions and are trained so that the
    places of an item's modalities are close, each with attention to all other items. A row of a known item attends to
    that item too, except in training: measure on held-out items.
    """

    summary = say(
        "A row attends to the most similar known items and gets the mean of their places; weights are readable"
    )
    card = Card(
        idea=say(
            "A row is compared with all known items of its own modality by scaled dot products. The softmax "
            "of these gives the weight of each item's fused place, made of all its modalities, in the row's "
            "own."
        ),
        formula=r"f_m(x) \propto (1-\lambda) f^0_m(x) + \lambda \sum_j a_j v_j,\quad "
        r"a = \operatorname{softmax}_j\big(q_m(x)^\top k_m(x_j)/\tau_m\big),\quad "
        r"v_j = \operatorname{unit}\textstyle\sum_{m'} f^0_{m'}(x_{j m'})",
        use=say("When the known items behind a placement should be visible; near-duplicates and classes help it."),
        reference="Vaswani et al. 2017, Attention Is All You Need; Vinyals et al. 2016, Matching Networks",
    )
    trained = True
    width: int = param(64, 1, 1024, help="dimensions of queries and keys")
    steps: int = param(60, 0, 10_000, help="training steps of queries and keys; 0: no training")
    temperature: float = param(0.1, 0.001, 10, help="initial temperature of the softmax: a small one uses few items")
    mixes = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

    def build(self, sets: Sets, fused: np.ndarray, seed: int, progress: Progress) -> None:
        """Train the projections of queries and keys."""
        self._values = fused
        start = principal_projections(self._known, self.width, self.temperature)
        groups = {item: number for number, group in enumerate(content_groups(sets)) for item in group}
        numbers = np.array([groups[item] for item in self.items])
        self._projections = train_projections(
            self._known, fused, numbers, start, self.steps, seed=seed, progress=progress, record=self.record
        )
        self._set_keys()

    def known_places(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return the mean fused place of the known items, weighted by the attention of each row."""
        modality = embeddings.modality
        values, temperature = self._values[self._known.owners[modality]], self._projections.temperatures[modality]
        return attention_mean(self._queries(embeddings), self._keys[modality], values, temperature)

    def attention(self, embeddings: EmbeddingSet, top: int = 10) -> list[list[tuple[str, float]]]:
        """Return for each row the `top` known items with the largest attention, as (item id, weight), largest first.

        A row's weights over all known items of its modality sum to 1. If there are fewer than `top`, it returns all.
        """
        self.check_fitted()
        self.linear_places(embeddings)
        modality = embeddings.modality
        temperature = self._projections.temperatures[modality]
        weights = attention_weights(self._queries(embeddings), self._keys[modality], temperature)
        order = np.argsort(-weights, axis=1, kind="stable")[:, :top]
        names = [self.items[i] for i in self._known.owners[modality]]
        return [[(names[j], float(row[j])) for j in chosen] for row, chosen in zip(weights, order)]

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the base's arrays, the known items' ids (UTF-8 of a JSON list) and places, and the projections."""
        maps = {f"projection.{m}": np.ascontiguousarray(a) for m, a in self._projections.maps.items()}
        heat = {f"temperature.{m}": np.array([t]) for m, t in self._projections.temperatures.items()}
        names = np.frombuffer(json.dumps(self.items).encode(), np.uint8)
        return {**super()._state(), **maps, **heat, "values": self._values, "items": names}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        super()._load_state(state)
        heat = {m: float(t[0]) for m, t in with_prefix("temperature.", state).items()}
        self._projections = Projections(with_prefix("projection.", state), heat)
        self._values = state["values"]
        self.items = tuple(json.loads(state["items"].tobytes()))
        self._set_keys()

    def _queries(self, embeddings: EmbeddingSet) -> np.ndarray:
        return self._projections.of(embeddings.modality, self._known.centred_unit_rows(embeddings))

    def _set_keys(self) -> None:
        self._keys = {m: self._projections.of(m, keys) for m, keys in self._known.keys.items()}
