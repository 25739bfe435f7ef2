"""Heads that read sequences beside the linear head, on held-out items of a collection: recall and seconds of fitting.

    python benchmarks/sequence_heads.py DATA [--pair image:text] [--test 0.2] [--seeds 0,1,2] [--aligners a,b]

Recall in percent, mean over the seeds (each another split and another fit) and half the range after ±; CPU seconds of
one fit. With concepts and text the zero-shot bridge is left out of all, so that only what is read differs.
"""

import argparse
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from mmalign_core.aligners import ALIGNERS
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, align, encode, open_collection

NAMES = ("infonce-linear", "cnn", "rnn", "transformer", "cross-attention")


def row(name: str, data: str, pair: tuple[str, str], test: float, seeds: list[int], store: Store) -> str:
    """One line of the table."""
    collection = open_collection(data)
    encoding = encode(collection, store=store)
    plain = {"prior": "off"} if "prior" in ALIGNERS.get(name).declared_params() else {}
    found, cpu = [], []
    for seed in seeds:
        start = time.process_time()
        run = align(collection, encoding, Choices(pair, name, plain, test=test, seed=seed), store=store)
        cpu.append(time.process_time() - start)
        ways = run.report["metrics"].values()
        found.append([100 * way[f"recall@{k}"] for way in ways for k in (1, 10)])
        n = run.report["n_test"]
    middle, spread = np.mean(found, 0), np.ptp(found, 0) / 2
    cells = "  ".join(f"{m:5.1f} ±{s:3.1f}" for m, s in zip(middle, spread))
    return f"{name:16} {n:5d}  {cells}  {np.mean(cpu):7.1f}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--pair", default="image:text")
    parser.add_argument("--test", type=float, default=0.2)
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--aligners", default=",".join(NAMES))
    args = parser.parse_args()
    source, target = args.pair.split(":")
    print(f"{'aligner':16} {'n':>5}   R@1 {source}->   R@10       R@1 {target}->    R@10      CPU s", flush=True)
    for name in args.aligners.split(","):
        seeds = [int(seed) for seed in args.seeds.split(",")]
        print(row(name, args.data, (source, target), args.test, seeds, Store(Settings().root)), flush=True)


if __name__ == "__main__":
    main()
