"""Chooses linear towers for few pairs and a hidden layer for many. In between held-out pairs decide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from mmalign_core.aligners.base import Aligner, register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.explainable import LinearMap
from mmalign_core.aligners.model.contrastive import ContrastiveAligner
from mmalign_core.aligners.model.linear import InfonceLinear
from mmalign_core.aligners.model.mlp import InfonceMlp
from mmalign_core.aligners.pairs import Sets, paired_rows
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.wording import say

if TYPE_CHECKING:
    from mmalign_core.aligners.explainable import Differentiable


@register("auto")
class Auto(Aligner):
    """`infonce-linear` up to `few` pairs, `infonce-mlp` from `many`; between them the better on held-out pairs.

    `selected` is the name of the choice. The history's last row holds it too, as `hidden` 0 or 1.
    """

    summary = say("Picks by the number of pairs: linear towers for few, a hidden layer for many")
    card = Card(
        idea=say(
            "Counts the pairs and takes the trained aligner for that number. Between the two it trains both "
            "and keeps the one that places held-out pairs better."
        ),
        formula=r"f=\begin{cases}\text{linear} & n\le 2000\\ \text{the better} & 2000<n<5000\\"
        r"\text{hidden layer} & n\ge 5000\end{cases}",
        use=say("When you have pairs and do not want to choose."),
        reference="Vouitsis et al. 2024, Data-Efficient Multimodal Fusion on a Single GPU (FuseMix)",
    )
    multiway = True
    trained = True
    begins_at = "infonce-linear"
    reads_concepts = True
    few: int = param(2000, 2, 1_000_000, help="linear towers up to this number of pairs")
    many: int = param(5000, 2, 1_000_000, help="a hidden layer from this number of pairs")
    prior: str = param("auto", choices=("auto", "off"), help="auto: weight of the zero-shot bridge by held-out pairs")

    def _fit(self, sets: Sets, seed: int, progress: Progress) -> None:
        """Count the pairs and fit the aligner for that number. BadInput as from those aligners."""
        self.history = ()
        pairs = len(paired_rows(sets, self.name))
        tried: list[ContrastiveAligner] = []
        if pairs <= self.few or pairs < self.many:
            tried.append(InfonceLinear(prior=self.prior))
        if pairs > self.few:
            tried.append(InfonceMlp(prior=self.prior))
        for i, model in enumerate(tried):
            model.watch = lambda row: self.record(**row)
            model.to_beat = max((each.chosen.quality for each in tried[:i]), default=model.to_beat)
            model.fit(sets, seed=seed, progress=within(progress, i / len(tried), (i + 1) / len(tried)))
        self._model = max(tried, key=lambda model: model.chosen.quality)
        self.selected, self.start_kept = self._model.name, self._model.start_kept
        self.record(hidden=self._model.hidden_width() > 0)
        progress(1.0, f"{self.selected} for {pairs} pairs: {self._model.verdict()}")

    def _transform(self, embeddings: EmbeddingSet) -> np.ndarray:
        """Return unit rows (n, k) of the selected aligner."""
        return self._model.transform(embeddings)

    def _linear_map(self, modality: str) -> LinearMap | None:
        """Return the map of the selected aligner."""
        return self._model.linear_map(modality)

    def _differentiable(self, modality: str) -> Differentiable | None:
        """Return the function of the selected aligner."""
        return self._model.differentiable(modality)

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the state of the selected aligner."""
        return self._model.state()

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        kind = InfonceMlp if any(name.endswith(".enter") for name in state) else InfonceLinear
        self._model, self.selected = kind(prior=self.prior).load_state(state), kind.name
