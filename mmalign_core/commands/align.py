"""align DATA: fit an aligner on a pair of modalities and measure it."""

import argparse
import sys
import time
from dataclasses import replace

from mmalign_core.commands.choices import add_choices, choices_of, pair_of
from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoded,
    encoders_of,
    opened,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.encoders import full_reference
from mmalign_core.params import parse_assignments
from mmalign_core.types import Collection
from mmalign_core.workflow import align, check_collection, check_save, sampled_words, save_run
from mmalign_core.workflow.menus.default_aligner import default_aligner

START_KEPT = "training did not help on held-out pairs, so this is the linear start"
SUMMARY = "align two modalities of a collection and measure retrieval in both directions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA and the options of an alignment."""
    add_data(parser)
    add_encoders(parser)
    default = "by the encoders: as-is if they share a space, else pivot, bridge or relative"
    parser.add_argument("--aligner", metavar="NAME", help=f"one of `list aligners` (default: {default})")
    parser.add_argument("--param", action="append", default=[], metavar="K=V", help="parameter of the aligner")
    add_choices(parser)
    parser.add_argument("--save", metavar="RUN", help="name in the store, or a folder to write the run to")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Read, encode, align, save with --save, and print the report."""
    params = dict(parse_assignments(args.param))
    choices_of(args, args.aligner or "as-is", params if args.aligner else {}).check()
    store = store_of(args)
    if args.save is not None:
        check_save(args.save, store=store, force=args.force)
    start = time.perf_counter()
    collection = opened(args)
    choices = choices_of(args, args.aligner or _default_aligner(args, collection), params)
    choices.check()
    check_collection(collection, choices)
    if caution := choices.caution(collection):
        print(f"note: {caution}", file=sys.stderr, flush=True)
    read_seconds = round(time.perf_counter() - start, 4)
    encoding = encoded(args, collection, store)
    done = align(collection, encoding, choices, store=store, progress=show_progress)
    done.report["seconds"]["read"] = read_seconds
    done = replace(done, report={**done.report, "aligner_by": "name" if args.aligner else "default"})
    if args.save is not None:
        save_run(done, args.save, store=store, force=args.force)
    lines = [] if args.aligner else [f"aligner: {choices.aligner}, the default for these encoders"]
    lines += [
        f"{way}: "
        + ", ".join(f"{name} {value:{'.3f' if isinstance(value, float) else 'd'}}" for name, value in row.items())
        for way, row in done.report["metrics"].items()
    ]
    lines += [f"nothing to measure: {done.report['unmeasured']}"] * bool(done.report["unmeasured"])
    lines += [f"note: {sampled_words(done.report)} (--exact)"] * bool(done.report["sampled"])
    lines += [f"note: {way} is no better than with shuffled pairs" for way in done.report["at_chance"]]
    lines += [f"note: {done.report['caution']}"] * bool(done.report["caution"])
    lines += [f"note: {START_KEPT}"] * done.report["start_kept"]
    write_result(done.report, args, "\n".join(lines))


def _default_aligner(args: argparse.Namespace, collection: Collection) -> str:
    """The default aligner for the --encoder options, whose references are normalised first."""
    encoders = {modality: full_reference(reference) for modality, reference in encoders_of(args).items()}
    return default_aligner(pair_of(args), encoders, collection.vectors)
