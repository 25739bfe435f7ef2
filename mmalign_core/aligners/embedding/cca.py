"""Regularised canonical correlation analysis with correlation-weighted cosine."""

from __future__ import annotations

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.canonical import Canonical, canonical_maps, regularised_cca
from mmalign_core.aligners.linear.ridge_search import RIDGES, WEIGHTINGS, RidgeChoice, search_ridge
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say

__all__ = ["Canonical", "Cca", "canonical_maps", "regularised_cca"]


@register("cca")
class Cca(LinearAligner):
    """Regularised CCA (Hotelling 1936; Vinod 1976); the score of a pair is Σₖ ρₖ^weighting uₖ vₖ over unit rows."""

    summary = say("Canonical correlations of the pairs; components are weighted by their correlation")
    card = Card(
        idea=say(
            "Finds directions of both modalities that correlate most over the pairs, after the variance of "
            "all directions is made equal. Each direction is then weighted by its correlation."
        ),
        formula=r"f_m(x) = (x-\mu_m)\,\Sigma_m^{-1/2} U_m \operatorname{diag}(\rho)^{s/2},\quad "
        r"\Sigma_x^{-1/2}\Sigma_{xy}\Sigma_y^{-1/2} = U_x \operatorname{diag}(\rho)\, U_y^\top",
        use=say("The first thing to try with a few hundred pairs or more; it takes seconds and needs no tuning."),
        reference="Li et al. 2025, CSA: Data-efficient Mapping of Unimodal Features to Multimodal Features (ICLR)",
    )
    reads_blocks = True
    dims: int = param(128, 1, 4096, help="how many canonical components to keep")
    reg: float = param(
        0.0, 0, 100, help="ridge on each modality's covariance, relative to its mean variance; 0: by held-out pairs"
    )
    weighting: float = param(
        -1.0, -1, 50, help="components are weighted by correlation to this power; 0: equally; -1: by held-out pairs"
    )

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return canonical maps, weighted by half the power on each side."""
        reg, weighting = self._settings(examples, seed, progress)
        self.chosen_params = {"reg": reg, "weighting": weighting}
        found = canonical_maps(examples, self.dims, reg)
        return Maps(found.maps, found.weight ** (weighting / 2))

    def _settings(self, examples: Examples, seed: int, progress: Progress) -> tuple[float, float]:
        """Return ridge and weighting as given, or those best for held-out pairs. The history holds trials."""
        if self.reg and self.weighting >= 0:
            return self.reg, self.weighting

        def tried(choice: RidgeChoice) -> None:
            self.record(ridge=choice.reg, weighting=choice.weighting, held_out_mrr=choice.quality)

        progress(0.2, "choosing on held-out pairs")
        regs = (self.reg,) if self.reg else RIDGES
        weightings = (self.weighting,) if self.weighting >= 0 else WEIGHTINGS
        chosen = search_ridge(examples, self.dims, regs, weightings, seed=seed, tried=tried)
        return chosen.reg, chosen.weighting
