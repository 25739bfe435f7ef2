"""align DATA: fit an aligner on a pair of modalities and measure it."""

import argparse
import time

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoded,
    opened,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, align, save_run

SUMMARY = "align two modalities of a collection and measure retrieval in both directions"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """DATA and every choice of an alignment."""
    add_data(parser)
    add_encoders(parser)
    parser.add_argument(
        "--pair", default="image:text", metavar="A:B", help="modalities to align (default: %(default)s)"
    )
    parser.add_argument("--aligner", default="bridge", metavar="NAME", help=_named("aligners"))
    parser.add_argument("--param", action="append", default=[], metavar="K=V", help="parameter of the aligner")
    parser.add_argument("--similarity", default="cosine", metavar="NAME", help=_named("similarities"))
    parser.add_argument("--correction", default="none", metavar="NAME", help=_named("corrections"))
    parser.add_argument("--matcher", default="argmax", metavar="NAME", help=_named("matchers"))
    parser.add_argument("--matcher-param", action="append", default=[], metavar="K=V", help="parameter of the matcher")
    held_out = parser.add_mutually_exclusive_group()
    held_out.add_argument("--test", type=float, metavar="SHARE", help="hold out this share of the items")
    held_out.add_argument("--folds", type=int, metavar="N", help="measure on N held-out folds")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the intervals and the fit (default: 0)")
    parser.add_argument("--save", metavar="RUN", help="name in the store, or a folder to write the run to")
    add_store(parser)
    add_json(parser)


def _named(kind: str) -> str:
    return f"one of `list {kind}` (default: %(default)s)"


def run(args: argparse.Namespace) -> None:
    """Read, encode, align, save if asked, report."""
    choices = _choices(args)
    choices.check()
    store = store_of(args)
    start = time.perf_counter()
    collection = opened(args)
    read_seconds = round(time.perf_counter() - start, 4)
    encoding = encoded(args, collection, store)
    done = align(collection, encoding, choices, store=store, progress=show_progress)
    done.report["seconds"]["read"] = read_seconds
    if args.save is not None:
        save_run(done, args.save, store=store)
    lines = [
        f"{way}: "
        + ", ".join(f"{name} {value:{'.3f' if isinstance(value, float) else 'd'}}" for name, value in row.items())
        for way, row in done.report["metrics"].items()
    ]
    write_result(done.report, args.json, "\n".join(lines))


def _choices(args: argparse.Namespace) -> Choices:
    pair = tuple(args.pair.split(":"))
    if len(pair) != 2 or pair[0] == pair[1] or not all(pair):
        raise BadInput(f"--pair {args.pair}: name two modalities, such as image:text")
    if args.test is not None and not 0 < args.test < 1:
        raise BadInput(f"--test {args.test:g}: a share of the items between 0 and 1, such as 0.2")
    if args.folds is not None and args.folds < 2:
        raise BadInput(f"--folds {args.folds}: at least 2")
    return Choices(
        (pair[0], pair[1]),
        args.aligner,
        parse_assignments(args.param),
        args.similarity,
        args.correction,
        args.matcher,
        parse_assignments(args.matcher_param),
        args.test,
        args.folds,
        args.seed,
    )
