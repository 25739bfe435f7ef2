"""Peak memory of fits on vectors that lie in files: n pairs of one width, each aligner in a process of its own.

    python -m benchmarks.fit_memory --pairs 1000000 --width 512 cca ridge infonce-linear

Printed are the seconds of the fit and of placing all rows of one modality, and the largest resident memory.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS
from mmalign_core.cost import peak_rss_mb
from mmalign_core.types import EmbeddingSet
from mmalign_core.types.strings import Strings

PARAMS = {
    "cca": {"reg": 0.1, "weighting": 2.0},
    "ridge": {"target": "text", "reg": 0.1},
    "infonce-linear": {"steps": 40},
}
"""Parameters that end a fit soon: a search over ridges, or more steps, take longer and no more memory."""
BLOCK = 1 << 14
"""Rows made at a time."""


def write(folder: Path, pairs: int, width: int) -> None:
    """Write images and texts that share 64 directions."""
    rng = np.random.default_rng(0)
    maps = [rng.standard_normal((64, width), dtype=np.float32) for _ in range(2)]
    files = [
        np.lib.format.open_memmap(folder / f"{m}.npy", "w+", np.float32, (pairs, width)) for m in ("image", "text")
    ]
    for start in range(0, pairs, BLOCK):
        many = min(BLOCK, pairs - start)
        hidden = rng.standard_normal((many, 64), dtype=np.float32)
        for file, linear in zip(files, maps):
            file[start : start + many] = hidden @ linear + 4 * rng.standard_normal((many, width), dtype=np.float32)


def fit(folder: Path, name: str) -> dict[str, Any]:
    """Fit one aligner on the files, and place the images."""
    vectors = {m: np.load(folder / f"{m}.npy", mmap_mode="r") for m in ("image", "text")}
    ids = Strings([f"item {i}" for i in range(len(vectors["image"]))])
    sets = {
        m: EmbeddingSet(m, ids, Strings([f"{m} {i}" for i in range(len(x))]), x, "given@1") for m, x in vectors.items()
    }
    begin = time.perf_counter()
    model = ALIGNERS.create(name, **PARAMS.get(name, {})).fit(sets)
    fitted = time.perf_counter()
    placed = model.transform(sets["image"])
    seconds = {"fit": round(fitted - begin, 1), "place": round(time.perf_counter() - fitted, 1)}
    return {
        "aligner": name,
        "placed": placed.shape,
        **seconds,
        "processor": round(time.process_time(), 1),
        "peak_mb": peak_rss_mb(),
    }


def main() -> None:
    """Write the files, then fit each aligner in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("aligners", nargs="*", default=list(PARAMS))
    parser.add_argument("--pairs", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.folder is not None:
        print(json.dumps(fit(args.folder, args.aligners[0])))
        return
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder), args.pairs, args.width)
        for name in args.aligners:
            command = [sys.executable, "-m", "benchmarks.fit_memory", name, "--folder", folder]
            print(subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
