"""recommend RUN: the items of a run, or of data of one modality, that suit a query, with reasons."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from mmalign_core.commands.language_options import Worded, add_language, model_of, worded
from mmalign_core.commands.query_options import add_query, add_results, query_of, run_of
from mmalign_core.commands.shared import (
    add_encoders,
    add_json,
    add_store,
    settings_of,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.commands.targets import write_target
from mmalign_core.params import parse_assignments
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, Run, answer
from mmalign_core.workflow.explanation.answers import RecommendationMaps, explain_recommendation
from mmalign_core.workflow.export.answer_page import as_html
from mmalign_core.workflow.recommendation.reasons import Reasons, every_reason

SUMMARY = "top-k items for texts, pictures, sounds, items or users, for and against, with each modality's share"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN or DATA, the query, how the results are chosen and worded, and what is written."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder, or data of one modality alone")
    add_encoders(parser)
    add_query(parser)
    add_results(parser)
    add_language(parser)
    parser.add_argument("--explain", action="store_true", help="every way to take each score apart, and what-if ranks")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page with media and reasons")
    parser.add_argument(
        "--maps", type=int, default=0, metavar="N", help="with --html: where in the media, for the first N items"
    )
    add_store(parser)
    add_json(parser)


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
        recommender=args.recommender,
        params=parse_assignments(args.param),
        seed=args.seed,
        settings=settings_of(args),
        progress=show_progress,
    )
    _write(args, opened, worded(args, opened, found, model), skipped)


def _write(args: argparse.Namespace, run: Run, words: Worded, skipped: int) -> None:
    found = words.answer
    why = every_reason(found) if args.explain or args.html else ()
    result: dict[str, Any] = found.as_json | words.as_json | ({"skipped_interactions": skipped} if skipped else {})
    for item, each in zip(result["items"], why if args.explain else ()):
        item |= _reasons(each)
    if args.html:
        maps = _maps(args, run, found)
        page = as_html(found, run=run, reasons=why, maps=maps, sentences=words.sentences)
        write_target(args, "html", page.encode("utf-8", "backslashreplace"))
    lines = [*words.lines, _summary(found, why if args.explain else (), skipped)]
    write_result(result, args, "\n".join(lines))


def _maps(args: argparse.Namespace, run: Run, found: Answer) -> dict[str, RecommendationMaps]:
    """Maps of the first few items: seconds for each medium."""
    return {
        item.id: explain_recommendation(
            run, found, item.id, store=store_of(args), settings=settings_of(args), progress=show_progress
        )
        for item in found.results[: max(args.maps, 0)]
    }


def _reasons(why: Reasons) -> dict[str, Any]:
    """What --explain adds to an item of the JSON."""
    return {name: value for name, value in why.as_json.items() if name in ("views", "without")}


def _summary(found: Answer, why: Sequence[Reasons], skipped: int) -> str:
    lines = [f"note: {note}" for note in found.notes]
    lines += [f"note: {skipped:,} of the interactions' rows or items were left out"] if skipped else []
    for place, item in enumerate(found.results):
        lines.append(f"{item.rank:3d}  {item.id}  {item.reason}")
        lines += _what_if(why[place]) if why else []
    return "\n".join(lines)


def _what_if(why: Reasons, most: int = 3) -> list[str]:
    """The parts without which the item would have another rank, the greatest change first."""
    ranks = [(rank - why.rank, kind, label, rank) for kind, by in why.without.items() for label, rank in by.items()]
    moved = sorted((r for r in ranks if r[0]), key=lambda r: -abs(r[0]))[:most]
    ranks = ", ".join(f"without {_named(kind, label)} rank {rank}" for _, kind, label, rank in moved)
    return [f"     {ranks}"] if ranks else []


def _named(kind: str, label: str) -> str:
    return {"modality": f"the items' {label}", "signal": f"the {label} asked with"}.get(kind, f"'{label}'")
