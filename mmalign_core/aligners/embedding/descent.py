"""The distance between paired places as a function of linear maps, and three solvers for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Watch = Callable[[np.ndarray, float], None]
"""Called with the maps and the objective after every step."""


@dataclass(frozen=True)
class Objective:
    """J(V) = ½ tr Vᵀ(I - K)V, and with a constraint + ¼ Σ_m ‖V_mᵀV_m - I‖².

    V (r, k) stacks the maps V_m from each modality's whitened coordinates. K (r, r) holds the correlations between
    them divided by the number of partners; its diagonal blocks `place` are zero. The first term is thus the mean over
    partners of ½E‖f_a - f_b‖², and V_mᵀV_m is the covariance of modality m's places.
    """

    correlations: np.ndarray
    place: tuple[slice, ...]
    constrained: bool

    def value_and_slope(self, maps: np.ndarray) -> tuple[float, np.ndarray]:
        """Return J and dJ/dV (r, k)."""
        slope = maps - self.correlations @ maps
        value = 0.5 * (maps * slope).sum()
        for rows, gap in zip(self.place, self._gaps(maps)):
            slope[rows] += maps[rows] @ gap
            value += 0.25 * (gap**2).sum()
        return float(value), slope

    def curvature(self, maps: np.ndarray, along: np.ndarray) -> np.ndarray:
        """Return the Hessian at V times a direction, (r, k)."""
        bend = along - self.correlations @ along
        for rows, gap in zip(self.place, self._gaps(maps)):
            inner = maps[rows].T @ along[rows]
            bend[rows] += along[rows] @ gap + maps[rows] @ (inner + inner.T)
        return bend

    def spread(self, maps: np.ndarray) -> float:
        """Return the mean variance of a dimension over modalities: 1 if white, 0 if all places are one point."""
        return float((maps**2).sum() / (maps.shape[1] * len(self.place)))

    def _gaps(self, maps: np.ndarray) -> list[np.ndarray]:
        """Return V_mᵀV_m - I of each modality if constrained, else nothing."""
        if not self.constrained:
            return [np.zeros((maps.shape[1],) * 2)] * len(self.place)
        return [maps[rows].T @ maps[rows] - np.eye(maps.shape[1]) for rows in self.place]


def gradient_descent(objective: Objective, start: np.ndarray, steps: int, watch: Watch) -> np.ndarray:
    """Take steps of 1/4 along the negative gradient: from orthonormal maps every variance stays below 4."""
    maps, (_, slope) = start, objective.value_and_slope(start)
    for _ in range(steps):
        maps = maps - 0.25 * slope
        value, slope = objective.value_and_slope(maps)
        watch(maps, value)
    return maps


def lbfgs(objective: Objective, start: np.ndarray, steps: int, watch: Watch) -> np.ndarray:
    """Limited-memory BFGS (Liu & Nocedal 1989)."""
    return _minimised(objective, start, watch, "L-BFGS-B", {"maxiter": steps, "gtol": 1e-7, "ftol": 1e-11})


def newton(objective: Objective, start: np.ndarray, steps: int, watch: Watch) -> np.ndarray:
    """Newton steps within a trust region, each solved by conjugate gradients (Steihaug 1983)."""
    options = {"maxiter": steps, "gtol": 1e-7, "initial_trust_radius": np.sqrt(start.size), "max_trust_radius": 1e6}
    return _minimised(objective, start, watch, "trust-ncg", options)


def _minimised(
    objective: Objective, start: np.ndarray, watch: Watch, method: str, options: dict[str, Any]
) -> np.ndarray:
    from scipy.optimize import minimize

    def shaped(flat: np.ndarray) -> np.ndarray:
        return flat.reshape(start.shape)

    def stepped(intermediate_result: Any) -> None:
        watch(shaped(intermediate_result.x), intermediate_result.fun)

    def measured(flat: np.ndarray) -> tuple[float, np.ndarray]:
        value, slope = objective.value_and_slope(shaped(flat))
        return value, slope.ravel()

    second: dict[str, Any] = {}
    if method.startswith("trust"):
        second["hessp"] = lambda flat, along: objective.curvature(shaped(flat), shaped(along)).ravel()
    found = minimize(measured, start.ravel(), jac=True, method=method, options=options, callback=stepped, **second)
    return shaped(found.x)


SOLVERS = {"lbfgs": lbfgs, "newton": newton, "gradient descent": gradient_descent}
