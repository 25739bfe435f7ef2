"""Labels of figures: text of users made safe and short, and where the names of points stand."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Sequence


def cut(text: str, limit: int) -> str:
    """The text on one line, at most `limit` characters; a cut one ends in an ellipsis.

    Joiners, variation selectors and combining marks left hanging at the cut go too, so no emoji breaks in half.
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
    """What was measured, as people write it: 'held_out_mrr' is 'held out MRR'."""
    return " ".join(_WORDS.get(word, word) for word in name.split("_"))


def plain_label(text: str, limit: int = 48) -> str:
    """`cut` and escaped: plotly reads labels as HTML, so `<`, `>` and `&` must not reach it raw."""
    return html.escape(cut(text, limit), quote=False)


Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_LETTER, _LINE, _MARK = 6.0, 13.0, 8.0
"""Pixels: width of a letter, height of a line, half the width of a point."""
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
"""Plotly's words, the most wanted first."""


def place_labels(points: Sequence[tuple[float, float]], names: Sequence[str], *, width: float) -> list[str]:
    """One of plotly's text positions for each point (x, y in pixels, y upwards; the panel is `width` wide).

    One after the other, each takes the first place that covers nothing, else the one that covers least.
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
    """Covered pixels; what leaves the panel counts as covered."""
    outside = max(0.0, -box[0]) + max(0.0, box[2] - width)
    return outside * _LINE + sum(_overlap(box, other) for other in others)


def _overlap(a: Box, b: Box) -> float:
    wide, high = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)
