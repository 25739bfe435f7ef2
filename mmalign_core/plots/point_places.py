"""The points of a map as bytes for a browser: shuffled once, so that the first of them are a sample of all."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from mmalign_core.plots.colours import MODALITY_SYMBOLS
from mmalign_core.types import digest_bytes

SHAPES = ("circle", "square", "diamond", "cross", "saltire")
"""Shapes of points, in the order of the browser's drawing. The last is for modalities without one of their own."""
_STEPS = 2**16 - 1
"""Steps of an axis: two bytes hold them, and on a screen of 4,000 pixels one is a sixteenth of a pixel."""
_FLAT = 1e-9
"""Extent that an axis has at least, so that points which all lie on one place can be drawn. Chosen: any will do."""


@dataclass(frozen=True)
class MapPoints:
    """The n points of a map in the order in which they are drawn.

    `order` (n,): the row of each drawn point; `drawn` (n,): the drawn point of each row. `low`, `span` (2 or 3,): where
    the drawn map begins on each axis, and how far it reaches. `places`: gzipped bytes, 16 bits an axis. `numbers`:
    gzipped bytes, one a point, the place of its modality in `kinds`. `digest` names places and modalities.
    """

    order: np.ndarray
    drawn: np.ndarray
    low: np.ndarray
    span: np.ndarray
    places: bytes
    numbers: bytes
    kinds: tuple[str, ...]
    digest: str
    items: pd.Index
    """The items of the points, each once."""
    by_item: np.ndarray
    """The rows (n,) item by item, in the order of `items`; rows of one item in their own order."""
    starts: np.ndarray
    """Where the rows of each item begin in `by_item`, and its end (items + 1,)."""

    def of_items(self, items: Sequence[str]) -> np.ndarray:
        """Return the drawn points of these items, in order of their number."""
        held = self.items.get_indexer(list(items))
        held = held[held >= 0]
        counts = self.starts[held + 1] - self.starts[held]
        begins = np.repeat(self.starts[held] - np.cumsum(counts) + counts, counts)
        return np.sort(self.drawn[self.by_item[begins + np.arange(len(begins))]])

    def links(self, items: Sequence[str], most: int) -> list[int]:
        """Return up to `most` pairs of drawn points, one after the other: an item's first point and another of it."""
        found: list[int] = []
        for number in self.items.get_indexer(list(items[: most + 1])):
            rows = self.by_item[self.starts[number] : self.starts[number + 1]] if number >= 0 else self.by_item[:0]
            points = self.drawn[rows]
            found += [int(point) for other in points[1:] for point in (points[0], other)]
        return found[: 2 * most]


def map_points(
    rows: pd.DataFrame, *, first: np.ndarray | None = None, extent: tuple[np.ndarray, np.ndarray] | None = None
) -> MapPoints:
    """Return the points of a map. `rows`: columns item, modality, x, y and, for 3-D, z.

    `first`: rows that are drawn first, in this order, for maps whose points are told by their number; the others follow
    shuffled. `extent`: low and span (2 or 3,) of the drawn map, by default those of the rows.
    """
    coordinates = rows[[axis for axis in "xyz" if axis in rows]].to_numpy(float)
    low, span = extent or extent_of(coordinates)
    order = _order(len(rows), first)
    drawn = np.empty(len(rows), np.int32)
    drawn[order] = np.arange(len(rows), dtype=np.int32)
    steps = np.clip((coordinates[order] - low) / span * _STEPS, 0, _STEPS).round().astype("<u2")
    codes, kinds = pd.factorize(rows["modality"])
    places, numbers = packed(steps, level=0), packed(codes[order].astype("u1"))
    held, items = pd.factorize(rows["item"])
    starts = np.concatenate([[0], np.cumsum(np.bincount(held, minlength=len(items)))])
    digest = digest_bytes(places, numbers)
    return MapPoints(
        order, drawn, low, span, places, numbers, tuple(map(str, kinds)), digest,
        pd.Index(items), np.argsort(held, kind="stable").astype(np.int32), starts.astype(np.int32),
    )  # fmt: skip


def extent_of(*coordinates: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where the coordinates (n, d) begin on each axis (d,), and how far they reach (d,)."""
    known = np.concatenate(coordinates)
    low = known.min(axis=0)
    return low, np.maximum(known.max(axis=0) - low, _FLAT)


def shape_of(modality: str) -> str:
    """Return the name of the shape of a modality's points."""
    return MODALITY_SYMBOLS.get(modality, SHAPES[-1])


def packed(values: np.ndarray, level: int = 1) -> bytes:
    """Return the values as gzipped bytes. Places hold nothing to press, so they need level 0."""
    return gzip.compress(np.ascontiguousarray(values).tobytes(), level, mtime=0)


def shared_first(a: pd.DataFrame, b: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return rows of `a` and of `b` (m,) with the media that both hold, shuffled alike.

    Media are told by the columns item, modality and key.
    """
    names = ["item", "modality", "key"]
    left, right = (pd.DataFrame(frame[names]).reset_index(names="row").drop_duplicates(names) for frame in (a, b))
    both = left.merge(right, on=names, suffixes=("_a", "_b"))
    both = both.iloc[_order(len(both), None)]
    return both["row_a"].to_numpy(), both["row_b"].to_numpy()


def _order(n: int, first: np.ndarray | None) -> np.ndarray:
    shuffled = np.random.default_rng(0).permutation(np.arange(n, dtype=np.int32))
    if first is None:
        return shuffled
    later = np.ones(n, bool)
    later[first] = False
    return np.concatenate([first.astype(np.int32), shuffled[later[shuffled]]])
