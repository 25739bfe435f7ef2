"""Vectors on disk with an index: nearest neighbours among more vectors than memory holds.

A LanceDB table of rows, of unit length unless the caller says otherwise, written block by block, with an IVF index of
product-quantised residuals (IVF-PQ: Jégou, Douze and Schmid, "Product quantization for nearest neighbor search", TPAMI
2011). The best candidates of the index are compared again by their whole vectors, so that scores are exact cosines;
only the choice of candidates is approximate.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmalign_core.store.errors import explained
from mmalign_core.store.object_tables import ObjectTables
from mmalign_core.store.tables import LocalTables
from mmalign_core.types import BadInput
from mmalign_core.vectors import unit_rows

FLAT_BELOW = 65_536
"""Rows below which a whole pass takes some ten milliseconds, so that no index is made. Chosen."""
PROBES = 64
"""Cells searched for a query; `benchmarks/index_speed.py` shows recall and time at 8 to 128."""
REFINED = 10
"""Candidates compared by their whole vectors, for each result asked for; the same benchmark found 5 to 50 equal."""
DIMENSIONS_EACH = 2
"""Dimensions that share one byte of a code: a cell's codes take an eighth of its vectors."""
MOST_CELLS = 2048
"""Cells at most by default. Chosen: the time of building grows with rows times cells."""
ITERATIONS, SAMPLE = 10, 64
"""Iterations of k-means, and rows of its sample for each cell. Lance's own 50 and 256 took 57 s of processor time for
300,000 x 64, these 17 s."""
BATCH = 1 << 16
"""Rows of an exact pass in memory at a time: 16 MB at 64 dimensions. Chosen."""

_NAME = "vectors"


class Nearest(NamedTuple):
    """The results of queries: `ids` (q, k), best first, and `scores` (q, k) float32, cosines."""

    ids: np.ndarray
    scores: np.ndarray


