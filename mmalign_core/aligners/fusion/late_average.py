"""Late fusion: linear alignment of every modality, and the average of the modalities' scores as the item's score."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.selection import held_out_items, held_out_mrr, select_best
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.canonical import canonical_maps
from mmalign_core.aligners.linear.ridge_search import DEFAULT_CHOICE, RIDGES
from mmalign_core.aligners.pairs import paired_rows
from mmalign_core.params import param
from mmalign_core.types import EmbeddingSet, Progress
from mmalign_core.wording import say


@register("late-average")
class LateAverage(LinearAligner):
    """Generalised CCA for the places. A whole item's place is the mean of its modalities' unit places.

    Its dot product is, up to its length, the mean of the cosines with each modality: late fusion.
    """

    summary = say("Linear maps into one space; an item's score is the plain average of its modalities' scores")
    card = Card(
        idea=say(
            "Every modality gets a linear map into the space that all of them share (generalised CCA). An "
            "item with several modalities is scored by each of them alone, and the scores are averaged."
        ),
        formula=r"s(\text{item}, y) = \frac{1}{|M|}\sum_{m \in M} \cos\big(f_m(x_m), f(y)\big)",
        use=say("As a baseline: a method that learns how to fuse is worth its cost only if it beats this one."),
        reference="Kettenring 1971, Canonical Analysis of Several Sets of Variables; Kittler et al. 1998, On Combining "
        "Classifiers (the sum rule)",
    )
    multiway = True
    dims: int = param(256, 1, 4096, help="how many shared components to keep")
    reg: float = param(0.0, 0, 1000, help="ridge on each modality's covariance, relative; 0: chosen on held-out pairs")
    weighting: float = param(1.0, 0, 20, help="components are weighted by correlation to this power; 0: equally")

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Choose the ridge if it is 0, then solve on the items that have two or more modalities."""
        self.ridge = self.reg or self._chosen_ridge(sets, seed, progress)
        self.chosen_params = {"reg": self.ridge}
        super()._fit(sets, seed, progress)

    @property
    def widths(self) -> Mapping[str, int]:
        """Modality -> width of the vectors of the fit."""
        return {modality: len(centre) for modality, centre in self._centres.items()}

    @property
    def width(self) -> int:
        """Dimensions of the shared space."""
        return len(self._weight)

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return canonical maps of all modalities at once, weighted by half the power on each side."""
        found = canonical_maps(examples, self.dims, self.ridge)
        return Maps(found.maps, found.weight ** (self.weighting / 2))

    def _chosen_ridge(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> float:
        parts = held_out_items(paired_rows(sets, self.name), sets, seed)
        if parts is None:
            return DEFAULT_CHOICE[0]
        kept, held, known = parts

        def mrr_with(ridge: float) -> float:
            progress(0.0, f"choosing the ridge: {ridge}")
            settings = {**self.params, "reg": ridge}
            return held_out_mrr(LateAverage(**settings).fit(kept, seed=seed), known, held)

        return select_best(RIDGES, mrr_with)
