"""The options of an alignment, which `align` and `compare` share."""

from __future__ import annotations

import argparse

from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Add the options for the pair, similarity, correction, matcher, held-out items and seed."""
    parser.add_argument(
        "--pair", default="image:text", metavar="A:B", help="modalities to align (default: %(default)s)"
    )
    parser.add_argument("--similarity", default="cosine", metavar="NAME", help=one_of("similarities"))
    parser.add_argument("--correction", default="none", metavar="NAME", help=one_of("corrections"))
    _add_parameters(parser, "correction")
    parser.add_argument("--matcher", default="argmax", metavar="NAME", help=one_of("matchers"))
    _add_parameters(parser, "matcher")
    held_out = parser.add_mutually_exclusive_group()
    held_out.add_argument("--test", type=float, metavar="SHARE", help="hold out this share of the items")
    held_out.add_argument("--folds", type=int, metavar="N", help="measure on N held-out folds")
    held_out.add_argument(
        "--fold-column", metavar="C", help="measure on the folds that this metadata column gives: one for each value"
    )
    parser.add_argument(
        "--time-column", metavar="C", help="with --test: hold out the latest items by this column of numbers or dates"
    )
    parser.add_argument(
        "--exact", action="store_true", help="measure all queries, also where a sample of them is measured otherwise"
    )
    parser.add_argument(
        "--model-texts", action="store_true", help="measure items whose text a model made too (column text_by)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the split, the intervals and the fit (default: 0)")


def one_of(kind: str) -> str:
    """The help text of an option that takes a registered name."""
    return f"one of `list {kind}` (default: %(default)s)"


def pair_of(args: argparse.Namespace) -> tuple[str, str]:
    """The two modalities of --pair. Raises BadInput if it does not name two."""
    pair = tuple(args.pair.split(":"))
    if len(pair) != 2 or pair[0] == pair[1] or not all(pair):
        raise BadInput(f"--pair {args.pair}: name two modalities, such as image:text")
    return pair[0], pair[1]


def choices_of(args: argparse.Namespace, aligner: str, params: dict[str, str]) -> Choices:
    """The options as Choices for this aligner. Raises BadInput with the invalid option."""
    pair = pair_of(args)
    if args.test is not None and not 0 < args.test < 1:
        raise BadInput(f"--test {args.test:g}: a share of the items between 0 and 1, such as 0.2")
    if args.folds is not None and args.folds < 2:
        raise BadInput(f"--folds {args.folds}: at least 2")
    return Choices(
        pair=pair,
        aligner=aligner,
        params=params,
        similarity=args.similarity,
        correction=args.correction,
        correction_params=parse_assignments(args.correction_param),
        matcher=args.matcher,
        matcher_params=parse_assignments(args.matcher_param),
        test=args.test,
        folds=args.folds,
        fold_column=args.fold_column,
        time_column=args.time_column,
        seed=args.seed,
        exact=args.exact,
        model_texts=args.model_texts,
    )


def _add_parameters(parser: argparse.ArgumentParser, what: str) -> None:
    parser.add_argument(
        f"--{what}-param", action="append", default=[], metavar="K=V", help=f"parameter of the {what}, repeatable"
    )
