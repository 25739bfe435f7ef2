"""A text as safe HTML, with each word tinted by its share in a score."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence

import numpy as np

from mmalign_core.plots.colours import scale_of, tint

STRONGEST = 0.55
"""Opacity at which text keeps a contrast of 4.5:1 with its tint in the light and the dark theme."""
_FAINT = 0.02
"""Share of the largest value below which a word gets no tint."""
_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9;font-size:1rem"


def word_map_html(text: str, places: Sequence[tuple[float, ...]], values: np.ndarray, *, most: int = 1500) -> str:
    """Return one <div> with the text. `places` (p,): (start, end) of the words in `text`. `values` (p,): their shares.

    A positive word is violet with a solid line, a negative one gold with a dashed line, so colour is not the only
    sign. The number is in the title. The text is escaped. After `most` characters a line gives the number of the rest.
    """
    limit = scale_of(np.asarray(values, dtype=float))
    end_shown = _whole(text, most)
    pieces, done = [], 0
    for (start, end), value in sorted(zip(places, values), key=lambda part: part[0]):
        first, last = max(int(start), done), min(int(end), end_shown)
        if last <= first:
            continue
        pieces += [_safe(text[done:first]), _word(text[first:last], float(value), limit)]
        done = last
    pieces.append(_safe(text[done:end_shown]))
    more = len(text) - end_shown
    tail = f'<span style="opacity:0.7">… {more:,} more characters</span>' if more else ""
    return f'<div style="{_STYLE}" dir="auto">{"".join(pieces)}{tail}</div>'


def _word(word: str, value: float, limit: float) -> str:
    if not np.isfinite(value):
        return _safe(word)
    share = value / limit
    if abs(share) < _FAINT:
        return f'<span title="{value:+.4f}">{_safe(word)}</span>'
    line = f"2px {'solid' if share > 0 else 'dashed'} {tint(share, 1.0)}"
    style = f"background:{tint(share, STRONGEST)};border-bottom:{line};border-radius:3px;padding:1px 0"
    return f'<span style="{style}" title="{value:+.4f}">{_safe(word)}</span>'


def _whole(text: str, most: int) -> int:
    """Return the place of the cut: `most`, or a little less so that no emoji or letter is split."""
    end = min(len(text), most)
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return end


def _joins(letter: str) -> bool:
    """Whether the character belongs to the one before it: accents, joiners, variation selectors, skin tones."""
    return (
        unicodedata.category(letter) in ("Mn", "Me", "Mc")
        or letter == "\u200d"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )


def _safe(text: str) -> str:
    """Return the text escaped, without the control characters that HTML does not allow."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return html.escape(kept)
