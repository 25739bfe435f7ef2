"""Files of an index of items: places by modality, means and covariances, the order of the ids, and the vectors."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute

from mmalign_core.progress import pulsing, within
from mmalign_core.recommend.base import RECOMMENDERS, SumsOverPlaces
from mmalign_core.recommend.item_index import FEWEST, IndexedItems, Summary, exact_best, index_rows
from mmalign_core.recommend.items import ITEMS_AT_ONCE, mean_places
from mmalign_core.recommend.query import PlacedQuery
from mmalign_core.store.array_files import read_arrays, write_arrays
from mmalign_core.store.folders import write_folder, write_json
from mmalign_core.store.vector_index import VectorIndex
from mmalign_core.types import EmbeddingSet, Progress, Strings
from mmalign_core.types.basics import release

pc: Any = pyarrow.compute  # its functions are made on import, where pyright does not see them
_HEAD, _SUMMARY = "index.json", "summary.safetensors"
_MEASURED = {"probes": int, "recall": float, "asked": int}
_VERSION = 1
"""Rises when an earlier index could not be used; it is then made anew."""
ASKED, BEST = 100, 10
"""Items whose likes are sought to measure recall@10: its standard error is at most 0.016."""
TRIED, WANTED = (32, 64, 128, 256), 0.95
"""Cells that a search reads; the fewest that find the share WANTED are taken. At 100,000 x 64 in 316 cells 64 found
0.85 in 16 ms, 128 0.95 in 33 ms and 256 0.998 in 48 ms of processor time (`benchmarks/recommend_index.py`); among
10,000,000 in 1,024 cells 64 found 0.94 and 128 0.98 (`benchmarks/index_speed.py`)."""
COMMITTED = 4
"""Blocks of items in one commit of the vectors: 64 MB at 64 dimensions. Our choice."""


def write_index(
    folder: Path, space: Mapping[str, EmbeddingSet], ids: Strings, *, cells: int | None = None, progress: Progress
) -> None:
    """Write the index of the items `ids` of a space, whole or not at all. Memory holds a block of items.

    `cells`: see `VectorIndex.build`. Raises BadInput where it cannot be written.
    """

    def fill(part: Path) -> None:
        sums = {}
        for number, (modality, rows) in enumerate(space.items()):
            step = within(progress, 0.2 * number / len(space), 0.2 * (number + 1) / len(space))
            sums[modality] = _write_places(part / f"{number}.npy", rows, ids, step)
        order = pc.sort_indices(ids.column).to_numpy()
        named = {f"{kind} {n}": value for n, one in enumerate(sums.values()) for kind, value in one._asdict().items()}
        write_arrays(part / _SUMMARY, {"order": order.astype(np.uint32 if len(ids) < 2**32 else np.int64), **named})
        places = _places(part, len(space))
        parts = dict(zip(space, places, strict=True))
        vectors = VectorIndex(part)
        with pulsing(progress, 0.2, f"writing {len(ids):,} items to the index"):
            vectors.add(_blocks(parts, len(ids), within(progress, 0.2, 0.3)), scaled=False)
        progress(0.3, f"building the index of {len(ids):,} items")
        vectors.build(cells)
        progress(0.9, "measuring the recall of the index")
        measured = _measured(IndexedItems(ids, parts, order, sums, vectors))
        head = {"version": _VERSION, "items": len(ids), "modalities": list(space)}
        write_json(part / _HEAD, head | {name: getattr(measured, name) for name in _MEASURED})

    write_folder(folder, "index", fill)
    progress(1.0, "the index is ready")


def read_index(folder: Path, space: Mapping[str, EmbeddingSet], ids: Strings) -> IndexedItems | None:
    """The items of the space with the index in `folder`; None where there is none, or it is damaged."""
    from safetensors import SafetensorError

    try:
        head = json.loads((folder / _HEAD).read_text(encoding="utf-8"))
        if (head["version"], head["items"], head["modalities"]) != (_VERSION, len(ids), list(space)):
            return None
        places = _places(folder, len(space))
        kept = read_arrays(folder / _SUMMARY)
        sums = {m: Summary(kept[f"mean {n}"], kept[f"covariance {n}"]) for n, m in enumerate(space)}
        widths = [(len(ids), rows.vectors.shape[1]) for rows in space.values()]
        vectors = VectorIndex(folder)
        if [place.shape for place in places] != widths or kept["order"].shape != (len(ids),) or not len(vectors):
            return None
        parts = dict(zip(space, places, strict=True))
        measured = {name: kind(head[name]) for name, kind in _MEASURED.items()}
        return IndexedItems(ids, parts, kept["order"], sums, vectors, **measured)
    except (SafetensorError, OSError, ValueError, KeyError, TypeError):
        return None


def _write_places(path: Path, rows: EmbeddingSet, ids: Strings, progress: Progress) -> Summary:
    """Write the places (n, k) of the items, and return their mean and covariance.

    Products are summed around the mean of the first block, so that little is lost where all cosines are large.
    """
    width = rows.vectors.shape[1]
    header = {"descr": "<f4", "fortran_order": False, "shape": (len(ids), width)}
    centre, total, products, count = np.zeros(width), np.zeros(width), np.zeros((width, width)), 0
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        for number, block in enumerate(mean_places(rows, ids)):
            progress(min(1.0, number * ITEMS_AT_ONCE / max(1, len(ids))), "writing the places of items")
            file.write(np.ascontiguousarray(block, "<f4").data)
            held = block[block.any(axis=1)]
            if len(held) and not count:
                centre = held.mean(axis=0, dtype=np.float64)
            centred = held - centre.astype(np.float32)
            total += centred.sum(axis=0, dtype=np.float64)
            products += centred.T @ centred
            count += len(held)
    moved = total / max(count, 1)
    return Summary(centre.astype(np.float32) + moved, products / max(count, 1) - np.outer(moved, moved))


def _places(folder: Path, count: int) -> list[np.ndarray]:
    return [np.load(folder / f"{number}.npy", mmap_mode="r", allow_pickle=False) for number in range(count)]


def _blocks(parts: Mapping[str, np.ndarray], items: int, progress: Progress) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Numbers and rows of the items, some blocks at a time; one without any place is never a candidate."""
    step = COMMITTED * ITEMS_AT_ONCE
    for start in range(0, items, step):
        progress(start / items, f"writing {items:,} items to the index")
        rows = index_rows(parts, slice(start, start + step))
        held = np.flatnonzero(rows.any(axis=1))
        for part in parts.values():
            release(part)
        if len(held):
            yield (start + held).astype(str), rows[held]


def _measured(items: IndexedItems) -> IndexedItems:
    """The items with the fewest of TRIED probes that find the share WANTED of what is most like each of some items."""
    model = RECOMMENDERS.create("content").fit(items)
    assert isinstance(model, SumsOverPlaces)
    rows = np.sort(np.random.default_rng(0).choice(len(items.ids), min(ASKED, len(items.ids)), replace=False))
    asked = [model.directions(PlacedQuery(history={int(row): 1.0})) for row in rows]
    best = exact_best(items.parts, asked, BEST + 1)
    found = items
    for probes in TRIED:
        found = replace(items, probes=probes)
        near = [set(found.candidates(directions, FEWEST).tolist()) for directions in asked]
        right = [[int(other) for other in some if other != row][:BEST] for row, some in zip(rows, best)]
        shares = [np.mean([other in one for other in some]) for one, some in zip(near, right) if one and some]
        found = replace(found, recall=float(np.mean(shares)) if shares else 1.0, asked=len(shares))
        if found.recall >= WANTED:
            break
    return found
