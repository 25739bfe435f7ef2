"""The query of `recommend`: its options, and the run or data of one modality to which it applies."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from mmalign_core.commands.shared import encoders_of, is_run, settings_of, show_progress
from mmalign_core.params import parse_assignments
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import QueryPart, QuerySpec, Run, encode, load_run, open_collection, with_interactions
from mmalign_core.workflow.alignment.choices import pairs_of
from mmalign_core.workflow.alignment.run import as_encoded
from mmalign_core.workflow.recommendation.index_choice import INDEXED_FROM

_OPTIONS = (
    ("--query-text", "text", 1, "T", "a text in any language of the run's encoder"),
    ("--query-image", "image", 1, "F", "a picture's file"),
    ("--query-audio", "audio", 1, "F", "a sound's file"),
    ("--query-video", "video", 1, "F", "a video's file"),
    ("--item", "item", 1, "ID", "more like this item of the run"),
    ("--user", "user", 1, "ID", "what suits this user's history"),
    ("--not-text", "text", -1, "T", "not like this text"),
    ("--not-image", "image", -1, "F", "not like this picture"),
    ("--not-audio", "audio", -1, "F", "not like this sound"),
    ("--not-video", "video", -1, "F", "not like this video"),
    ("--not-item", "item", -1, "ID", "not like this item"),
)
"""Option, kind of part, sign of its weight (1 for, -1 against), name of its value, help."""


class _AddPart(argparse.Action):
    """Appends a part of the query, so that parts of different options stay in the order of the command line."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, *_: Any) -> None:
        kind, sign = self.const
        namespace.parts = [*namespace.parts, (kind, value, sign)]


def add_query(parser: argparse.ArgumentParser) -> None:
    """Add six repeatable options to search with, five to avoid, and --mix."""
    group = parser.add_argument_group("query", "one or several of these; those named not- count against")
    for option, kind, sign, shown, words in _OPTIONS:
        group.add_argument(
            option, action=_AddPart, const=(kind, sign), dest="parts", default=[], metavar=shown, help=words
        )
    group.add_argument("--mix", metavar="W,W,…", help="weights of the parts, in the order given (default: 1 each)")


def add_results(parser: argparse.ArgumentParser) -> None:
    """Add the options of the results: number, recommender, filters, diversity and popularity."""
    parser.add_argument("-k", type=int, default=10, help="how many items (default: 10)")
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="MODALITY=W",
        help="weight of a modality, e.g. --weight image=2 --weight text=1; the others then weigh 0",
    )
    parser.add_argument("--recommender", default="content", metavar="NAME", help="one of `list recommenders`")
    parser.add_argument("--param", action="append", default=[], metavar="K=V", help="a parameter of the recommender")
    parser.add_argument("--seed", type=int, default=0, help="of a recommender that learns (default: 0)")
    parser.add_argument(
        "--index",
        default="auto",
        metavar="HOW",
        help=f"exact: compare all items; approximate: ask an index, made once; auto: from {INDEXED_FROM:,} items on",
    )
    parser.add_argument("--interactions", metavar="FILE", help="user_id,item_id[,rating,timestamp], for the run's own")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COND", help="year>=1960, group=birds, title~dog, has:image"
    )
    parser.add_argument("--diversity", type=float, default=0.0, metavar="X", help="0 to 1: less alike (default: 0)")
    parser.add_argument(
        "--popularity", type=float, default=0.0, metavar="X", help="-1 to 1: more or less of the popular (default: 0)"
    )
    parser.add_argument("--include-seen", action="store_true", help="also items of the user's history")


def query_of(args: argparse.Namespace) -> QuerySpec:
    """The query from the options. Raises BadInput if it has no parts, or the mix or a weight is invalid."""
    if not args.parts:
        raise BadInput(
            "the query is empty; add --query-text, --query-image, --query-audio, --query-video, --item or --user"
        )
    mix = _mix(args.mix, len(args.parts))
    return QuerySpec(
        tuple(QueryPart(kind, value, sign * weight) for (kind, value, sign), weight in zip(args.parts, mix)),
        weights=_weights(args.weight),
        where=tuple(args.where),
        k=args.k,
        diversity=args.diversity,
        popularity=args.popularity,
        include_seen=args.include_seen,
    )


def _mix(text: str | None, parts: int) -> list[float]:
    if text is None:
        return [1.0] * parts
    try:
        mix = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInput(f"--mix {text}: write numbers with commas between them, such as 1,0.5") from error
    if len(mix) != parts:
        many = "1 part of the query" if parts == 1 else f"{parts} parts of the query"
        raise BadInput(f"--mix {text}: {len(mix)} weights for {many}; give one each, in their order")
    return mix


def _weights(assignments: list[str]) -> dict[str, float] | None:
    given = parse_assignments(assignments)
    try:
        return {name: float(value) for name, value in given.items()} or None
    except ValueError as error:
        raise BadInput(f"--weight {' '.join(assignments)}: each weight is a number, such as image=2") from error


def run_of(args: argparse.Namespace, store: Store) -> tuple[Run, int]:
    """The run that RUN names, or a run of the encoded DATA, and the number of interactions that were left out.

    Raises BadInput if there is neither, or items of DATA have several modalities and must be aligned first.
    """
    if Path(os.path.expanduser(args.run_ref)).exists() and not is_run(args.run_ref, store):
        return _of_data(args, store)
    if args.encoder:
        raise BadInput(f"'{args.run_ref}' is a run, which keeps its own encoders; give DATA for others")
    run = load_run(args.run_ref, store=store)
    if not args.interactions:
        return run, 0
    run, left_out = with_interactions(run, args.interactions, settings=settings_of(args))
    return run, len(left_out)


def _of_data(args: argparse.Namespace, store: Store) -> tuple[Run, int]:
    settings = settings_of(args)
    collection = open_collection(
        args.run_ref, interactions=args.interactions, settings=settings, progress=show_progress
    )
    if pairs := pairs_of(collection):
        raise BadInput(
            f"'{args.run_ref}' is no run, and its items have both {' and '.join(pairs[0])}; align them first "
            f"(align {args.run_ref} --pair {':'.join(pairs[0])} --save NAME) and give that run"
        )
    encoding = encode(collection, encoders_of(args), store=store, settings=settings, progress=show_progress)
    return as_encoded(collection, encoding), 0
