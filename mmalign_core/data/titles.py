"""What people call an item."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.types import Collection

COLUMNS = ("label", "name", "title")
"""Metadata columns that name an item, the best one last."""


def item_titles(collection: Collection) -> Mapping[str, str]:
    """Item -> its title, name or label, else its first text, else its id; on one line."""
    named: dict[str, str] = {}
    for medium in collection.media_of("text"):
        named.setdefault(medium.item, medium.text or medium.item)
    for column in COLUMNS:
        if column in collection.items:
            values = collection.items[column].items()
            named |= {str(item): value for item, value in values if isinstance(value, str) and value.strip()}
    return {item: " ".join(named.get(item, item).split()) for item in collection.ids}
