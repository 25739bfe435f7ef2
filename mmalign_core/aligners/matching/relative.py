"""Relative representations: an item's place is its similarities to the known pairs, in its own modality."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.arrays import with_prefix
from mmalign_core.aligners.base import Aligner, register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.pairs import Pairs, check_varied, paired_rows
from mmalign_core.params import param
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

_ROWS_AT_ONCE = 4096
"""Rows placed at a time: 32 MB of similarities with 2,000 landmarks. Chosen for memory; it changes no result."""


@register("relative")
class Relative(Aligner):
    """ASIF (Norelli et al., NeurIPS 2023) on relative representations (Moschella et al., ICLR 2023).

    Known pair j is an anchor and gives coordinate j of every modality: the cosine of a row with the anchor's row of the
    same modality, both centred at that modality's mean. The `k` greatest positive ones are kept, and each is raised to
    `exponent`; rows have unit length. A score is then a sum over anchors, and `anchor_items` names them. Nothing is
    optimised: more pairs are more anchors.
    """

    summary = say("Similarities to the known pairs are the coordinates: no training, and each score names its pairs")
    card = Card(
        idea=say(
            "Each known pair is a landmark that both modalities share. An item lies where its similarities "
            "to the landmarks of its own modality put it, so that two encoders never need to agree."
        ),
        formula=r"f_m(x)_j \propto \max\!\left(0, \cos(x, a^m_j)\right)^{p},\quad "
        r"j \in \text{the } k \text{ anchors nearest to } x",
        use=say(
            "With a few hundred pairs or more, when pairs change often without retraining, or when the known "
            "pairs behind a score should be named."
        ),
        reference="Norelli et al. 2023, ASIF: Coupled Data Turns Unimodal Models to Multimodal Without Training",
    )
    multiway = True
    anchors: int = param(2000, 2, 20_000, help="most known pairs used as landmarks; drawn by seed")
    k: int = param(400, 1, 20_000, help="number of an item's most similar landmarks that count")
    exponent: float = param(4.0, 0.5, 16, help="power of the similarities: large lets the nearest landmarks decide")

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Draw the landmarks. BadInput for fewer than two pairs, or if a modality's landmarks are all equal."""
        pairs = self._landmarks(paired_rows(sets, self.name), seed)
        self.anchor_items = tuple(pairs.items)
        self._shift, self._scale, self._anchors = {}, {}, {}
        for done, (modality, rows) in enumerate(sets.items()):
            progress(done / len(sets), f"landmarks of {modality}")
            self._shift[modality], self._scale[modality] = self.weighting(rows)
            self._anchors[modality] = self._placed_landmarks(rows, pairs.rows[modality])

    def weighting(self, rows: EmbeddingSet) -> tuple[np.ndarray, np.ndarray]:
        """Return (shift, scale), (d,) each: features compare as (x - shift) · scale. Here their mean, and 1."""
        return rows.vectors.mean(0, dtype=np.float64), np.ones(rows.vectors.shape[1])

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, anchors). A row without any similar landmark is zero."""
        self.check_known(embeddings, {m: len(shift) for m, shift in self._shift.items()})
        features, anchors = self._features(embeddings), self._anchors[embeddings.modality]
        starts = range(0, max(1, len(features)), _ROWS_AT_ONCE)
        return np.concatenate([self._coordinates(features[i : i + _ROWS_AT_ONCE] @ anchors.T) for i in starts])

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return per modality the landmarks' features (a, d), shift and scale (d,); the landmarks' items as JSON."""
        held = {"anchors": self._anchors, "shift": self._shift, "scale": self._scale}
        arrays = {f"{what}.{m}": array for what, of in held.items() for m, array in of.items()}
        return {"items": np.frombuffer(json.dumps(self.anchor_items).encode(), np.uint8).copy(), **arrays}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        self.anchor_items = tuple(json.loads(state["items"].tobytes()))
        self._anchors, self._shift, self._scale = (
            with_prefix(f"{what}.", state) for what in ("anchors", "shift", "scale")
        )

    def _landmarks(self, pairs: Pairs, seed: int) -> Pairs:
        if len(pairs) <= self.anchors:
            return pairs
        return pairs.take(np.sort(np.random.default_rng(seed).choice(len(pairs), self.anchors, replace=False)))

    def _placed_landmarks(self, rows: EmbeddingSet, numbers: np.ndarray) -> np.ndarray:
        """Return features (a, d) of the landmarks' rows, zero if a landmark lacks the modality."""
        present = numbers >= 0
        check_varied(self.name, rows.modality, rows.vectors[numbers[present]])
        anchors = np.zeros((len(numbers), rows.vectors.shape[1]), np.float32)
        anchors[present] = self._features(rows.take(numbers[present]))
        return anchors

    def _features(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return weighted unit rows (n, d)."""
        shift, scale = self._shift[embeddings.modality], self._scale[embeddings.modality]
        return unit_rows((embeddings.vectors - shift) * scale)

    def _coordinates(self, similarities: np.ndarray) -> np.ndarray:
        """Return the k greatest of each row (n, a), raised to the power. Values equal to the last one are kept too."""
        kept = np.maximum(similarities, 0)
        if self.k < kept.shape[1]:
            last = np.partition(kept, -self.k, axis=1)[:, -self.k]
            kept[kept < last[:, None]] = 0
        return unit_rows(kept**self.exponent)
