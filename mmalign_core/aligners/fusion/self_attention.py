"""Self-attention over modality tokens: an item is a short sequence of the modalities that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.batches import Inputs
from mmalign_core.aligners.fusion.trained_fusion import TrainedFusion
from mmalign_core.aligners.training import apply_dropout, info_nce, seed_weights
from mmalign_core.aligners.training.attention import HEADS, attention_block
from mmalign_core.aligners.training.losses import HOTTEST
from mmalign_core.params import param
from mmalign_core.splits import items_of
from mmalign_core.types import EmbeddingSet
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("self-attention")
class SelfAttention(TrainedFusion):
    """A transformer over one token a modality and a CLS token, beside a linear path that skips it.

    Token m = P_m x + Q_m start_m(x) + e_m. The place of any subset S of an item's modalities is
    unit(mean over S of (start_m(x) + W_m x) + out(CLS)), where out and W are zero at first. Trained with InfoNCE: one
    modality of an item against a random subset of its others (modality dropout), so that one network places single
    modalities and whole items. `fuse` reads all tokens of an item.
    """

    summary = say(
        "A small transformer reads one token per modality; trained so that any part of an item finds the rest"
    )
    card = Card(
        idea=say(
            "Each modality of an item is a token, and a transformer's CLS token gives the item's place, "
            "beside a linear path. In training random parts of an item must find its other parts, so any "
            "modality may be missing."
        ),
        formula=r"f(S) = \operatorname{unit}\Big(\tfrac{1}{|S|}\sum_{m \in S}\big(f^0_m(x_m) + W_m x_m\big) + "
        r"W_o\,\mathrm{CLS}\big(\mathrm{Transformer}(\{P_m x_m + e_m\}_{m \in S})\big)\Big)",
        use=say("For queries of two or more modalities at once, with a thousand items or more that have them all."),
        reference="Vaswani et al. 2017, Attention Is All You Need; Neverova et al. 2016, ModDrop (modality dropout)",
    )
    layers: int = param(1, 1, 4, help="number of transformer layers")
    token: int = param(64, 4, 1024, help=f"width of a token; a multiple of {HEADS}")

    def network(self, widths: Mapping[str, int], dims: int, generator: torch.Generator) -> torch.nn.Module:
        """Return the tokens, layers, the linear path and the temperature."""
        from torch import nn, tensor, zeros

        width = -(-self.token // HEADS) * HEADS
        net: Any = nn.ModuleDict({"out": nn.Linear(width, dims), "norm": nn.LayerNorm(width)})
        for m, given in widths.items():
            net[f"skip {m}"] = nn.Linear(given, dims, bias=False)
            net[f"token {m}"], net[f"place {m}"] = nn.Linear(given, width), nn.Linear(dims, width, bias=False)
        for layer in range(self.layers):
            net[f"layer {layer}"] = attention_block(width)
        seed_weights(net, generator)
        for name in ("out", *(f"skip {m}" for m in widths)):
            nn.init.zeros_(net[name].weight)
        net.register_parameter("cls", nn.Parameter(zeros(width).normal_(generator=generator)))
        net.register_parameter("scale", nn.Parameter(tensor(float(np.log(1 / 0.07)))))
        return net

    def place(self, inputs: Inputs, used: Mapping[str, torch.Tensor], generator: torch.Generator | None = None):
        """Return (b, k) unit places of the examples by the modalities `used`: modality -> (b,) bool."""
        import torch

        net, names = self._net, list(used)
        seen = {m: apply_dropout(inputs.vectors[m], self.dropout, generator) for m in names}
        there = torch.stack([used[m] for m in names], dim=1)
        skipped = torch.stack([inputs.starts[m] + net[f"skip {m}"](seen[m]) for m in names], dim=1)
        linear = (skipped * there[..., None]).sum(1) / there.sum(1, keepdim=True).clamp(min=1)
        tokens = [net[f"token {m}"](seen[m]) + net[f"place {m}"](inputs.starts[m]) for m in names]
        steps = torch.stack([net.cls.expand(len(there), -1), *tokens], dim=1)
        present = torch.cat([torch.ones_like(there[:, :1]), there], dim=1)
        for layer in range(self.layers):
            steps = net[f"layer {layer}"](steps, steps, present)
        return torch.nn.functional.normalize(linear + net["out"](net["norm"](steps[:, 0])), dim=1)

    def places(self, inputs: Inputs) -> Mapping[str, torch.Tensor]:
        """Return places by each modality alone: one token."""
        return {m: self.place(inputs, {m: inputs.present[m]}) for m in inputs.vectors}

    def loss(self, inputs: Inputs, generator: torch.Generator) -> torch.Tensor:
        """Return InfoNCE of each modality against a random subset of the others, mean over modalities."""
        import torch

        names, losses = list(inputs.present), []
        for target in names[: 1 if len(names) == 2 else None]:
            others = {m: inputs.present[m] for m in names if m != target}
            context = random_subset(others, generator)
            both = inputs.present[target] & torch.stack(list(context.values())).any(0)
            if int(both.sum()) < 2:
                continue
            one = self.place(inputs, {target: inputs.present[target]}, generator)[both]
            rest = self.place(inputs, context, generator)[both]
            losses.append(info_nce(one @ rest.T, inputs.groups[both], self._net.scale.exp().clamp(max=HOTTEST)))
        return torch.stack(losses).mean() if losses else 0.0 * self._net.scale

    def _fuse(self, sets: Mapping[str, EmbeddingSet]) -> tuple[Sequence[str], np.ndarray]:
        """Return item ids and unit places (n, k), from all tokens of an item; rows of one modality are averaged."""
        import torch

        ids = items_of(sets)
        parts = {m: self._scales.inputs(s, self.linear_places(s)) for m, s in sets.items()}
        vectors, starts, present = {}, {}, {}
        for m, s in sets.items():
            whose, number = _numbered(ids, s.ids)
            vectors[m], starts[m] = (_averaged(x[m], whose, len(ids)) for x in (parts[m].vectors, parts[m].starts))
            present[m] = torch.tensor([item in number for item in ids])
        with torch.no_grad():
            return ids, self.place(Inputs(vectors, starts, present, torch.arange(len(ids))), present).numpy()


def random_subset(present: Mapping[str, torch.Tensor], generator: torch.Generator) -> dict[str, torch.Tensor]:
    """Return a random subset of the modalities of each example, at least one if it has any."""
    import torch

    there = torch.stack(list(present.values()), dim=1)
    drawn = torch.rand(there.shape, generator=generator).masked_fill(~there, -1.0)
    kept = (drawn > 0.5) | (drawn == drawn.amax(1, keepdim=True))
    return {m: (kept & there)[:, i] for i, m in enumerate(present)}


def _numbered(ids: Sequence[str], owners: Sequence[str]) -> tuple[torch.Tensor, set[str]]:
    import torch

    number = {item: i for i, item in enumerate(ids)}
    return torch.tensor([number[item] for item in owners]), set(owners)


def _averaged(rows: torch.Tensor, whose: torch.Tensor, items: int) -> torch.Tensor:
    """Return (items, d): the mean of each item's rows, zero if it has none."""
    import torch

    total = torch.zeros(items, rows.shape[1]).index_add_(0, whose, rows)
    counts = torch.bincount(whose, minlength=items).clamp(min=1)
    return total / counts[:, None]
