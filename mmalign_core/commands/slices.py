"""slices RUN: where a run is better or worse than elsewhere, by every property that is known of its queries."""

import argparse

from mmalign_core.commands.shared import (
    add_json,
    add_run_table,
    add_store,
    check_run_table,
    settings_of,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.commands.targets import write_target
from mmalign_core.workflow import SLICE_METRICS, SliceReport, csv_table, find_slices, load_run

SUMMARY = "where a run is worse than elsewhere: slices of its queries, each with interval, difference, p and q"
_SHOWN = 10
"""Slices of each direction that the summary lists; chosen to fit a terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, what is measured, and where the slices go."""
    add_run_table(parser, "slices")
    parser.add_argument(
        "--metric", default="recall@10", metavar="NAME", help=f"one of {', '.join(SLICE_METRICS)} (default: recall@10)"
    )
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Slice, measure, and print or write."""
    check_run_table(args, "slices")
    store = store_of(args)
    found = find_slices(
        load_run(args.run_ref, store=store),
        store=store,
        direction=args.direction,
        metric=args.metric,
        settings=settings_of(args),
        progress=show_progress,
    )
    if args.csv:
        write_target(args, "csv", csv_table(found.table()))
    write_result(found.report(), args, _summary(found))


def _summary(found: SliceReport) -> str:
    lines = []
    for way, part in found.directions.items():
        which = "held-out queries" if found.held_out else "queries"
        low, high = part.ci95
        lines.append(
            f"{way}: {found.metric} {part.value:.3f} ({low:.3f} to {high:.3f}) of {part.n:,} {which} (split "
            f"{found.split}); {sum(one.is_significant for one in part.slices):,} of {len(part.slices):,} slices differ"
        )
        for one in part.slices[:_SHOWN]:
            lower, upper = one.difference_ci95
            mark = "*" if one.is_significant else " "
            lines.append(
                f" {mark} {one.group.label}: {one.value:.3f} of {one.n:,}, {one.difference:+.3f} ({lower:+.3f} to "
                f"{upper:+.3f}), p {one.p:.2g}, q {one.q:.2g}"
            )
    lines.append(f"* q < 0.05 after correction for all {found.n_tried:,} slices tried")
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])
