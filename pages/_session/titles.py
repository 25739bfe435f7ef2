"""Titles of items for menus: where several items share a title, something else must tell them apart."""

from __future__ import annotations

from collections import Counter

from mmalign_core.types import Collection
from pages._session import cache


def shared_titles(collection: Collection) -> frozenset[str]:
    """Return the items whose title is that of another item too."""
    return cache.of_collection("shared titles", collection, _shared)


def _shared(collection: Collection) -> frozenset[str]:
    titles = cache.titles(collection)
    many = Counter(titles.values())
    return frozenset(item for item, title in titles.items() if many[title] > 1)
