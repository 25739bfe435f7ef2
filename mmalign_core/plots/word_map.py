"""A text whose words are tinted by what they add to a score, as HTML that is safe to show."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence

import numpy as np

from mmalign_core.plots.colours import scale_of, tint

STRONGEST = 0.55
"""Opacity at which text still has a contrast of 4.5 to its tint on the light and the dark theme."""
_FAINT = 0.02
"""Words that add less than this share of the most are left plain."""
_STYLE = "white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.9;font-size:1rem"


def word_map_html(text: str, places: Sequence[tuple[float, ...]], values: np.ndarray, *, most: int = 1500) -> str:
    """One <div>: `places` (p,) characters (start, end) of the words in `text`, `values` (p,) what each adds.

    Blue with a solid line adds, orange with a dashed line takes away, so colour is not alone; the number is in the
    title. Everything of the text is escaped. After `most` characters a line tells how many more there are.
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
    """Where to cut the text: at `most`, or a little before it so that no emoji or letter breaks in half."""
    end = min(len(text), most)
    while 0 < end < len(text) and (_joins(text[end]) or text[end - 1] == "\u200d"):
        end -= 1
    return end


def _joins(letter: str) -> bool:
    """Whether it belongs to the letter before it: accents, joiners, variation selectors, skin tones."""
    return (
        unicodedata.category(letter) in ("Mn", "Me", "Mc")
        or letter == "\u200d"
        or "\U0001f3fb" <= letter <= "\U0001f3ff"
    )


def _safe(text: str) -> str:
    """Escaped, and without the control characters that HTML has no place for."""
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    return html.escape(kept)
