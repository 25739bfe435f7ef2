"""Partial least squares: the directions of two modalities that covary most."""

from __future__ import annotations

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.spectral import narrow_components
from mmalign_core.params import param
from mmalign_core.types import Progress
from mmalign_core.wording import say


@register("pls")
class Pls(LinearAligner):
    """PLS-SVD (Wegelin 2000): leading singular vectors of the cross-covariance, weighted by covariance^weighting.

    With more than two modalities, the leading eigenvectors of all cross-covariances together.
    """

    summary = say("Directions that covary most over the pairs, without equalising their variance")
    card = Card(
        idea=say(
            "Finds directions of both modalities whose covariance over the pairs is largest. Directions that "
            "hardly vary are left out, so noise in them does no harm."
        ),
        formula=r"f_m(x) = (x-\mu_m)\,U_m \operatorname{diag}(\sigma)^{s/2},\quad "
        r"X^\top Y / n = U_x \operatorname{diag}(\sigma)\, U_y^\top",
        use=say("With few pairs of many dimensions, where correlations cannot be trusted."),
        reference="Wegelin 2000, A survey of Partial Least Squares methods, with emphasis on the two-block case",
    )
    multiway = True
    dims: int = param(128, 1, 4096, help="how many components to keep")
    weighting: float = param(0.0, -5, 5, help="components are weighted by covariance to this power; 0: as they vary")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return singular vectors. Weights are relative to the first covariance."""
        maps, strengths = narrow_components(examples.rows, examples.present, self.dims)
        return Maps(maps, (strengths / (strengths[0] or 1.0)) ** (self.weighting / 2))
