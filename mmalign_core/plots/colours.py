"""Colours and marker shapes of modalities and categories, and colours of what adds to a score or takes away.

The latter are transparent at zero, so they lie over pictures, text and both themes.
"""

from __future__ import annotations

import numpy as np

MODALITY_COLOURS = {"text": "#3987E0", "image": "#D9731A", "audio": "#0F9B76", "video": "#C2479B"}
"""At least 3:1 against white and against the dark background; apart from each other for the three dichromacies."""

MODALITY_SYMBOLS = {"text": "circle", "image": "square", "audio": "diamond", "video": "cross"}
"""Shapes repeat what the colours say, for those who cannot tell the colours apart; all exist in 3-D too."""

HOVER = {"align": "left", "bgcolor": "#1C2430", "bordercolor": "#8A94A3", "font": {"color": "#F4F5F8"}}
"""Layout of hover labels: light on dark in both themes, where a theme's own grey has less than 4.5:1."""

CATEGORY_COLOURS = (
    "#3987E0",
    "#D9731A",
    "#0F9B76",
    "#C2479B",
    "#8E6FE0",
    "#B08800",
    "#2AA0B8",
    "#D1495B",
    "#6B8E23",
    "#A0684B",
)
"""For metadata categories; what comes after the last is drawn in OTHER_COLOUR."""

OTHER_COLOUR = "#8A94A3"
FUSED_COLOUR = CATEGORY_COLOURS[4]
"""Several modalities together, such as "image+audio"."""


def modality_colour(modality: str) -> str:
    """The modality's colour, one of its own for several together, grey for one nobody has coloured yet."""
    return FUSED_COLOUR if "+" in modality else MODALITY_COLOURS.get(modality, OTHER_COLOUR)


def category_colours(categories: list[str]) -> dict[str, str]:
    """Category -> colour, most important first; those beyond the palette share the grey."""
    palette = [*CATEGORY_COLOURS, *[OTHER_COLOUR] * max(0, len(categories) - len(CATEGORY_COLOURS))]
    return dict(zip(categories, palette))


ADDS_RGB = (47, 128, 224)
TAKES_RGB = (224, 112, 20)
"""Blue and orange stay apart for the colour-blind."""

_NOTHING = 1e-12
"""Magnitudes up to this are rounding."""


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
