"""recommend RUN: the items of a run that suit a query, with reasons."""

import argparse

from mmalign_core.commands.shared import add_json, add_store, settings_of, store_of, write_result
from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Query, answer, load_run
from mmalign_core.workflow.recommending import as_json

SUMMARY = "top-k items for a text, picture, sound, item or user, with each modality's share of the score"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, one query, -k, weights."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    query = parser.add_mutually_exclusive_group(required=True)
    query.add_argument("--query-text", dest="text", metavar="T", help="a text in any language of the run's encoder")
    query.add_argument("--query-image", dest="image", metavar="F", help="a picture's file")
    query.add_argument("--query-audio", dest="audio", metavar="F", help="a sound's file")
    query.add_argument("--item", metavar="ID", help="more like this item of the run")
    query.add_argument("--user", metavar="ID", help="what suits this user's history")
    parser.add_argument("-k", type=int, default=10, help="how many items (default: 10)")
    parser.add_argument(
        "--weight", action="append", default=[], metavar="MODALITY=W", help="how much a modality counts, e.g. image=2"
    )
    parser.add_argument("--recommender", default="content", metavar="NAME", help="one of `list recommenders`")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Recommend and print."""
    query = Query(args.text, args.image, args.audio, args.item, args.user)
    store = store_of(args)
    found = answer(
        load_run(args.run_ref, store=store),
        query,
        store=store,
        k=args.k,
        weights=_weights(args.weight),
        recommender=args.recommender,
        settings=settings_of(args),
    )
    summary = "\n".join(f"{r.rank:3d}  {r.id}  {r.reason}" for r in found.found)
    write_result(as_json(found), args.json, summary)


def _weights(assignments: list[str]) -> dict[str, float] | None:
    try:
        return {name: float(value) for name, value in parse_assignments(assignments).items()} or None
    except ValueError as error:
        raise BadInput(f"--weight {' '.join(assignments)}: each weight is a number, such as image=2") from error
