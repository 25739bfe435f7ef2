"""Contrastive losses over a batch, which bring the members of a pair together and separate all others."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

LOSSES = ("infonce", "sigmoid")
HOTTEST = 100.0
"""The inverse temperature never exceeds this, as in CLIP (Radford et al. 2021, section 2.5)."""


def info_nce(cosines: torch.Tensor, groups: torch.Tensor, inverse_temperature: torch.Tensor) -> torch.Tensor:
    """Return the mean cross-entropy of each row's own column and of each column's own row.

    `cosines` (n, n), row i and column i of one example. `groups` (n,): examples with the same number hold identical
    content and are no negatives of each other. van den Oord et al. 2018; symmetric as Radford et al. 2021 (CLIP).
    """
    import torch

    logits = (cosines * inverse_temperature).masked_fill(_not_negatives(groups), -math.inf)
    own = torch.arange(len(logits))
    return (torch.nn.functional.cross_entropy(logits, own) + torch.nn.functional.cross_entropy(logits.T, own)) / 2


def sigmoid_loss(
    cosines: torch.Tensor, groups: torch.Tensor, inverse_temperature: torch.Tensor, bias: torch.Tensor
) -> torch.Tensor:
    """Return the binary cross-entropy of all (n, n) pairs: summed over an example's pairs, mean over examples.

    Pairs of different examples with identical content are left out. Zhai et al. 2023 (SigLIP), equation 1.
    """
    import torch

    logits = cosines * inverse_temperature + bias
    signs = 2 * torch.eye(len(logits)) - 1
    each = -torch.nn.functional.logsigmoid(signs * logits).masked_fill(_not_negatives(groups), 0.0)
    return each.sum() / len(logits)


def _not_negatives(groups: torch.Tensor) -> torch.Tensor:
    """Return (n, n) bool: other examples with identical content."""
    same = groups[:, None] == groups[None, :]
    same.fill_diagonal_(False)
    return same


class Contrast:
    """A loss of LOSSES with its temperature, learned or fixed, and bias, for two or more modalities at once."""

    def __init__(self, loss: str = "infonce", temperature: float = 0.07, learned: bool = True) -> None:
        import torch

        self.loss, self.learned = loss, learned
        self.log_scale = torch.tensor(math.log(1 / temperature), requires_grad=True)
        # The initial temperature is CLIP's, the initial bias SigLIP's (Zhai et al. 2023).
        self.bias = torch.tensor(-10.0, requires_grad=True)

    @property
    def parameters(self) -> list[torch.Tensor]:
        """The tensors that are learned along with the aligner's weights."""
        scale = [self.log_scale] if self.learned else []
        return scale if self.loss == "infonce" else [*scale, self.bias]

    @property
    def temperature(self) -> float:
        """The current temperature."""
        return 1 / float(self._scale().detach())

    def __call__(
        self, places: Mapping[str, torch.Tensor], present: Mapping[str, torch.Tensor], groups: torch.Tensor
    ) -> torch.Tensor:
        """Return the mean loss over the pairs of modalities.

        `places`: modality -> (b, k) unit rows of the batch's examples. `present`: modality -> (b,) bool, false if the
        example lacks it (its row is then ignored). `groups` (b,): content groups. Zero if no pair of modalities has
        two examples.
        """
        import torch

        losses = []
        for a, b in combinations(places, 2):
            both = present[a] & present[b]
            if int(both.sum()) > 1:
                losses.append(self._of_pair(places[a][both] @ places[b][both].T, groups[both]))
        return torch.stack(losses).mean() if losses else 0.0 * self.log_scale

    def _of_pair(self, cosines: torch.Tensor, groups: torch.Tensor) -> torch.Tensor:
        if self.loss == "infonce":
            return info_nce(cosines, groups, self._scale())
        return sigmoid_loss(cosines, groups, self._scale(), self.bias)

    def _scale(self) -> torch.Tensor:
        return self.log_scale.exp().clamp(max=HOTTEST)
