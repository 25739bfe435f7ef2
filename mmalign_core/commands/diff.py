"""diff RUN_A RUN_B: what differs between two runs, on the queries that both were asked.

JSON: {"a", "b", "difference": {direction: {metric: {"a", "b", "value", "ci95", "p"}}}, "queries": {direction: {"n",
"won": [ids], "lost": [ids], …}}, "drift": {modality: {"n", "k", "mean", "moved"}}, "choices", "data", "notes"}. The
value is B less A. A query is won where B decides it right and A does not.
"""

from __future__ import annotations

import argparse

from mmalign_core.commands.shared import add_json, add_store, show_progress, store_of, write_result
from mmalign_core.workflow import load_run
from mmalign_core.workflow.error_analysis.differences import RunDifference, compare_runs

SUMMARY = "what differs between two runs: metrics with paired intervals, queries won and lost, drift, choices, data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The two runs, --store, --json."""
    parser.add_argument("run_a", metavar="RUN_A", help="a run's name or folder: what to compare with")
    parser.add_argument("run_b", metavar="RUN_B", help="a run's name or folder: differences are B less A")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Compare and print."""
    store = store_of(args)
    runs = [load_run(ref, store=store) for ref in (args.run_a, args.run_b)]
    found = compare_runs(*runs, store=store, progress=show_progress)
    write_result(found.report(), args, _summary(found))


def _summary(found: RunDifference) -> str:
    lines = [f"not compared: {found.unmeasured}"] * bool(found.unmeasured)
    for way, each in found.directions.items():
        lines.append(f"{way}, {len(each.items):,} queries: {len(each.won):,} won, {len(each.lost):,} lost")
        lines += [
            f"  {name}: {row['a']:.3f} to {row['b']:.3f}, difference {row['value']:+.3f} "
            f"(95% interval {row['ci95'][0]:+.3f} to {row['ci95'][1]:+.3f})"
            for name, row in each.metrics().items()
        ]
    lines += [
        f"{modality}: {drift.kept.mean():.0%} of the {drift.k} nearest neighbours kept"
        for modality, drift in found.drift.items()
    ]
    lines += [f"{name}: {a} to {b}" for name, (a, b) in found.choices.items()]
    data = found.data
    counts = (("added", data.added), ("removed", data.removed), ("changed", data.changed))
    said = ", ".join(f"{len(items):,} {word}" for word, items in counts if items)
    lines += [f"items: {said}"] * bool(said)
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])
