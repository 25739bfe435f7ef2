"""Fit an aligner on some items, and place others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.aligners.base import no_watch
from mmalign_core.cost import Cost
from mmalign_core.splits import items_of
from mmalign_core.types import BadInput, Progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.preparing import Sets, joining, place

Watch = Callable[[Mapping[str, float]], None]


def refuse_unplaceable(choices: Choices) -> None:
    """BadInput if items are to be held out from an aligner that could never place them."""
    if choices.holds_out and ALIGNERS.get(choices.aligner).transductive:
        raise BadInput(
            f"'{choices.aligner}' places only the rows it was fitted on, so it cannot be measured on held-out items; "
            "measure it without a test share or folds, or choose another aligner"
        )


def fit(
    sets: Sets, items: Sequence[str], choices: Choices, cost: Cost, progress: Progress, *, watch: Watch = no_watch
) -> Aligner:
    """A new aligner of the chosen kind fitted on these items, in the modalities that `joined` names; `watch` gets rows
    of its history."""
    progress(0.0, f"fitting {choices.aligner}")
    model = choices.new_aligner()
    training = {m: sets[m].of_items(known(sets, items, choices)) for m in joined(sets, items, choices)}
    model.watch = watch
    try:
        with cost.fitting():
            return model.fit(training, seed=choices.seed, progress=progress)
    finally:
        model.watch = no_watch


def joined(sets: Sets, items: Sequence[str], choices: Choices) -> tuple[str, ...]:
    """The pair, and the other modalities of which these items have enough that the aligner can be fitted on them.

    A part of the items may lack what the whole has: a fold, the earlier half, a small share of the pairs.
    """
    if len(sets) == len(choices.pair):
        return tuple(sets)
    items = known(sets, items, choices)
    return tuple(joining({m: replace(s, sequences=None).of_items(items) for m, s in sets.items()}, choices))


def known(sets: Sets, items: Sequence[str], choices: Choices) -> Sequence[str]:
    """These items, and for an aligner that learns from no pairs those that have neither modality of the pair too:
    nobody measures them, and sounds alone can join pictures with texts."""
    if ALIGNERS.get(choices.aligner).needs_pairs:
        return items
    paired = {item for m in choices.pair for item in sets[m].ids}
    return (*items, *(item for item in items_of(sets) if item not in paired))


def placed(fitted: Aligner, sets: Sets, items: Sequence[str], choices: Choices, cost: Cost) -> Sets:
    """The pair's rows of these items in the shared space."""
    rows = {m: sets[m].of_items(items) for m in choices.pair}
    with cost.placing(sum(map(len, rows.values()))):
        return {m: place(fitted, s) for m, s in rows.items()}


def wants_bank(choices: Choices) -> bool:
    """Whether the correction looks at queries, and there are training rows apart from those measured to stand in."""
    correction = choices.new_correction()
    return choices.holds_out and correction.is_transductive(False) and not correction.is_transductive(True)
