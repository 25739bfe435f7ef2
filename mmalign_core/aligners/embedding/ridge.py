"""Ridge regression from one modality onto another, with the penalty chosen in closed form."""

from __future__ import annotations

import numpy as np

from mmalign_core.aligners.base import register
from mmalign_core.aligners.card import Card
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.aligners.linear.spectral import is_wide, principal, span_basis
from mmalign_core.aligners.linear.stored import Rows, held, product, sum_of_squares, taken
from mmalign_core.params import param
from mmalign_core.types import MODALITIES, BadInput, Progress

GRID = np.logspace(-6, 4, 41)
"""Penalties tried, relative to the mean variance of a column: four per decade, from almost none to very strong.
Chosen."""


@register("ridge")
class Ridge(LinearAligner):
    """min ½‖X W - Y‖² + ½ p λ v ‖W‖², v the mean variance of X: quadratic, so one Newton step solves it (Hoerl 1970).

    Every modality is mapped onto `target`, which is not changed; of few and very wide rows only the span is kept.
    With `reg` 0, λ has the least generalised cross-validation error (Golub, Heath & Wahba 1979).
    """

    summary = "Least squares from each modality onto one of them; the penalty is chosen by cross-validation"
    card = Card(
        idea="Predicts the vectors of one modality from the other by least squares with a penalty on large weights. "
        "The prediction is where an item lies in the target's space.",
        formula=r"W = (X^\top X + p\lambda v I)^{-1} X^\top Y,\quad f_x(x) = (x-\mu_x)W,\; f_y(y) = y-\mu_y",
        use="When one modality can be predicted from the other but not the reverse; solved in one step.",
        reference="Hoerl & Kennard 1970, Ridge Regression; Golub, Heath & Wahba 1979, Generalized Cross-Validation",
    )
    multiway = True
    reads_blocks = True
    target: str = param(
        "auto", choices=("auto", *MODALITIES), help="whose space the others are mapped to; auto: the best predicted"
    )
    reg: float = param(0.0, 0, 1e6, help="penalty relative to the mean variance; 0: chosen by cross-validation")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return the regression of every modality on the target, whose own map is the identity."""
        if self.target not in ("auto", *examples.rows):
            raise BadInput(f"target: ridge cannot map to {self.target}, the modalities are {', '.join(examples.rows)}")
        targets = list(examples.rows) if self.target == "auto" else [self.target]
        tried = [self._onto(target, examples) for target in targets]
        maps, _ = min(tried, key=lambda found: found[1])
        return Maps(maps, np.ones(next(iter(maps.values())).shape[1]))

    def _onto(self, target: str, examples: Examples) -> tuple[dict[str, np.ndarray], float]:
        """Return maps onto this target, and the mean share of its variance that they do not predict."""
        maps, errors = {}, []
        own = examples.rows[target]
        span = span_basis(own) if is_wide(own) else np.eye(own.shape[1])
        for m, rows in examples.rows.items():
            if m == target:
                maps[m] = span
                continue
            both = examples.present[m] & examples.present[target]
            if both.sum() < 2:
                raise BadInput(f"ridge: fewer than 2 items have both {m} and {target}; choose another target")
            into = taken(own, both)
            maps[m], error = ridge_map(taken(rows, both), held(into) @ span if is_wide(own) else into, self.reg)
            errors.append(error)
        return maps, float(np.mean(errors))


def ridge_map(x: Rows, y: Rows, reg: float) -> tuple[np.ndarray, float]:
    """Return W (d1, d2) of centred rows x (p, d1), y (p, d2), and its cross-validated error as a share of y's variance.

    `reg` is relative to the mean variance of x's columns; 0 chooses it. Solves the smaller of the d1 x d1 and the
    p x p problem.
    """
    variances, directions = principal(x)
    projected = directions.T @ product(x, y) / np.sqrt(variances * len(x))[:, None]
    grid = variances.sum() / x.shape[1] * (np.array([reg]) if reg else GRID)
    shrink = variances / (variances + grid[:, None])
    total = sum_of_squares(y)
    errors = _gcv(shrink, (projected**2).sum(1), total, len(x))
    best = int(errors.argmin())
    weights = directions @ ((shrink[best] / np.sqrt(variances * len(x)))[:, None] * projected)
    return weights, float(errors[best] / max(total / len(y), np.finfo(float).tiny))


def _gcv(shrink: np.ndarray, along: np.ndarray, total: float, rows: int) -> np.ndarray:
    """Return the generalised cross-validation error per row for each penalty. The mean costs one degree of freedom."""
    residual = total - (shrink * (2 - shrink)) @ along
    freedom = 1 - (shrink.sum(1) + 1) / rows
    return np.maximum(residual, 0) / rows / np.maximum(freedom, 1 / rows) ** 2
