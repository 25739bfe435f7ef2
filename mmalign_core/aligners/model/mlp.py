"""Towers with a hidden layer, trained contrastively from regularised CCA."""

from __future__ import annotations

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.model.contrastive import ContrastiveAligner
from mmalign_core.params import param
from mmalign_core.wording import say


@register("infonce-mlp")
class InfonceMlp(ContrastiveAligner):
    """f_m(x) = unit(s W + b + gelu(s E + e) L): the linear start plus a hidden layer."""

    summary = say("Maps with a hidden layer, trained so that each item finds its partner; starts from CCA")
    card = Card(
        idea=say(
            "A linear map started at CCA plus a hidden layer, trained so that every item finds its own "
            "partner in a batch. Dropout and noise reduce overfitting to few pairs. Known pairs stand beside "
            "it as landmarks, with the weight that held-out pairs give them."
        ),
        formula=r"f_m(x)=\frac{W_m s+b_m+L_m\,\mathrm{gelu}(E_m s+e_m)}{\|\cdot\|},\quad s=(x-\mu_m)/\sigma_m",
        use=say("With thousands of pairs or more; with a thousand it already tends to beat the linear maps."),
        reference="Vouitsis et al. 2024, Data-Efficient Multimodal Fusion on a Single GPU (FuseMix)",
    )
    few = ((0.3, 0.3), (0.6, 0.5))
    many = (0.1, 0.1)
    hidden: int = param(512, 1, 16_384, help="width of the hidden layer")
    known: str = param("auto", choices=("auto", "off"), help="auto: weight of known pairs beside it by held-out pairs")
    dropout: float = param(-1.0, -1, 0.9, help="share of numbers left out in training; -1: by held-out pairs")

    def hidden_width(self) -> int:
        """Return the parameter `hidden`."""
        return self.hidden

    def strengths(self, pairs: int) -> tuple[tuple[float, float], ...]:
        """Return the pairs of noise and dropout to try, or the given values."""
        tried = super().strengths(pairs)
        return tuple(dict.fromkeys((n, d if self.dropout < 0 else self.dropout) for n, d in tried))
