"""Seconds to take rows of an embedding set, and to digest them as well: a fold takes rows several times.

python benchmarks/take_rows.py [--rows 50000] [--dims 512] [--repeats 5]
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.types import EmbeddingSet


def best(work: Callable[[], object], repeats: int) -> float:
    """Fewest wall seconds of so many repeats."""
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        work()
        found.append(time.perf_counter() - start)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000, help="as many rows as an aligner is often fitted on")
    parser.add_argument("--dims", type=int, default=512, help="as many dimensions as CLIP ViT-B/32 has")
    parser.add_argument("--repeats", type=int, default=5)
    given = parser.parse_args()
    ids = tuple(f"{i:032x}" for i in range(given.rows))
    vectors = np.random.default_rng(0).standard_normal((given.rows, given.dims), dtype=np.float32)
    rows = EmbeddingSet("image", ids, ids, vectors, "made@1")
    order = np.random.default_rng(1).permutation(given.rows)
    taken = best(lambda: rows.take(order), given.repeats)
    digested = best(lambda: rows.take(order).digest, given.repeats)
    ratio = f"take {taken:.3f} s, take and digest {digested:.3f} s ({digested / taken:.1f} x)"
    print(f"{given.rows:,} x {given.dims}: {ratio}")


if __name__ == "__main__":
    main()
