"""Labels of figures: shortened and escaped text of users, and the positions of the names of points."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence


def cut(text: str, limit: int) -> str:
    """Return the text on one line, at most `limit` characters. A shortened text ends in an ellipsis.

    Joiners, variation selectors and combining marks at the cut are removed too, so no emoji is split.
    """
    line = " ".join(str(text).split())
    if len(line) <= limit:
        return line
    kept = line[: max(limit - 1, 1)]
    while kept and (kept[-1] == "\u200d" or unicodedata.combining(kept[-1])):
        kept = kept[:-1]
    return kept.rstrip() + "…"


_WORDS = {"mrr": "MRR", "csls": "CSLS", "mutual": "mutual neighbours"}


def measure_word(name: str) -> str:
    """Return the name of a measure for display: 'held_out_mrr' becomes 'held out MRR'."""
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))


def plain_label(text: str, limit: int = 48) -> str:
    """Return the text cut and escaped, because plotly reads labels as HTML."""
    return html.escape(cut(text, limit), quote=False)


Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_LETTER, _LINE, _MARK = 6.0, 13.0, 8.0
"""Pixels: width of a letter, height of a line, half the width of a point. Chosen for a font of 11 pixels."""
_PLACES = {
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, 1),
    "bottom right": (1, -1),
    "top left": (-1, 1),
    "bottom left": (-1, -1),
    "top center": (0, 1),
    "bottom center": (0, -1),
}
"""Text positions in plotly's words, the preferred ones first."""


def place_labels(points: Sequence[tuple[float, float]], names: Sequence[str], *, width: float) -> list[str]:
    """Return one of plotly's text positions for each point (x, y in pixels, y upwards).

    `width`: pixels of the panel. Each point in turn takes the first position that covers nothing, else the one that
    covers least.
    """
    taken = [(x - _MARK, y - _MARK, x + _MARK, y + _MARK) for x, y in points]
    chosen = []
    for number, ((x, y), name) in enumerate(zip(points, names)):
        boxes = {place: _box(x, y, _LETTER * len(name), *sides) for place, sides in _PLACES.items()}
        others = taken[:number] + taken[number + 1 :]
        place = min(boxes, key=lambda place: _cost(boxes[place], others, width))
        chosen.append(place)
        taken.append(boxes[place])
    return chosen


def _box(x: float, y: float, long: float, right: int, up: int) -> Box:
    left = x + _MARK if right > 0 else x - _MARK - long if right < 0 else x - long / 2
    bottom = y - _LINE / 2 + up * (_LINE / 2 + (_MARK if not right else _MARK / 2))
    return left, bottom, left + long, bottom + _LINE


def _cost(box: Box, others: Sequence[Box], width: float) -> float:
    """Return the area in pixels that the box covers. The area outside the panel counts as covered."""
    outside = max(0.0, -box[0]) + max(0.0, box[2] - width)
    return outside * _LINE + sum(_overlap(box, other) for other in others)


def _overlap(a: Box, b: Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)
