"""Colours and marker shapes of modalities and categories, and the diverging colours of shares of a score.

The diverging colours are transparent at zero, so they can be drawn over pictures, text and both themes.
"""

from __future__ import annotations

import numpy as np

from mmalign_core.wording import tr_word

MODALITY_COLOURS = {"text": "#3987E0", "image": "#D9731A", "audio": "#0F9B76", "video": "#C2479B"}
"""Contrast of at least 3:1 with white and the dark background. Distinct under all three kinds of dichromacy."""

MODALITY_SYMBOLS = {"text": "circle", "image": "square", "audio": "diamond", "video": "cross"}
"""A marker shape for each modality, so that colour is not the only sign. All shapes exist in 3-D too."""

HOVER = {"align": "left", "bgcolor": "#1C2430", "bordercolor": "#8A94A3", "font": {"color": "#F4F5F8"}}
"""Layout of hover labels: light on dark in both themes, because a theme's own grey has a contrast below 4.5:1."""

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
"""Colours of metadata categories. Categories beyond the last are drawn in OTHER_COLOUR."""

OTHER_COLOUR = "#8A94A3"
FUSED_COLOUR = CATEGORY_COLOURS[4]
"""Colour of several modalities together, such as "image+audio"."""


def modality_colour(modality: str) -> str:
    """Return the colour of a modality: FUSED_COLOUR for several together, OTHER_COLOUR for an unknown one."""
    return FUSED_COLOUR if "+" in modality else MODALITY_COLOURS.get(modality, OTHER_COLOUR)


def named_colours() -> dict[str, str]:
    """Return the colours of modalities by their names in English and in the language of the reader."""
    return MODALITY_COLOURS | {tr_word(modality): colour for modality, colour in MODALITY_COLOURS.items()}


def category_colours(categories: list[str]) -> dict[str, str]:
    """Return category -> colour. `categories`: most important first. Those beyond the palette get OTHER_COLOUR."""
    palette = [*CATEGORY_COLOURS, *[OTHER_COLOUR] * max(0, len(categories) - len(CATEGORY_COLOURS))]
    return dict(zip(categories, palette))


ADDS_RGB = (124, 77, 210)
TAKES_RGB = (168, 134, 0)
"""Violet and gold: no colours of modalities, and people with colour blindness can tell them apart."""

_NOTHING = 1e-12
"""Magnitudes up to this count as rounding errors."""


def scale_of(values: np.ndarray) -> float:
    """Return the largest magnitude of the finite values, or 1 if all are zero: the limit of a symmetric scale."""
    largest = float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
    return largest if largest > _NOTHING else 1.0


def tint(share: float, strongest: float) -> str:
    """Return a CSS colour for `share` in -1..1: violet above 0, gold below. Opacity goes from 0 to `strongest`."""
    red, green, blue = ADDS_RGB if share > 0 else TAKES_RGB
    return f"rgba({red},{green},{blue},{min(abs(share), 1.0) * strongest:.3f})"


def diverging_scale(strongest: float) -> list[tuple[float, str]]:
    """Return the plotly colour scale from -1 to 1 of the same tints."""
    return [((share + 1) / 2, tint(share, strongest)) for share in (-1.0, -1e-9, 1e-9, 1.0)]
