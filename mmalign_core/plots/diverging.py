"""Colours of what adds and what takes away: transparent at zero, so they lie over pictures, text and both themes."""

from __future__ import annotations

import numpy as np

ADDS_RGB = (47, 128, 224)
TAKES_RGB = (224, 112, 20)
"""Blue and orange stay apart for the colour-blind."""

_NOTHING = 1e-12


def scale_of(values: np.ndarray) -> float:
    """Largest magnitude of the finite values, 1 if all are zero: the two ends of a symmetric scale."""
    largest = float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
    return largest if largest > _NOTHING else 1.0


def tint(share: float, strongest: float) -> str:
    """CSS colour of `share` in -1..1: blue adds, orange takes away, opacity `strongest` at the ends and 0 at zero."""
    red, green, blue = ADDS_RGB if share > 0 else TAKES_RGB
    return f"rgba({red},{green},{blue},{min(abs(share), 1.0) * strongest:.3f})"


def diverging_scale(strongest: float) -> list[tuple[float, str]]:
    """Plotly colour scale from -1 to 1 of the same tints."""
    return [((share + 1) / 2, tint(share, strongest)) for share in (-1.0, -1e-9, 1e-9, 1.0)]
