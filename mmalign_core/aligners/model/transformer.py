"""A contrastive head that reads sequences with self-attention."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.model.sequence_head import SequenceHead
from mmalign_core.aligners.training.attention import attention_block, pooled, positions
from mmalign_core.params import param
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("transformer")
class Transformer(SequenceHead):
    """One or more pre-norm layers of self-attention over the steps and a summary token in front of them."""

    summary = say("Self-attention over tokens, picture cells and frames on top of a linear map; trained contrastively")
    card = Card(
        idea=say(
            "Every token, cell or frame attends to all the others of its item, and so does a summary token. "
            "The summary is added to a linear map of the vector. Known pairs stand beside it as landmarks."
        ),
        formula=r"f_m(x) = \operatorname{unit}\big(W_m v + U_m h_0\big),\quad h_{0:T} = "
        r"\operatorname{attention}\big([c;\ E\,x_{1:T}] + P\big)",
        use=say("When parts of an item matter in combination; the strongest reader of sequences with enough pairs."),
        reference="Vaswani et al. 2017, Attention Is All You Need; Xiong et al. 2020 (pre-norm)",
    )
    layers: int = param(1, 1, 6, help="layers of self-attention")
    pooling: str = param(
        "summary", choices=("summary", "mean-max"), help="output: the summary token, or mean and maximum of all steps"
    )

    def body(self, width: int, side: int) -> torch.nn.Module:
        """Return layers of self-attention. Cells of a picture are numbered row by row."""
        return _body_class()(width, self.layers, self.pooling)


@cache
def _body_class() -> Any:
    """Return the module's class. It is defined on first use, because importing torch is slow."""
    import torch
    from torch import nn

    class SelfAttention(nn.Module):
        def __init__(self, width: int, layers: int, pooling: str) -> None:
            super().__init__()
            self.pooling, self.features = pooling, width if pooling == "summary" else 2 * width
            self.summary, self.reach = nn.Parameter(torch.zeros(1, width)), nn.Parameter(torch.tensor(0.3))
            self.blocks = nn.ModuleList(attention_block(width) for _ in range(layers))
            self.norm = nn.LayerNorm(width)

        def forward(self, steps: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            placed = steps + self.reach * positions(steps.shape[1], steps.shape[2])
            x = torch.cat([self.summary.expand(len(steps), 1, -1), placed], dim=1)
            there = torch.cat([present.new_ones(len(steps), 1), present], dim=1)
            for block in self.blocks:
                x = block(x, x, there)
            x = self.norm(x)
            return x[:, 0] if self.pooling == "summary" else pooled(x[:, 1:], present)

    return SelfAttention
