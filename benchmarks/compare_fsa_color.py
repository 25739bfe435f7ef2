"""`compare` of ten aligners on the FSA colour photographs, five folds, embedded encoders: seconds against the limit of
five minutes, and the recall that the best one reaches.

python benchmarks/compare_fsa_color.py [manifest] [aligners, separated by commas]
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, compare, encode, open_collection
from mmalign_core.workflow.comparison.ranking import Row

MANIFEST = Path(__file__).parents[2] / "shared/data/fsa_color/manifest.csv"
TEN = "bridge,relative,classic,procrustes,ridge,cca,infonce-linear,infonce-mlp,late-average,concat"
LIMIT = 300.0
REFERENCE = {"image->text": 0.45, "text->image": 0.52}
"""Recall@10 that the best aligner is to reach."""


def main(manifest: str = str(MANIFEST), aligners: str = TEN) -> None:
    """Print a row an aligner as it is done, then time and recall beside what was asked for."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        collection = open_collection(manifest)
        encoding = encode(collection, store=store)
        entries = [Choices(aligner=name, folds=5) for name in aligners.split(",")]
        print(f"{'':16}{'image->text R@10':>26}{'text->image R@10':>26}{'MRR':>7}{'fit s':>8}{'MB':>6}")
        start, used = time.perf_counter(), processor_seconds()
        done = compare(collection, encoding, entries, store=store, publish=show)
        wall, busy = time.perf_counter() - start, processor_seconds() - used
    print(f"\n{'':28}{'ours':>9}{'reference':>11}   n = {done.rows[0]['n_test']}, {done.rows[0]['split']}")
    print(f"{f'{len(entries)} aligners, wall seconds':28}{wall:9.1f}{LIMIT:11.1f}   ({busy:.0f} s of processor time)")
    for way, reference in REFERENCE.items():
        best = max(row["metrics"][way]["recall@10"] for row in done.rows if not row["error"])
        print(f"{f'best R@10 {way}':28}{best:9.3f}{reference:11.3f}")


def show(row: Row) -> None:
    """One line of the table."""
    if row["error"]:
        print(f"{row['aligner']:16}  {row['error']}", flush=True)
        return
    cells = ""
    for way, metrics in row["metrics"].items():
        low, high = row["ci95"][way]["recall@10"]
        cells += f"{metrics['recall@10']:.3f} [{low:.3f}, {high:.3f}]".rjust(26)
    fit, added = row["seconds"]["fit"], row["added_mb"]
    print(f"{row['aligner']:16}{cells}{row['quality']:7.3f}{fit:8.2f}{added:6.0f}", flush=True)


def processor_seconds() -> float:
    """User and system seconds of this process so far, all threads."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main(*sys.argv[1:])
