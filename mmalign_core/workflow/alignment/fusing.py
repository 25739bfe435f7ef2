"""Whether several modalities of an item together find the remaining one better than each alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.aligners import Aligner
from mmalign_core.metrics.direction import Direction, pooled
from mmalign_core.metrics.fused import fused_set, measure_fused
from mmalign_core.metrics.report import Evaluation
from mmalign_core.scoring.corrections import CORRECTIONS
from mmalign_core.scoring.matchers import MATCHERS
from mmalign_core.splits import paired_items
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.preparing import Sets, place

FEWEST_WHOLE = 10
"""Fewer items that have every modality are too few to ask."""


def fused_directions(fitted: Aligner, sets: Sets, items: Sequence[str], choices: Choices) -> dict[str, Direction]:
    """ "image+audio->text", each of its parts alone, and the way back, for both modalities of the pair as the target.

    Over the items (of `items`) that have every modality the aligner was given; {} with two modalities, or fewer than
    FEWEST_WHOLE such items. By the plain similarity, so that corrections do not blur what fusing does.
    """
    rows = {m: s.of_items(items) for m, s in sets.items()}
    whole = paired_items(rows)
    if len(sets) < 3 or len(whole) < FEWEST_WHOLE:
        return {}
    rows = {m: s.of_items([*whole]) for m, s in rows.items()}
    space, found = {m: place(fitted, s) for m, s in rows.items()}, {}
    how = choices.new_similarity(), CORRECTIONS.create("none"), MATCHERS.create("argmax")
    for target in reversed(choices.pair):
        parts = {m: s for m, s in rows.items() if m != target}
        fused = fused_set(*fitted.fuse(parts), parts)
        found |= measure_fused(fused, space, target, *how, seed=choices.seed)
    return found


def fused_report(parts: Sequence[Mapping[str, Direction]], choices: Choices) -> dict[str, Any]:
    """`metrics`, `ci95` and `baseline` of the fused directions, the queries of all folds pooled; {} without any."""
    ways = dict.fromkeys(way for part in parts for way in part)
    together = {way: pooled([part[way] for part in parts if way in part]) for way in ways}
    report = Evaluation(together, {}, choices.seed).report()
    return {name: report[name] for name in ("metrics", "ci95", "baseline")} if together else {}
