"""explain RUN: why two of its texts, pictures or sounds are near or far."""

import argparse

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, store_of, write_result
from mmalign_core.explain.faithfulness import verdict
from mmalign_core.explain.parts import FINEST_GRID
from mmalign_core.types import BadInput
from mmalign_core.workflow import load_run
from mmalign_core.workflow.explanation import METHODS, PairExplanation, explain_pair
from mmalign_core.workflow.explanation.pairs import pair_json

SUMMARY = "what makes two media of a run near: words, cells and segments, components, concept words"
_SHOWN = 5
"""Terms a line shows; chosen to fit a terminal of 120 columns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """RUN, the two media, and how they are taken apart."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--a", required=True, metavar="MODALITY:ID", help="e.g. image:cat")
    parser.add_argument("--b", required=True, metavar="MODALITY:ID", help="e.g. text:cat, or text:cat#2 for its second")
    parser.add_argument("--method", default="auto", choices=METHODS, help="default: auto, the first that suits")
    parser.add_argument(
        "--grid", type=int, default=7, metavar="N", help=f"cells a side, 1 to {FINEST_GRID}, default: 7"
    )
    parser.add_argument("--fast", action="store_true", help="leave out how faithful the maps are")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Explain and print."""
    a, b = _named(args.a, "--a"), _named(args.b, "--b")
    store = store_of(args)
    found = explain_pair(
        load_run(args.run_ref, store=store),
        a,
        b,
        store=store,
        settings=settings_of(args),
        method=args.method,
        grid=args.grid,
        faithful=not args.fast,
        progress=show_progress,
    )
    write_result(pair_json(found), args, _summary(found))


def _named(value: str, option: str) -> tuple[str, str]:
    modality, colon, item = value.partition(":")
    if not (modality and colon and item):
        raise BadInput(f"{option} {value}: write the modality and the item's id, such as {option} image:cat")
    return modality, item


def _summary(found: PairExplanation) -> str:
    lines = [f"{found.a.name} and {found.b.name}: cosine {found.score:.3f}"]
    for placed, side in ((found.a, "a"), (found.b, "b")):
        if side in found.maps:
            made = found.maps[side]
            order = made.values.argsort()[::-1][:_SHOWN]
            most = ", ".join(f"{made.parts[i].label} {made.values[i]:+.3f}" for i in order)
            lines.append(f"{placed.name} ({made.method}): {most}")
            lines += [f"  {verdict(made.faithfulness)}"] if made.faithfulness else []
    if found.components:
        lines.append("components: " + ", ".join(f"{c.words or c.items} {c.value:+.3f}" for c in found.components[:3]))
    if found.anchors:
        lines.append("known items: " + ", ".join(f"{item} {value:+.3f}" for item, value in found.anchors[:_SHOWN]))
    if found.concepts:
        for side, said in (("a", found.concepts.a), ("b", found.concepts.b)):
            words = ", ".join(word for word, _ in said.words) or "nothing"
            lines.append(f"{side} in words: {words} (cosine {said.cosine:.2f})")
        lines.append("both: " + (", ".join(word for word, _ in found.concepts.shared) or "nothing"))
    return "\n".join([*lines, *(f"note: {note}" for note in found.notes)])
