"""Generalised CCA: canonical directions of three or more modalities at once, where items may lack some."""

from __future__ import annotations

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.embedding.cca import Cca
from mmalign_core.wording import say


@register("gcca")
class Gcca(Cca):
    """MAXVAR generalised CCA (Kettenring 1971; Carroll 1968), with correlations over the items that have both.

    With two modalities it is `cca`. Component k is weighted by its mean correlation between modalities to the power
    `weighting`.
    """

    summary = say("Canonical correlations of three or more modalities at once; items may lack some")
    card = Card(
        idea=say(
            "Finds one direction in each modality so that all of them together correlate most, then the "
            "next. An item counts for every pair of modalities that it has."
        ),
        formula=r"\sum_{j \neq m} \Sigma_m^{-1/2}\Sigma_{mj}\Sigma_j^{-1/2} a_j = (M-1)\,\rho\, a_m,\quad "
        r"f_m(x) = (x-\mu_m)\,\Sigma_m^{-1/2} A_m \operatorname{diag}(\rho)^{s/2}",
        use=say("With text, pictures and sounds of the same items; for two modalities it equals cca."),
        reference="Kettenring 1971, Canonical analysis of several sets of variables (MAXVAR)",
    )
    multiway = True
