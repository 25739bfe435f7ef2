"""Text of users made safe and short for figures."""

from __future__ import annotations

import html
import unicodedata


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
