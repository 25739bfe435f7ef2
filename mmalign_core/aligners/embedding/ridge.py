"""Ridge regression from one modality onto another; held-out pairs choose which onto which, and the penalty."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.regression import (
    DEFAULT_PENALTY,
    PENALTIES,
    regressions_onto,
    search_regression,
)
from mmalign_core.params import param
from mmalign_core.types import MODALITIES, BadInput, Progress
from mmalign_core.wording import say


@register("ridge")
class Ridge(LinearAligner):
    """min ½‖X W - Y‖² + ½ p λ v ‖W‖², v the mean variance of X: quadratic, so one Newton step solves it (Hoerl 1970).

    Every modality is mapped onto `target`, which is not changed; of few and very wide rows only the span is kept.
    Target and λ are those that retrieve held-out pairs best. The least error of prediction would be another choice, and
    a worse one: it prefers a target that hardly varies, and a penalty that keeps directions of noise.
    """

    summary = say("Least squares from each modality onto one of them; held-out pairs choose which, and the penalty")
    card = Card(
        idea=say(
            "Predicts the vectors of one modality from the other by least squares with a penalty on large "
            "weights. The prediction is where an item lies in the target's space. Held-out pairs choose "
            "target and penalty."
        ),
        formula=r"W = (X^\top X + p\lambda v I)^{-1} X^\top Y,\quad f_x(x) = (x-\mu_x)W,\; f_y(y) = y-\mu_y",
        use=say("When one modality can be predicted from the other but not the reverse; solved in one step."),
        reference="Hoerl & Kennard 1970, Ridge Regression",
    )
    multiway = True
    reads_blocks = True
    target: str = param(
        "auto", choices=("auto", *MODALITIES), help="whose space the others are mapped to; auto: by held-out pairs"
    )
    reg: float = param(0.0, 0, 1e6, help="penalty relative to the mean variance; 0: chosen by held-out pairs")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return the regression of every modality on the target, whose own map is the identity. Records trials."""
        target, reg = self._settings(examples, seed, progress)
        self.chosen_params = {"target": target, "reg": reg}
        found = regressions_onto(target, examples)
        if found is None:
            raise BadInput(f"ridge: fewer than 2 items have both {target} and another modality; choose another target")
        fitted, span = found
        own = np.eye(examples.rows[target].shape[1]) if span is None else span
        maps = {m: own if m == target else fitted[m].weights(reg) for m in examples.rows}
        return Maps(maps, np.ones(own.shape[1]))

    def _settings(self, examples: Examples, seed: int, progress: Progress) -> tuple[str, float]:
        """Return target and penalty as given, or those best for held-out pairs, or the untried default."""
        if self.target not in ("auto", *examples.rows):
            raise BadInput(f"target: ridge cannot map to {self.target}, the modalities are {', '.join(examples.rows)}")
        targets = reachable(examples) if self.target == "auto" else [self.target]
        regs = (self.reg,) if self.reg else PENALTIES
        if len(targets) * len(regs) == 1:
            return targets[0], regs[0]

        def tried(reg: float, quality: Mapping[str, float]) -> None:
            self.record(ridge=reg, **{f"held_out_mrr_onto_{target}": value for target, value in quality.items()})

        progress(0.2, "choosing on held-out pairs")
        chosen = search_regression(examples, targets, regs, seed=seed, tried=tried)
        return chosen or (targets[0], self.reg or DEFAULT_PENALTY)


def reachable(examples: Examples) -> list[str]:
    """Return the modalities that share two items with every other, the narrowest first: it is predicted most easily.

    BadInput if there is none.
    """

    def shares(target: str) -> bool:
        there = examples.present[target]
        return all((there & other).sum() > 1 for other in examples.present.values())

    found = sorted(filter(shares, examples.rows), key=lambda m: (examples.rows[m].shape[1], MODALITIES.index(m)))
    if not found:
        raise BadInput("ridge: no modality shares two items with every other; align two modalities at a time")
    return found
