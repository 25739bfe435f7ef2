"""A contrastive head that reads sequences with a recurrent network."""

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


@register("rnn")
class Rnn(SequenceHead):
    """An LSTM or GRU in both directions (or one), pooled by mean and maximum over its states."""

    summary = say("An LSTM or GRU over tokens, picture cells and frames on top of a linear map; trained contrastively")
    card = Card(
        idea=say(
            "A recurrent network reads the tokens, cells or frames one after another, from both ends. The "
            "mean and the maximum of its states are added to a linear map of the vector. Known pairs stand "
            "beside it as landmarks."
        ),
        formula=r"f_m(x) = \operatorname{unit}\big(W_m v + U_m\,[\operatorname{mean}_t h_t;\ \max_t h_t]\big),\quad "
        r"h_t = \operatorname{LSTM}(E\,x_t, h_{t-1})",
        use=say("When the order of words or moments matters; slower than the others on long sequences."),
        reference="Hochreiter & Schmidhuber 1997, Long Short-Term Memory; Cho et al. 2014 (GRU)",
    )
    cell: str = param("gru", choices=("gru", "lstm"), help="kind of recurrent unit")
    both_ways: bool = param(True, help="read from both ends")

    def body(self, width: int, side: int) -> torch.nn.Module:
        """Return one recurrent layer. Cells of a picture are read row by row."""
        return _body_class()(width, self.cell, self.both_ways)


@cache
def _body_class() -> Any:
    """Return the module's class. It is defined on first use, because importing torch is slow."""
    from torch import nn
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    class Recurrent(nn.Module):
        def __init__(self, width: int, cell: str, both_ways: bool) -> None:
            super().__init__()
            layer = nn.LSTM if cell == "lstm" else nn.GRU
            self.recurrent = layer(width, width, batch_first=True, bidirectional=both_ways)
            self.features = 2 * width * (2 if both_ways else 1)

        def forward(self, steps: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
            # Packed, so that the backward direction starts at each row's own last step.
            lengths = present.sum(1).clamp(min=1)
            packed = pack_padded_sequence(steps, lengths, batch_first=True, enforce_sorted=False)
            states, _ = pad_packed_sequence(self.recurrent(packed)[0], batch_first=True, total_length=steps.shape[1])
            return pooled(states, present)

    return Recurrent
