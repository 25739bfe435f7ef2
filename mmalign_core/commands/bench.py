"""bench NAME: measure the speed of this machine."""

import argparse
import json

from mmalign_core.commands.shared import add_json, add_store, show_progress, store_of, write_result
from mmalign_core.workflow.comparison.benchmarks import BENCHES, bench

SUMMARY = "time exact search (topk) or fitting (align) on random vectors, beside a plain reference"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """NAME."""
    parser.add_argument("name", metavar="NAME", help=f"one of: {', '.join(BENCHES)}")
    parser.add_argument("--seed", type=int, default=0, help="of the random vectors (default: 0)")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Run the benchmark and print the result."""
    report = bench(args.name, store=store_of(args), seed=args.seed, progress=show_progress)
    rows = report.pop("rows", [])
    lines = [json.dumps(report)] + [
        f"{row['aligner']:16} fit {row['seconds'].get('fit', 0):8.3f} s, MRR {row['quality']}, {row['error'] or 'ok'}"
        for row in rows
    ]
    write_result(report | ({"rows": rows} if rows else {}), args, "\n".join(lines))
