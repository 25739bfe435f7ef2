"""recommend RUN: rank the items of a run, or of data of one modality, for a query, with reasons."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from mmalign_core.commands.language_options import WrittenAnswer, add_language, model_of, written_answer
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
    """Add RUN or DATA, the query, and the options of results, language models and output."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder, or data of one modality alone")
    add_encoders(parser)
    add_query(parser)
    add_results(parser)
    add_language(parser)
    parser.add_argument("--explain", action="store_true", help="all decompositions of each score, and what-if ranks")
    parser.add_argument("--html", metavar="OUT", help="write one self-contained page with media and reasons")
    parser.add_argument(
        "--maps", type=int, default=0, metavar="N", help="with --html: maps of the media of the first N items"
    )
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Recommend items and print them."""
    query = query_of(args)
    if args.html in ("", "-"):
        raise BadInput(f"--html '{args.html}': name a file for the page, such as --html answer.html")
    if args.maps and not args.html:
        raise BadInput(f"--maps {args.maps}: maps are drawn on the page; name it with --html OUT")
    model, store = model_of(args), store_of(args)
    run, skipped = run_of(args, store)
    ranked = answer(
        run,
        query,
        store=store,
        recommender=args.recommender,
        params=parse_assignments(args.param),
        seed=args.seed,
        index=args.index,
        settings=settings_of(args),
        progress=show_progress,
    )
    _write(args, run, written_answer(args, run, ranked, model), skipped)


def _write(args: argparse.Namespace, run: Run, written: WrittenAnswer, skipped: int) -> None:
    ranked = written.answer
    why = every_reason(ranked) if args.explain or args.html else ()
    result: dict[str, Any] = ranked.as_json | written.as_json | ({"skipped_interactions": skipped} if skipped else {})
    for item, each in zip(result["items"], why if args.explain else ()):
        item |= _reasons(each)
    if args.html:
        maps = _maps(args, run, ranked)
        page = as_html(ranked, run=run, reasons=why, maps=maps, sentences=written.sentences)
        write_target(args, "html", page.encode("utf-8", "backslashreplace"))
    lines = [*written.lines, _summary(ranked, why if args.explain else (), skipped)]
    write_result(result, args, "\n".join(lines))


def _maps(args: argparse.Namespace, run: Run, ranked: Answer) -> dict[str, RecommendationMaps]:
    """Item -> maps, for the first `--maps` items. Each medium takes seconds."""
    return {
        item.id: explain_recommendation(
            run, ranked, item.id, store=store_of(args), settings=settings_of(args), progress=show_progress
        )
        for item in ranked.results[: max(args.maps, 0)]
    }


def _reasons(why: Reasons) -> dict[str, Any]:
    """The fields that --explain adds to an item in the JSON."""
    return {name: value for name, value in why.as_json.items() if name in ("views", "without")}


def _summary(ranked: Answer, why: Sequence[Reasons], skipped: int) -> str:
    lines = [f"note: {note}" for note in ranked.notes]
    lines += [f"note: {skipped:,} of the interactions' rows or items were left out"] if skipped else []
    for place, item in enumerate(ranked.results):
        lines.append(f"{item.rank:3d}  {item.id}  {item.reason}")
        lines += _what_if(why[place]) if why else []
    return "\n".join(lines)


def _what_if(why: Reasons, most: int = 3) -> list[str]:
    """The parts whose removal would change the item's rank, the largest change first."""
    ranks = [(rank - why.rank, kind, label, rank) for kind, by in why.without.items() for label, rank in by.items()]
    moved = sorted((r for r in ranks if r[0]), key=lambda r: -abs(r[0]))[:most]
    ranks = ", ".join(f"without {_part_name(kind, label)} rank {rank}" for _, kind, label, rank in moved)
    return [f"     {ranks}"] if ranks else []


def _part_name(kind: str, label: str) -> str:
    return {"modality": f"the items' {label}", "signal": f"the query's {label}"}.get(kind, f"'{label}'")
