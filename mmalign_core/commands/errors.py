"""errors RUN: every query of a run, worst first, with what was chosen, what is right, and why it went wrong."""

import argparse
from collections import Counter

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
from mmalign_core.workflow import ErrorReport, find_errors, load_run

SUMMARY = "every query of a run, worst first: what was chosen, what is right, how far apart, and why"
_SHOWN = 10
"""Queries that the summary lists; chosen to fit a terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, which of its queries, and where they go."""
    add_run_table(parser, "queries")
    parser.add_argument("--held-out", action="store_true", help="only queries that were kept from the fit")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Judge, look for causes, and print or write."""
    check_run_table(args, "errors")
    store = store_of(args)
    found = find_errors(
        load_run(args.run_ref, store=store),
        store=store,
        direction=args.direction,
        held_out=args.held_out,
        settings=settings_of(args),
        progress=show_progress,
    )
    if args.csv:
        write_target(args, "csv", found.csv())
    write_result(found.report(), args, _summary(found))


def _summary(found: ErrorReport) -> str:
    lines = []
    for way, part in found.directions.items():
        judged = part.judgements
        names = Counter(cause.name for causes in part.causes for cause in causes)
        why = "; ".join(f"{name} {count:,}" for name, count in names.most_common()) or "no cause found"
        lines.append(
            f"{way}: {int((judged.rank > 1).sum()):,} of {len(judged):,} queries do not have a right answer first "
            f"(split {found.split}, {int(judged.held_out.sum()):,} held out); {why}"
        )
    for way, row in list(found.worst_first())[:_SHOWN]:
        part = found.directions[way]
        judged, causes = part.judgements, ", ".join(cause.name for cause in part.causes[row])
        lines.append(
            f"  {way} {judged.queries.ids[row]}: right answer {judged.rank[row]:,} of {judged.n_candidates[row]:,}, "
            f"chosen {judged.candidates.ids[judged.chosen[row]]}{f' ({causes})' if causes else ''}"
        )
    lines += [f"{len(found.missing):,} items lack a side and are no queries"] if found.missing else []
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])
