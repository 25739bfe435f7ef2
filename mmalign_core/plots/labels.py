"""Labels of figures: shortened and escaped text of users."""

from __future__ import annotations

import html
import unicodedata

from mmalign_core.wording import tr_word


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
    return tr_word(" ".join(_WORDS.get(word, word) for word in name.split("_")))


def plain_label(text: str, limit: int = 48) -> str:
    """Return the text cut and escaped, because plotly reads labels as HTML."""
    return html.escape(cut(text, limit), quote=False)
