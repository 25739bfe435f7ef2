"""compare DATA: several aligners on the same items and split, in ranking order."""

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from mmalign_core.aligners import ALIGNERS
from mmalign_core.commands.choices import add_choices, choices_of, pair_of
from mmalign_core.commands.engine_options import add_engine, engine_of
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
from mmalign_core.metrics.report import at_chance
from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, Comparison, Encoding, check_collection, ranked, takers
from mmalign_core.workflow.comparison.comparison import compare_on
from mmalign_core.workflow.comparison.ranking import Row, with_starts_folded

SUMMARY = "measure several aligners on the same held-out items, one row each, best first"
ALL = "all"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA, the aligners and their common options."""
    add_data(parser)
    add_encoders(parser)
    parser.add_argument(
        "--aligners", required=True, metavar="A,B,…", help="names of `list aligners`, or all that can take the pair"
    )
    parser.add_argument("--param", action="append", default=[], metavar="A.K=V", help="parameter of aligner A")
    add_choices(parser)
    parser.add_argument(
        "--curve", type=int, default=0, metavar="N", help="also fit on 1/2, 1/4, … of the pairs: N points in all"
    )
    add_engine(parser)
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Read, encode, compare and print the report; if it is interrupted, print the finished rows."""
    names: Sequence[str] = [name.strip() for name in args.aligners.split(",")]
    use_all = names == [ALL]
    for entry in _entries(args, ALIGNERS.names() if use_all else names):
        entry.check()
    store = store_of(args)
    with engine_of(args) as engine:
        collection = opened(args)
        check_collection(collection, choices_of(args, "as-is", {}))
        encoding = encoded(args, collection, store, engine.write_batches)
        names = _takers(encoding, args) if use_all else names
        for caution in filter(None, (Choices(pair_of(args), name).caution(collection) for name in names)):
            print(f"note: {caution}", file=sys.stderr, flush=True)
        rows: list[Row] = []
        try:
            compare_on(
                engine,
                collection,
                encoding,
                _entries(args, names),
                store=store,
                curve=args.curve,
                progress=show_progress,
                publish=rows.append,
            )
        finally:
            if not all(row["error"] for row in rows):
                done = ranked(rows, seed=args.seed)
                write_result(_report(args, encoding, done), args, table(done))
    if all(row["error"] for row in rows):
        reasons = dict.fromkeys(f"{row['aligner']}: {row['error']}" for row in rows)
        raise BadInput(f"none of the aligners could be measured ({'; '.join(reasons)})")


def _report(args: argparse.Namespace, encoding: Encoding, done: Comparison) -> dict[str, Any]:
    return {
        "pair": args.pair,
        **{name: done.rows[0][name] for name in ("split", "n_train", "n_test", "shared_content")},
        **{name: getattr(args, name) for name in ("similarity", "correction", "matcher", "seed")},
        "encoders": dict(encoding.encoders),
        "rows": done.report(),
    }


def _takers(encoding: Encoding, args: argparse.Namespace) -> Sequence[str]:
    pair = choices_of(args, "as-is", {}).pair
    names = takers(encoding, pair)
    if not names:
        raise BadInput(f"no aligner takes {args.pair}; see: list aligners")
    return names


def _entries(args: argparse.Namespace, names: Sequence[str]) -> list[Choices]:
    params: dict[str, dict[str, str]] = {name: {} for name in names}
    if len(params) < len(names):
        twice = next(name for name in names if list(names).count(name) > 1)
        raise BadInput(f"--aligners {args.aligners}: '{twice}' is named twice")
    for whole, value in parse_assignments(args.param).items():
        aligner, dot, name = whole.partition(".")
        if not dot or aligner not in params:
            raise BadInput(
                f"--param {whole}={value}: name one of the compared aligners and its parameter, such as "
                f"{names[0]}.k=v (they are: {', '.join(names)})"
            )
        params[aligner][name] = value
    return [choices_of(args, name, params[name]) for name in names]


def table(comparison: Comparison) -> str:
    """The comparison as a text table: recall@10 with its interval in both directions, MRR, seconds and memory."""
    head = comparison.rows[0]
    shared = "" if not head["shared_content"] else f", {head['shared_content']} share content with the fitted ones"
    how = "nothing held out" if head["split"] == "none" else head["split"]
    lines = [f"{how}: {head['n_train']} pairs fitted, {head['n_test']} measured{shared}"]
    ways = next((list(row["metrics"]) for row in comparison.rows if not row["error"]), [])
    titles = [f"{way} R@10" for way in ways]
    lines.append(f"{'aligner':22}" + "".join(f"{t:>26}" for t in titles) + f"{'MRR':>8}{'fit s':>9}{'added MB':>10}")
    rows, kept = with_starts_folded(comparison.rows)
    return "\n".join([*lines, *(_line(row, ways) for row in rows), *(f"note: {each.words}" for each in kept)])


def _line(row: Row, ways: Sequence[str]) -> str:
    if row["error"]:
        return f"{row['aligner']:22}  failed: {row['error']}"
    cells = ""
    for way in ways:
        low, high = row["ci95"][way]["recall@10"]
        cells += f"{row['metrics'][way]['recall@10']:10.3f} [{low:.3f}, {high:.3f}]".rjust(26)
    mark = "  (transductive)" if row["transductive"] else ""
    mark += "".join(f"  ({way} at chance)" for way in at_chance(row))
    return f"{row['aligner']:22}{cells}{row['quality']:8.3f}{row['seconds']['fit']:9.2f}{row['added_mb']:10.0f}{mark}"
