"""The shares of one item's score, each with the item's rank without that part."""

from __future__ import annotations

from collections.abc import Collection as Collected
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from mmalign_core.plots import FUSED_COLOUR, MODALITY_COLOURS, OTHER_COLOUR
from mmalign_core.types import Collection
from mmalign_core.wording import say, tr, tr_any, tr_word
from mmalign_core.workflow import Reasons
from pages._components.media import previews

_ASSETS = Path(__file__).parents[3] / "assets"
_MOST = 8
"""Rows of the panel: the parts that change the score most. The last row sums the others."""
_HEADINGS = {
    "modality": say("by modality"), "signal": say("by query part"), "history": say("by history"),
    "recommender": say("by recommender"), "popularity": say("by popularity"), "taste": say("by taste"),
}  # fmt: skip


def heading(view: str) -> str:
    """Return the heading of a decomposition of the score."""
    return tr_any(_HEADINGS.get(view, view))


def show(collection: Collection, why: Reasons, view: str, *, against: Collected[str] = (), key: str) -> None:
    """Draw the shares of that view, largest first, and their sum, the score.

    `against`: labels of query parts with a negative weight.
    """
    data = {
        "heading": heading(view),
        "rows": rows(collection, why, view, against=against),
        "score": why.score,
        "now": why.rank,
        "words": {"adds": tr("adds"), "without": tr("without it"), "score": tr("score")},
    }
    _component()(data=data, key=key)


def rows(collection: Collection, why: Reasons, view: str, *, against: Collected[str] = ()) -> list[dict[str, Any]]:
    """Return one row per part: label, value, rank without it (None if unknown), colour and small picture."""
    shares = {label: value for label, value in why.views[view].items() if value}
    order = sorted(shares, key=lambda label: -abs(shares[label]))
    kept = order if len(order) <= _MOST else order[: _MOST - 1]
    ranks = _ranks(why)
    found = [_row(collection, label, shares[label], ranks.get(label), against) for label in kept]
    found.sort(key=lambda row: -row["value"])
    if len(order) > len(kept):
        rest = sum(shares[label] for label in order[len(kept) :])
        found.append(_plain(tr("{n} others", n=len(order) - len(kept)), rest, None, OTHER_COLOUR))
    return found


def called(collection: Collection, label: str, limit: int = 60, *, against: Collected[str] = ()) -> str:
    """Return the name of a part: an item's title, or the label. "not" comes before a part with a negative weight."""
    shown = previews.title(collection, label, limit) if label in collection.items.index else tr_word(label)
    return tr("not {name}", name=shown) if label in against else shown


def _ranks(why: Reasons) -> Mapping[str, int]:
    return {label: rank for kind in why.without.values() for label, rank in kind.items()}


def _row(collection: Collection, label: str, value: float, rank: int | None, against: Collected[str]) -> dict[str, Any]:
    colour = MODALITY_COLOURS.get(label.split(" ")[0], FUSED_COLOUR)
    row = _plain(called(collection, label, against=against), value, rank, colour)
    if label in collection.items.index and (small := previews.thumbnail(collection, label, 64)):
        row["image"] = small.uri
    return row


def _plain(label: str, value: float, rank: int | None, colour: str) -> dict[str, Any]:
    return {"label": label, "value": float(value), "rank": rank, "colour": colour, "image": None}


def _component() -> Any:
    return st.components.v2.component(
        "mmalign_shares",
        html='<div class="shares"></div>',
        css=(_ASSETS / "shares.css").read_text(encoding="utf-8"),
        js=(_ASSETS / "shares.js").read_text(encoding="utf-8"),
    )
