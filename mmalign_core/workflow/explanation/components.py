"""A cosine as a sum over the dimensions of the shared space, with items and words that name each dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from mmalign_core.explain.linear_terms import components
from mmalign_core.types import EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.explanation.placed_media import PlacedMedium

MOST, NAMES = 8, 3
"""Components of a pair, and names at each end of a component, to fit on one screen. Chosen, not measured."""


@dataclass(frozen=True)
class Component:
    """The term of dimension `number` of the space in the cosine: `value` = `u` * `v`, the two coordinates.

    `items` and `words` have the largest coordinates on the side of `u`, `opposite_items` and `opposite_words` on the
    other side. They are names for the dimension, not a definition.
    """

    number: int
    value: float
    u: float
    v: float
    items: tuple[str, ...]
    words: tuple[str, ...]
    opposite_items: tuple[str, ...]
    opposite_words: tuple[str, ...]


def component_shares(
    run: Run, left: PlacedMedium, right: PlacedMedium, words: EmbeddingSet | None
) -> tuple[tuple[Component, ...], float]:
    """Return the components with the largest terms, and the sum of the others. Exact if both places are linear.

    () and 0 if one of them is not linear, because a single dimension then has no meaning.
    """
    if any(run.aligner.linear_map(placed.modality) is None for placed in (left, right)):
        return (), 0.0
    found = components(left.place, right.place, MOST)
    return tuple(_named(run, left, right, words, number, value) for number, value in found.parts), found.rest


def anchor_shares(run: Run, left: PlacedMedium, right: PlacedMedium) -> tuple[tuple[tuple[str, float], ...], float]:
    """Return the known items with the largest terms, and the sum of the others; () and 0 without anchors."""
    names = run.aligner.anchor_items
    if len(names) != len(left.place):
        return (), 0.0
    found = components(left.place, right.place, MOST)
    return tuple((names[number], value) for number, value in found.parts), found.rest


def _named(
    run: Run, left: PlacedMedium, right: PlacedMedium, words: EmbeddingSet | None, number: int, value: float
) -> Component:
    u, v = float(left.place[number]), float(right.place[number])
    along = [(s.ids, unit_rows(s.vectors)[:, number]) for s in run.result.space.values()]
    ids = tuple(item for names, _ in along for item in names)
    items = _poles(ids, np.concatenate([values for _, values in along]))
    word_poles = _poles(words.ids, unit_rows(words.vectors)[:, number]) if words else ((), ())
    side = 0 if u >= 0 else 1
    return Component(number, value, u, v, items[side], word_poles[side], items[1 - side], word_poles[1 - side])


def _poles(names: Sequence[str], along: np.ndarray) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the NAMES different names with the largest coordinates, and those with the smallest."""
    order = np.argsort(along, kind="stable")
    return tuple(tuple(dict.fromkeys(names[i] for i in way))[:NAMES] for way in (order[::-1], order))  # type: ignore[return-value]
