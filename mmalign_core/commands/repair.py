"""repair RUN: refit without marked or suggested pairs, and measure both fits on the same held-out items.

JSON: {"before": {direction: metrics}, "after": {…}, "ci95": {"before": …, "after": …}, "difference": {direction:
{metric: {"value", "ci95", "p"}}}, "mean_mrr", "fixed": [ids], "broken": [ids], "by_direction", "dropped": [{"id",
"modality", "action", "other", "because", "suspicion", "note"}], "re_paired": [ids], "not_measured": [ids],
"n_held_out", "split", "verdict"}.
"""

import argparse

from mmalign_core.commands.shared import add_json, add_store, show_progress, store_of, write_result
from mmalign_core.params import parse_assignments
from mmalign_core.workflow import Repair, check_save, load_run, repair_run, save_run

SUMMARY = "drop or re-pair wrong pairs, fit again, and show on held-out items what that brings"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, which pairs, another aligner, --save, --store, --json."""
    parser.add_argument("run_ref", metavar="RUN", help="name in the store, or folder of a saved run")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--marks", action="store_true", help="repair the pairs that are marked")
    suggested = "drop or re-pair the N most suspected training pairs, at most half of all"
    which.add_argument("--suggested", type=int, metavar="N", help=suggested)
    parser.add_argument("--aligner", metavar="NAME", help="fit this one of `list aligners` (default: the run's own)")
    parser.add_argument("--param", action="append", default=[], metavar="K=V", help="parameter of --aligner")
    parser.add_argument("--save", metavar="RUN2", help="name in the store, or a folder, for the repaired run")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Repair, save if asked, report."""
    store = store_of(args)
    if args.save is not None:
        check_save(args.save, store=store, source=args.run_ref, force=args.force)
    params = dict(parse_assignments(args.param))
    found = load_run(args.run_ref, store=store)
    done = repair_run(
        found, store=store, suggested=args.suggested, aligner=args.aligner, params=params, progress=show_progress
    )
    if args.save is not None:
        repaired = done.repaired_run(store=store, progress=show_progress)
        save_run(repaired, args.save, store=store, force=args.force)
    write_result(done.report(), args, _summary(done))


def _summary(done: Repair) -> str:
    report = done.report()
    lines = [f"{done.plan.choices.aligner}, {report['split']}, {report['n_held_out']} held-out items measured"]
    if report["not_measured"]:
        lines.append(f"{len(report['not_measured'])} held-out items are marked wrong and not measured")
    changed = f"{report['n_dropped']} changes among the training pairs"
    lines.append(f"{changed}, {len(report['re_paired'])} of them re-paired")
    for way, row in report["difference"].items():
        shown = [f"{name} {report['before'][way][name]:.3f} {found['value']:+.3f}" for name, found in row.items()]
        lines.append(f"{way}: {', '.join(shown)}")
    lines.append(f"{len(report['fixed'])} items fixed, {len(report['broken'])} broken")
    return "\n".join([*lines, done.verdict()])
