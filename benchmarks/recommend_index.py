"""`recommend` over vectors of one's own on disk, by an index: making it, warm answers, recall@10 and memory.

    python benchmarks/recommend_index.py [--rows 1000000] [--width 64] [--folder DIR] [--exact 20]

Rows are those of `index_speed.py`. One process makes the index as `recommend DATA --index approximate` does, a fresh
one answers by it: "more like this item", each item asked once after one that warms up. `--exact`: the number of answers
that are also made by comparing all, in a third process. Memory: the largest resident set, which counts the pages of
mapped files, and what of it is no file's at the end. 10,000,000 x 64 need 12 GB of disk, which are freed at the end.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.index_speed import blocks
from mmalign_core.recommend.item_index import IndexedItems
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import QuerySpec, answer, encode, fit_recommender, open_collection
from mmalign_core.workflow.alignment.run import as_encoded

ASKED = 100


def write(folder: Path, rows: int, width: int) -> None:
    """Write DATA: image_vector.npy and ids.txt."""
    folder.mkdir()
    with (folder / "image_vector.npy").open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": (rows, width)})
        for _, vectors in blocks(rows, width):
            file.write(np.ascontiguousarray(vectors, "<f4").data)
    with (folder / "ids.txt").open("w") as file:
        for start in range(0, rows, 1 << 16):
            file.write("".join(f"{number}\n" for number in range(start, min(rows, start + (1 << 16)))))


def step(name: str, folder: Path) -> None:
    """Make the index, or answer, and print seconds and memory."""
    settings = Settings(max_rows=100_000_000, max_file_bytes=1 << 40)
    store = Store(folder / "home")
    spent = Clock()
    collection = open_collection(str(folder / "data"), settings=settings)
    run = as_encoded(collection, encode(collection, store=store, settings=settings))
    spent.say(f"{len(collection.ids):,} items opened")
    how = "exact" if name == "exact" else "approximate"
    fitted = fit_recommender(run, index=how, store=store)
    spent.say({"make": "index made and kept", "answer": "index opened", "exact": "items placed"}[name])
    if name == "make":
        assert isinstance(fitted.items, IndexedItems)
        print(f"recall@10 as the index says: {fitted.items.recall:.3f}, of {fitted.items.asked} items")
        return
    rng = np.random.default_rng(1)
    asked = rng.choice(len(collection.ids), ASKED + 1, replace=False)
    count = ASKED if name == "answer" else json.loads((folder / "exact.json").read_text())
    times, used, found = [], [], {}
    for number in asked[: count + 1]:
        begun, cpu = time.perf_counter(), time.process_time()
        made = answer(run, QuerySpec.of(item=collection.ids[int(number)]), store=store, recommender=fitted)
        times.append(1000 * (time.perf_counter() - begun))
        used.append(1000 * (time.process_time() - cpu))
        found[str(number)] = [one.id for one in made.results]
        assert all(abs(sum(one.contributions.values()) - one.score) < 1e-6 for one in made.results)
    low, high = np.percentile(times[1:], [50, 95])
    print(
        f"{count} answers, warm: median {low:.1f} ms, p95 {high:.1f} ms, cpu {np.median(used[1:]):.1f} ms", flush=True
    )
    (folder / f"{name}.found").write_text(json.dumps(found))
    spent.say("answered")


class Clock:
    """Prints what each part took since the one before."""

    def __init__(self) -> None:
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def say(self, what: str) -> None:
        """Print the part, its seconds, and memory now and at most."""
        wall, cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        own = int(status["RssAnon"].split()[0]) / 1e3
        print(
            f"{what:28} {wall:8.1f} s  cpu {cpu:8.1f} s  peak {peak:7.0f} MB, of no file now {own:7.0f} MB", flush=True
        )
        self.wall, self.cpu = time.perf_counter(), time.process_time()


def main() -> None:
    """Run the steps, each in a process of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--folder", type=Path, help="where all of it lies (default: a temporary folder)")
    parser.add_argument("--exact", type=int, default=20)
    parser.add_argument("--step", choices=("make", "answer", "exact"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        return step(args.step, args.folder)
    made = Path(tempfile.mkdtemp(prefix="mmalign-recommend-", dir=args.folder))
    try:
        write(made / "data", args.rows, args.width)
        (made / "exact.json").write_text(str(args.exact))
        print(f"{args.rows:,} x {args.width}, {args.rows * args.width * 4 / 1e9:.2f} GB of vectors", flush=True)
        for name in ("make", "answer", *(["exact"] if args.exact else [])):
            subprocess.run([sys.executable, __file__, "--folder", str(made), "--step", name], check=True)
        if args.exact:
            right, found = (json.loads((made / f"{name}.found").read_text()) for name in ("exact", "answer"))
            share = np.mean([len(set(right[item]) & set(found[item])) / 10 for item in right])
            print(f"recall@10 of {len(right)} answers against comparing all: {share:.3f}")
    finally:
        shutil.rmtree(made)


if __name__ == "__main__":
    main()
