"""explain RUN: why two media of a run are near or far."""

import argparse

from mmalign_core.commands.shared import add_json, add_store, settings_of, show_progress, store_of, write_result
from mmalign_core.explain.faithfulness import verdict
from mmalign_core.explain.parts import FINEST_GRID
from mmalign_core.types import BadInput
from mmalign_core.workflow import load_run
from mmalign_core.workflow.explanation import METHODS, PairExplanation, explain_pair
from mmalign_core.workflow.explanation.pairs import pair_json

SUMMARY = "explain the similarity of two media of a run: words, cells and segments, components, concept words"
_SHOWN = 5
"""Terms in one line. Chosen to fit a terminal of 120 columns."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add RUN, the two media, and the options of the method."""
    parser.add_argument("run_ref", metavar="RUN", help="a run's name or folder")
    parser.add_argument("--a", required=True, metavar="MODALITY:ID", help="e.g. image:cat")
    parser.add_argument("--b", required=True, metavar="MODALITY:ID", help="e.g. text:cat, or text:cat#2 for its second")
    parser.add_argument("--method", default="auto", choices=METHODS, help="default: auto, the first that is possible")
    parser.add_argument(
        "--grid", type=int, default=7, metavar="N", help=f"cells a side, 1 to {FINEST_GRID}, default: 7"
    )
    parser.add_argument("--fast", action="store_true", help="do not measure how faithful the maps are")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Explain the pair and print the result."""
    a, b = _medium(args.a, "--a"), _medium(args.b, "--b")
    store = store_of(args)
    explanation = explain_pair(
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
    write_result(pair_json(explanation), args, _summary(explanation))


def _medium(value: str, option: str) -> tuple[str, str]:
    modality, colon, item = value.partition(":")
    if not (modality and colon and item):
        raise BadInput(f"{option} {value}: write the modality and the item's id, such as {option} image:cat")
    return modality, item


def _summary(explanation: PairExplanation) -> str:
    lines = [f"{explanation.a.name} and {explanation.b.name}: cosine {explanation.score:.3f}"]
    for placed, side in ((explanation.a, "a"), (explanation.b, "b")):
        if side in explanation.maps:
            map_ = explanation.maps[side]
            order = map_.values.argsort()[::-1][:_SHOWN]
            most = ", ".join(f"{map_.parts[i].label} {map_.values[i]:+.3f}" for i in order)
            lines.append(f"{placed.name} ({map_.method}): {most}")
            lines += [f"  {verdict(map_.faithfulness)}"] if map_.faithfulness else []
    if explanation.components:
        lines.append(
            "components: " + ", ".join(f"{c.words or c.items} {c.value:+.3f}" for c in explanation.components[:3])
        )
    if explanation.anchors:
        lines.append(
            "known items: " + ", ".join(f"{item} {value:+.3f}" for item, value in explanation.anchors[:_SHOWN])
        )
    if explanation.parts:
        lines.append("evidence: " + ", ".join(f"{part} {value:+.3f}" for part, value in explanation.parts))
    if explanation.concepts:
        for side, said in (("a", explanation.concepts.a), ("b", explanation.concepts.b)):
            words = ", ".join(word for word, _ in said.words) or "nothing"
            lines.append(f"{side} in words: {words} (cosine {said.cosine:.2f})")
        lines.append("both: " + (", ".join(word for word, _ in explanation.concepts.shared) or "nothing"))
    return "\n".join([*lines, *(f"note: {note}" for note in explanation.notes)])
