"""Concatenation with binary cross-entropy: one classifier of tuples, whose hidden layer is the shared space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.fusion.batches import Inputs
from mmalign_core.aligners.fusion.trained_fusion import TrainedFusion
from mmalign_core.aligners.fusion.tuple_scores import Calibration, fit_calibration, mean_cosine, tuple_loss
from mmalign_core.aligners.training import apply_dropout, seed_weights
from mmalign_core.params import param
from mmalign_core.types import BadInput, EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say

if TYPE_CHECKING:
    import torch


@register("concat")
class Concat(TrainedFusion):
    """logit = s * mean cosine of the members + b, one network on the concatenation [x_text; x_image; x_audio; …].

    The hidden layer has one block per modality, u_m = unit(start_m(x) + W_m x + MLP_m(x)), and is squared:
    |sum_m u_m|^2 = c + 2 * (sum of the pairwise cosines). So the same blocks score a whole tuple and place its members,
    and a tuple with a missing member is scored by the others. Trained with binary cross-entropy against tuples with
    one member replaced.
    """

    summary = say("One network predicts whether text, picture and sound belong together; its blocks are their places")
    card = Card(
        idea=say(
            "A network on the concatenated vectors learns to separate true tuples from those with one member "
            "replaced (sigmoid, binary cross-entropy). Its hidden layer is the squared sum of one unit block "
            "per modality, so the prediction is made of pairwise cosines, and the blocks are the shared "
            "space."
        ),
        formula=r"P(\text{together}) = \sigma\Big(s\,\tfrac{1}{\binom{c}{2}}\sum_{m<m'} u_m^\top u_{m'} + b\Big),\quad"
        r" \big\|\textstyle\sum_m u_m\big\|^2 = c + 2\sum_{m<m'} u_m^\top u_{m'}",
        use=say(
            "To ask whether given text, picture and sound are of one item, as a probability; and with "
            "thousands of items to learn from."
        ),
        reference="Ngiam et al. 2011, Multimodal Deep Learning (concatenation); Zhai et al. 2023, Sigmoid Loss for "
        "Language Image Pre-Training",
    )
    hidden: int = param(0, 0, 8192, help="width of a hidden layer in each block; 0: the blocks are linear")
    lacking: float = param(0.5, 0, 1, help="share of training tuples of three or more that lose one member")

    def network(self, widths: Mapping[str, int], dims: int, generator: torch.Generator) -> torch.nn.Module:
        """Return one block per modality, zero at first, and the scale and bias of the logit."""
        from torch import nn, tensor

        net: Any = nn.ModuleDict()
        for m, width in widths.items():
            net[f"linear {m}"] = nn.Linear(width, dims, bias=False)
            if self.hidden:
                net[f"inner {m}"], net[f"outer {m}"] = nn.Linear(width, self.hidden), nn.Linear(self.hidden, dims)
        seed_weights(net, generator)
        for name, layer in net.items():
            if not name.startswith("inner"):
                nn.init.zeros_(layer.weight)
        # Scale and bias start as in SigLIP (Zhai et al. 2023).
        net.register_parameter("scale", nn.Parameter(tensor(10.0)))
        net.register_parameter("bias", nn.Parameter(tensor(-10.0)))
        return net

    def places(self, inputs: Inputs, generator: torch.Generator | None = None) -> Mapping[str, torch.Tensor]:
        """Return the blocks u_m (b, k)."""
        from torch.nn.functional import gelu, normalize

        found = {}
        for m, x in inputs.vectors.items():
            seen = apply_dropout(x, self.dropout, generator)
            moved = inputs.starts[m] + self._net[f"linear {m}"](seen)
            if self.hidden:
                moved = moved + self._net[f"outer {m}"](gelu(self._net[f"inner {m}"](seen)))
            found[m] = normalize(moved, dim=1)
        return found

    def loss(self, inputs: Inputs, generator: torch.Generator) -> torch.Tensor:
        """Return the cross-entropy of this batch's tuples, some of them without one of their members."""
        present = drop_one_modality(inputs.present, self.lacking, generator)
        places = self.places(inputs, generator)
        return tuple_loss(places, present, inputs.groups, self._net.scale, self._net.bias)

    def calibrate(self, inputs: Inputs) -> None:
        """Calibrate `belongs` on true tuples and those with one member of another content."""
        import torch

        with torch.no_grad():
            places = self.places(inputs)
            true = mean_cosine(places, inputs.present).numpy()
        broken = mismatched_cosines(places, inputs)
        self._calibration = fit_calibration(true, broken) if len(broken) else Calibration(10.0, -5.0)

    def belongs(self, sets: Mapping[str, EmbeddingSet]) -> tuple[tuple[str, ...], np.ndarray]:
        """Return items with two or more of these modalities, and their probabilities (n,) to belong together.

        Half of the tuples are assumed to have one member of another item. BadInput if no item has two.
        """
        from torch import from_numpy

        self.check_fitted()
        items = sorted(set().union(*(s.ids for s in sets.values())))
        number = {item: i for i, item in enumerate(items)}
        places, present = {}, {}
        for m, s in sets.items():
            total = np.zeros((len(items), self._start.width), np.float32)
            np.add.at(total, [number[item] for item in s.ids], self.transform(s))
            places[m] = from_numpy(unit_rows(total))
            present[m] = from_numpy(np.isin(items, s.ids))
        whole = np.sum([p.numpy() for p in present.values()], axis=0) > 1
        if not whole.any():
            raise BadInput(f"no item has two of {', '.join(sets)}, so nothing can be tested")
        probability = self._calibration(mean_cosine(places, present).numpy())
        return tuple(item for item, used in zip(items, whole) if used), probability[whole]

    def _state(self) -> Mapping[str, np.ndarray]:
        """Return the base's arrays and calibration (2,): scale and bias of the probability."""
        return {**super()._state(), "calibration": np.array([self._calibration.scale, self._calibration.bias])}

    def _load_state(self, state: Mapping[str, np.ndarray]) -> None:
        """Restore what `_state` returned."""
        super()._load_state(state)
        self._calibration = Calibration(*map(float, state["calibration"]))


def drop_one_modality(
    present: Mapping[str, torch.Tensor], rate: float, generator: torch.Generator
) -> Mapping[str, torch.Tensor]:
    """Return `present` with one modality fewer in a share `rate` of the examples that have three or more."""
    import torch

    there = torch.stack(list(present.values()), dim=1)
    drawn = torch.rand(there.shape, generator=generator).masked_fill(~there, -1.0)
    lost = torch.nn.functional.one_hot(drawn.argmax(1), there.shape[1]).bool()
    chosen = (torch.rand(len(there), generator=generator) < rate) & (there.sum(1) > 2)
    kept = there & ~(lost & chosen[:, None])
    return {m: kept[:, i] for i, m in enumerate(present)}


def mismatched_cosines(places: Mapping[str, torch.Tensor], inputs: Inputs) -> np.ndarray:
    """Return mean cosines of tuples with one member replaced by that of the next example with other content."""
    groups, found = inputs.groups, []
    for m, here in inputs.present.items():
        rows = here.nonzero().ravel()
        partner = rows.roll(1)
        swapped = {**places, m: places[m].clone()}
        swapped[m][rows] = places[m][partner]
        members = sum(p[rows].int() for p in inputs.present.values())
        fit = ((groups[rows] != groups[partner]) & (members > 1)).numpy()
        found.append(mean_cosine(swapped, inputs.present)[rows].numpy()[fit])
    return np.concatenate(found)
