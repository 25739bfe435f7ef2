"""A contrastive head that reads sequences with convolutions."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.model.sequence_head import SequenceHead
from mmalign_core.aligners.training.attention import pooled
from mmalign_core.params import param
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("cnn")
class Cnn(SequenceHead):
    """Residual convolutions over tokens and frames or over the grid of a picture's cells; mean and maximum pooling."""

    summary = say("Convolutions over tokens, picture cells and frames on top of a linear map; trained contrastively")
    card = Card(
        idea=say(
            "Convolutions read neighbouring tokens, cells or frames together. The mean and the maximum of "
            "their outputs are added to a linear map of the vector, so that each item finds its partner in "
            "the batch. Known pairs stand beside it as landmarks."
        ),
        formula=r"f_m(x) = \operatorname{unit}\big(W_m v + U_m\,[\operatorname{mean}_t h_t;\ \max_t h_t]\big),\quad "
        r"h = \operatorname{conv}(E\,x_{1:T})",
        use=say("When single words, places of a picture or moments of a sound matter; needs several thousand pairs."),
        reference="Kim 2014, Convolutional Neural Networks for Sentence Classification",
    )
    layers: int = param(2, 1, 6, help="convolutions, one after another")
    kernel: int = param(3, 1, 15, help="steps that a convolution reads together; odd")

    def body(self, width: int, side: int) -> torch.nn.Module:
        """Return convolutions over the grid if there is one, else over the sequence."""
        return _body_class()(width, side, self.layers, self.kernel)


@cache
def _body_class() -> Any:
    """Return the module's class. It is defined on first use, because importing torch is slow."""
    from torch import nn

    class Convolutions(nn.Module):
        def __init__(self, width: int, side: int, layers: int, kernel: int) -> None:
            super().__init__()
            conv = nn.Conv2d if side else nn.Conv1d
            self.features, self.side = 2 * width, side
            self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(layers))
            self.convolutions = nn.ModuleList(conv(width, width, kernel, padding="same") for _ in range(layers))

        def forward(self, steps: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            for norm, convolution in zip(self.norms, self.convolutions):
                # Absent steps are set to zero before each convolution, so that padding has no influence.
                channels = (norm(steps) * present[..., None]).transpose(1, 2)
                grid = channels.unflatten(2, (self.side, self.side)) if self.side else channels
                steps = steps + nn.functional.gelu(convolution(grid).flatten(2).transpose(1, 2))
            return pooled(steps, present)

    return Convolutions
