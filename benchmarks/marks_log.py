"""Processor time to read the marks of a collection from a log of many.

    python benchmarks/marks_log.py [--marks 100000]

The collection holds as many items of two modalities, each with one mark that counts; the log is made under a temporary
folder. Printed as JSON: bytes of the log, and seconds of one processor for the log alone and for `read_marks`, best of
three.
"""

import argparse
import json
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.store import Store
from mmalign_core.triage.marks import Mark, MarkKind, contents_of, new_mark
from mmalign_core.types import Collection, EmbeddingSet, digest_bytes
from mmalign_core.workflow import read_marks

TRIES = 3
"""Readings, of which the best counts; our choice."""


def marked(count: int, store: Store) -> Collection:
    """A collection of that many items, each marked once, every third as right and the others as wrong pairs."""
    ids = tuple(f"item {place}" for place in range(count))
    vectors = np.ones((count, 2), np.float32)
    keys = {modality: [digest_bytes(f"{modality} {item}".encode()) for item in ids] for modality in ("image", "text")}
    sets = {modality: EmbeddingSet(modality, ids, own, vectors, "made@1") for modality, own in keys.items()}
    collection = Collection("marked", pd.DataFrame(index=list(ids)), (), vectors=sets)
    contents, when = contents_of(collection), "2026-01-01T00:00:00.000001+00:00"
    said = (
        Mark(MarkKind.RIGHT, item, who="a person", when=when)
        if place % 3 == 0
        else Mark(MarkKind.WRONG_PAIR, item, ids[(place + 1) % count], who="a person", when=when)
        for place, item in enumerate(ids)
    )
    store.marks.add(collection.name, [new_mark(collection, contents, mark).entry() for mark in said])
    return collection


def seconds(work: Callable[[], Any]) -> float:
    """Processor seconds of the best of a few tries."""
    spent = []
    for _ in range(TRIES):
        start = time.process_time()
        work()
        spent.append(time.process_time() - start)
    return round(min(spent), 2)


def main() -> None:
    """Print the numbers."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--marks", type=int, default=100_000)
    count = parser.parse_args().marks
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        collection = marked(count, store)
        size = sum(path.stat().st_size for path in store.marks.folder.iterdir())
        log, whole = seconds(lambda: deque(store.marks.read(), 0)), seconds(lambda: read_marks(collection, store))
    print(json.dumps({"marks": count, "bytes": size, "log_seconds": log, "read_marks_seconds": whole}))


if __name__ == "__main__":
    main()
