"""recommend RUN: the items of a run, or of data of one modality, that suit a query, with reasons."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from mmalign_core.commands.answering import run_of
from mmalign_core.commands.asking import add_query, query_of
from mmalign_core.commands.shared import (
    add_encoders,
    add_json,
    add_store,
    settings_of,
    show_progress,
    store_of,
    write_file,
    write_result,
)
from mmalign_core.commands.wording import Wording, add_wording, model_of, worded
from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, Run, answer
from mmalign_core.workflow.answers.reasons import Reasons, every_reason
from mmalign_core.workflow.answers.recommending import as_json
from mmalign_core.workflow.explain.answers import RecommendationMaps, explain_recommendation
from mmalign_core.workflow.export.exporting import as_html

SUMMARY = "top-k items for texts, pictures, sounds, items or users, for and against, with each modality's share"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN or DATA, the query, who answers and how, what comes out."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder, or data of one modality alone")
    add_encoders(parser)
    add_query(parser)
    _add_answer(parser)
    add_wording(parser)
    parser.add_argument("--explain", action="store_true", help="every way to take each score apart, and what-if ranks")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page with media and reasons")
    parser.add_argument(
        "--maps", type=int, default=0, metavar="N", help="with --html: where in the media, for the first N items"
    )
    add_store(parser)
    add_json(parser)


def _add_answer(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-k", type=int, default=10, help="how many items (default: 10)")
    parser.add_argument(
        "--weight",
        action="append",
        default=[],
        metavar="MODALITY=W",
        help="how much a modality counts, e.g. --weight image=2 --weight text=1; those not named then do not",
    )
    parser.add_argument("--recommender", default="content", metavar="NAME", help="one of `list recommenders`")
    parser.add_argument("--param", action="append", default=[], metavar="K=V", help="a parameter of the recommender")
    parser.add_argument("--seed", type=int, default=0, help="of a recommender that learns (default: 0)")
    parser.add_argument("--interactions", metavar="FILE", help="user_id,item_id[,rating,timestamp], for the run's own")
    parser.add_argument(
        "--where", action="append", default=[], metavar="COND", help="year>=1960, group=birds, title~dog, has:image"
    )
    parser.add_argument("--diversity", type=float, default=0.0, metavar="X", help="0 to 1: less alike (default: 0)")
    parser.add_argument(
        "--popularity", type=float, default=0.0, metavar="X", help="-1 to 1: more or less of the popular (default: 0)"
    )
    parser.add_argument("--include-seen", action="store_true", help="also what the user has met already")


def run(args: argparse.Namespace) -> None:
    """Recommend and print."""
    query = query_of(args)
    if args.html in ("", "-"):
        raise BadInput(f"--html '{args.html}': name a file for the page, such as --html answer.html")
    if args.maps and not args.html:
        raise BadInput(f"--maps {args.maps}: maps are drawn on the page; name it with --html OUT")
    model, store = model_of(args), store_of(args)
    opened, skipped = run_of(args, store)
    found = answer(
        opened,
        query,
        store=store,
        k=args.k,
        weights=_weights(args.weight),
        recommender=args.recommender,
        params=parse_assignments(args.param),
        diversity=args.diversity,
        popularity=args.popularity,
        where=args.where,
        include_seen=args.include_seen,
        seed=args.seed,
        settings=settings_of(args),
        progress=show_progress,
    )
    _write(args, opened, worded(args, opened, found, model), skipped)


def _write(args: argparse.Namespace, run: Run, words: Wording, skipped: int) -> None:
    found = words.answer
    why = every_reason(found) if args.explain or args.html else ()
    result: dict[str, Any] = as_json(found) | words.as_json | ({"skipped_interactions": skipped} if skipped else {})
    for item, each in zip(result["items"], why if args.explain else ()):
        item |= _reasons(each)
    if args.html:
        write_file(
            args.html, as_html(found, run=run, reasons=why, maps=_maps(args, run, found), told=words.told), "--html"
        )
    lines = [*words.lines, _summary(found, why if args.explain else (), skipped)]
    write_result(result, args.json, "\n".join(lines))


def _maps(args: argparse.Namespace, run: Run, found: Answer) -> dict[str, RecommendationMaps]:
    """Maps of the first few items: seconds for each medium."""
    return {
        item.id: explain_recommendation(
            run, found, item.id, store=store_of(args), settings=settings_of(args), progress=show_progress
        )
        for item in found.found[: max(args.maps, 0)]
    }


def _reasons(why: Reasons) -> dict[str, Any]:
    """What --explain adds to an item of the JSON."""
    return {name: value for name, value in why.as_json.items() if name in ("views", "without")}


def _summary(found: Answer, why: Sequence[Reasons], skipped: int) -> str:
    lines = [f"note: {note}" for note in found.notes]
    lines += [f"note: {skipped:,} of the interactions' rows or items were left out"] if skipped else []
    for place, item in enumerate(found.found):
        lines.append(f"{item.rank:3d}  {item.id}  {item.reason}")
        lines += _what_if(why[place]) if why else []
    return "\n".join(lines)


def _what_if(why: Reasons, most: int = 3) -> list[str]:
    """The parts without which the item would stand elsewhere, most telling first."""
    ranks = [(rank - why.rank, kind, label, rank) for kind, by in why.without.items() for label, rank in by.items()]
    moved = sorted((r for r in ranks if r[0]), key=lambda r: -abs(r[0]))[:most]
    told = ", ".join(f"without {_named(kind, label)} rank {rank}" for _, kind, label, rank in moved)
    return [f"     {told}"] if told else []


def _named(kind: str, label: str) -> str:
    return {"modality": f"the items' {label}", "signal": f"the {label} asked with"}.get(kind, f"'{label}'")


def _weights(assignments: list[str]) -> dict[str, float] | None:
    given = parse_assignments(assignments)
    try:
        return {name: float(value) for name, value in given.items()} or None
    except ValueError as error:
        raise BadInput(f"--weight {' '.join(assignments)}: each weight is a number, such as image=2") from error