class VectorIndex:
    """The vectors below `place`, a folder or an address of object storage. Methods raise BadInput as the store does."""

    def __init__(self, place: Path | str) -> None:
        self._tables = LocalTables(place) if isinstance(place, Path) else ObjectTables(place)

    def __len__(self) -> int:
        with explained(self._tables.location(_NAME)):
            table = self._tables.open(_NAME)
            return 0 if table is None else table.count_rows()

    def add(self, blocks: Iterable[tuple[Sequence[str] | np.ndarray, np.ndarray]], *, scaled: bool = True) -> None:
        """Append blocks of ids (n,) and vectors (n, d), one commit each.

        `scaled`: whether the vectors are scaled to unit length, as the other methods but `candidates` expect.
        Raises BadInput for vectors that are not finite, zero, or of another width.
        """
        import pyarrow as pa

        for ids, vectors in blocks:
            rows = np.ascontiguousarray(vectors, np.float32)
            rows = unit_rows(rows) if scaled else rows
            if rows.ndim != 2 or len(rows) != len(ids) or not np.isfinite(rows).all() or not rows.any(axis=1).all():
                raise BadInput(f"{len(ids)} ids for vectors of shape {np.shape(vectors)}, or one is zero or not finite")
            lists = pa.FixedSizeListArray.from_arrays(pa.array(rows.ravel()), rows.shape[1])
            block = pa.table({"id": pa.array(np.asarray(ids, object), pa.string()), "vector": lists})
            with explained(self._tables.location(_NAME)):
                table = self._tables.opened(_NAME, block.schema)
                if table.schema != block.schema:
                    held = table.schema.field("vector").type.list_size
                    raise BadInput(f"vectors of width {rows.shape[1]}, but the index holds width {held}; align again")
                table.add(block)

    def build(self, cells: int | None = None) -> None:
        """Make the index, of `cells` cells (default: the square root of the rows, MOST_CELLS at most).

        Few rows need none. Its memory is that of a sample of SAMPLE rows a cell, and of the codes.
        """
        with explained(self._tables.location(_NAME)):
            table = self._table()
            rows = table.count_rows()
            if rows < FLAT_BELOW:
                return
            width = table.schema.field("vector").type.list_size
            table.create_index(
                metric="dot",
                num_partitions=cells or min(round(rows**0.5), MOST_CELLS),
                num_sub_vectors=_parts(width),
                index_type="IVF_PQ",
                max_iterations=ITERATIONS,
                sample_rate=SAMPLE,
            )

    def nearest(self, points: np.ndarray, k: int, *, probes: int = PROBES, refined: int = REFINED) -> Nearest:
        """The k nearest rows of each point (q, d), approximately where there is an index."""
        with explained(self._tables.location(_NAME)):
            table = self._table()
            points = _checked(points, k, table)
            searches = (table.search(point).metric("dot").nprobes(probes).refine_factor(refined) for point in points)
            found = [_row(search, k) for search in searches]
        ids, scores = zip(*found) if found else ((), ())
        return Nearest(np.array(ids, object), np.array(scores, np.float32))

    def candidates(self, direction: np.ndarray, count: int, *, probes: int = PROBES) -> list[str]:
        """The ids of about `count` rows whose dot products with the direction (d,) are large, by their codes alone."""
        with explained(self._tables.location(_NAME)):
            search = self._table().search(np.asarray(direction, np.float32)).metric("dot").nprobes(probes)
            return search.select(["id", "_distance"]).limit(count).to_arrow()["id"].to_pylist()

    def nearest_exactly(self, points: np.ndarray, k: int) -> Nearest:
        """The k nearest rows of each point (q, d), by one pass over all rows for all points, a batch in memory."""
        with explained(self._tables.location(_NAME)):
            table = self._table()
            points = _checked(points, k, table)
            scores, ids = np.empty((len(points), 0), np.float32), np.empty((len(points), 0), object)
            for batch in table.search().select(["id", "vector"]).to_batches(batch_size=BATCH):
                rows = np.asarray(batch["vector"].flatten()).reshape(-1, points.shape[1])
                own = points @ rows.T
                best = np.argpartition(-own, min(k, len(rows)) - 1, axis=1)[:, :k]
                scores = np.hstack([scores, np.take_along_axis(own, best, axis=1)])
                ids = np.hstack([ids, np.array(batch["id"].take(best.ravel()), object).reshape(best.shape)])
                order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
                scores, ids = (np.take_along_axis(held, order, axis=1) for held in (scores, ids))
        return Nearest(ids, scores)

    def recall(self, points: np.ndarray, k: int = 10, *, probes: int = PROBES, refined: int = REFINED) -> float:
        """The share of the k nearest rows of the points that `nearest` finds."""
        exact = self.nearest_exactly(points, k).ids
        found = self.nearest(points, k, probes=probes, refined=refined).ids
        return float(np.mean([len(set(a) & set(b)) / max(len(a), 1) for a, b in zip(exact, found)]))

    def _table(self) -> Any:
        table = self._tables.open(_NAME)
        if table is None:
            raise BadInput(f"'{self._tables.location(_NAME)}' holds no vectors; write them first")
        return table


def _checked(points: np.ndarray, k: int, table: Any) -> np.ndarray:
    """The points as unit rows. Raises BadInput if their shape does not fit, or k is below 1."""
    if k < 1 or np.ndim(points) != 2:
        raise BadInput(f"{k} neighbours of points of shape {np.shape(points)}; give points (q, d) and 1 or more")
    width = table.schema.field("vector").type.list_size
    if points.shape[1] != width:
        raise BadInput(f"points of width {points.shape[1]} among vectors of width {width}; align them first")
    return unit_rows(np.asarray(points, np.float32))


def _row(search: Any, k: int) -> tuple[list[str], np.ndarray]:
    found = search.select(["id", "_distance"]).limit(k).to_arrow()
    return found["id"].to_pylist(), 1.0 - found["_distance"].to_numpy()  # Lance's distance of the dot product


def _parts(width: int) -> int:
    """The number of bytes of a code: the largest divisor of the width that leaves DIMENSIONS_EACH or more to a byte."""
    return max(n for n in range(1, max(width // DIMENSIONS_EACH, 1) + 1) if width % n == 0)
