"""The health of a collection: how many items are usable, damaged, blank, repeated or incomplete, and which."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from mmalign_core.types import Collection
from mmalign_core.wording import say, say_word, tr, tr_word
from mmalign_core.workflow import Inspection
from pages._session import cache


@dataclass(frozen=True)
class Part:
    """A part of the strip: its name with an icon, and the ids of its items. `count`: of items, or of skipped files."""

    name: str
    icon: str
    count: int
    items: frozenset[str]

    @property
    def label(self) -> str:
        """The part as its button shows it. Parts are kept for readers of all languages."""
        return f":material/{self.icon}: {self.count:,} {tr_word(self.name)}"


SKIPPED = "skipped"
"""The part whose files never became media: it opens the table of reasons, not a gallery."""


def show(collection: Collection, inspection: Inspection | None) -> Part | None:
    """Draw the strip; return the chosen part, or None."""
    known = "health" if inspection is not None else "health before the inspection"
    parts = {p.name: p for p in cache.of_collection(known, collection, lambda held: parts_of(held, inspection))}
    chosen = st.pills(
        tr("Health"), list(parts), key="health", format_func=lambda name: parts[name].label, persist_state="session",
        label_visibility="collapsed", help=tr("Choose a part to see its items."),
    )  # fmt: skip
    if inspection is None:
        st.caption(tr("Every file is now decoded once to check it. Damaged and repeated ones then follow."))
    return parts.get(chosen or "")


def parts_of(collection: Collection, inspection: Inspection | None) -> list[Part]:
    """Return the parts that have items, "usable" always. Before the inspection, only what reading the files told."""
    held, ids = cache.media_by_item(collection), collection.items.index
    broken = damaged_media(inspection)
    given = {item for rows in collection.vectors.values() for item in rows.ids}
    whole = {
        item: {m for m in media if any((item, m, one.path or "") not in broken for one in media[m])}
        for item, media in held.items()
    }
    usable = frozenset(item for item in collection.ids if whole[item] or item in given)
    repeated = inspection.all_duplicates if inspection else ()
    found = [Part("usable", "check_circle", len(usable), usable)]
    for name, icon, items in (
        ("damaged", "broken_image", (item for item, _, _ in broken)),
        ("blank", "check_box_outline_blank", blank_items(inspection)),
        (say("with a duplicate"), "content_copy", (row[side] for row in repeated for side in "ab")),
    ):
        own = frozenset(item for item in items if item in ids)
        found += [Part(name, icon, len(own), own)] * bool(own)
    for modality in collection.modalities:
        rows = set(collection.vectors[modality].ids) if modality in collection.vectors else set()
        own = frozenset(item for item in collection.ids if modality not in whole[item] and item not in rows)
        if len(own) == len(collection.ids):
            continue  # no file of this modality can be used, so that the collection has none of it
        name = say("without {modality}", modality=say_word(modality))
        found += [Part(name, "hide_source", len(own), own)] * bool(own)
    left = sum(one.count for one in collection.skipped)
    return found + [Part(SKIPPED, "block", left, frozenset())] * bool(left)


def damaged_media(inspection: Inspection | None) -> set[tuple[str, str, str]]:
    """Return (item, modality, path) of the media that could not be decoded."""
    return set() if inspection is None else {(left.id, left.modality, left.source) for left in inspection.damaged}


def blank_items(inspection: Inspection | None) -> list[str]:
    """Return the items with a blank picture or a silent sound."""
    return [] if inspection is None else [fault["id"] for fault in inspection.all_blank]
