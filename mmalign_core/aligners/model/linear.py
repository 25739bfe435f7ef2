"""Linear towers trained contrastively from regularised CCA."""

from __future__ import annotations

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.model.contrastive import ContrastiveAligner
from mmalign_core.wording import say


@register("infonce-linear")
class InfonceLinear(ContrastiveAligner):
    """f_m(x) = unit((x - centre) W_m + b_m), W and b by gradient descent on the contrastive loss."""

    summary = say("Linear maps trained so that each item finds its partner among many; starts from CCA")
    card = Card(
        idea=say(
            "One linear map per modality, started at CCA and trained so that every item finds its own "
            "partner in a batch. Held-out pairs choose the noise of the training and when it stops."
        ),
        formula=r"f_m(x)=\frac{W_m(x-\mu_m)+b_m}{\|\cdot\|},\quad "
        r"\mathcal{L}=-\frac{1}{2n}\sum_i\log\frac{e^{s_{ii}/\tau}}{\sum_j e^{s_{ij}/\tau}}+(\text{the other way})",
        use=say("With some hundred to a few thousand pairs; each score stays a sum over the vectors' own dimensions."),
        reference="Radford et al. 2021, Learning Transferable Visual Models From Natural Language Supervision (CLIP)",
    )
