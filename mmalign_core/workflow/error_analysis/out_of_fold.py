"""Suspicion of a run's pairs, from scores of which none was made by a fit that saw the pair."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.progress import within
from mmalign_core.spaces import is_known, reference_of, space_of
from mmalign_core.splits import content_groups, folds, paired_items
from mmalign_core.store import Store
from mmalign_core.triage.partners import find_partners
from mmalign_core.triage.score_sources import Source, as_encoded, by_neighbours, by_regression
from mmalign_core.triage.suspicion import FEWEST_PAIRS, Suspicion, find_suspicion, joined_scores
from mmalign_core.types import BadInput, EmbeddingSet, Progress, no_progress
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say, say_word
from mmalign_core.workflow.alignment.inputs import Sets, prepared, text_encoder
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.error_analysis.run_vectors import encoded_again

FOLDS = 10
"""Folds of the sources that learn. Chosen: with five, a tenth less of the pairs is known to each fit."""
FEWEST_LEARNED = 40
"""Distinct pairs from which a source is learned; with fewer only sources that know no pairs speak. Chosen."""


@dataclass(frozen=True)
class PairSuspicion:
    """`items` (n,): the items that have both modalities of `pair`. `found`: their suspicion, in this order.

    `sources`: the names of the scores that it comes from.
    """

    pair: tuple[str, str]
    items: tuple[str, ...]
    found: Suspicion
    sources: tuple[str, ...]

    def values(self) -> dict[str, float]:
        """Item -> suspicion in 0..1."""
        return dict(zip(self.items, map(float, self.found.value)))

    def evidence(self, item: str) -> dict[str, Any]:
        """What a person can check about this item's pair, ready for JSON; KeyError for an item without both media."""
        if item not in self._rows:
            raise KeyError(item)
        row, (first, second) = self._rows[item], self.pair
        named = {first: self.found.better[row], second: self.found.better_right[row]}
        return {
            "agrees_better_with": {m: [self.items[at] for at in rows if at >= 0] for m, rows in named.items()},
            "percentile": round(float(self.found.percentile[row]), 4),
            "gap": round(float(self.found.gap[row]), 4),
            "n": len(self.items),
            "sources": list(self.sources),
        }

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {item: row for row, item in enumerate(self.items)}


def suspicion(
    run: Run, direction: tuple[str, str], *, store: Store, progress: Progress = no_progress
) -> dict[str, float]:
    """Item -> the probability in 0..1 that its pair is a wrong one, for all items that have both modalities.

    It is the same for both directions. BadInput as `pair_suspicion`.
    """
    return pair_suspicion(run, direction, store=store, progress=progress).values()


def pair_suspicion(
    run: Run, direction: tuple[str, str], *, store: Store, progress: Progress = no_progress
) -> PairSuspicion:
    """The suspicion of the pairs of these two modalities, with its evidence.

    The media are encoded as the run's were, or read from the store. BadInput if the run lacks a modality, if fewer
    than 20 items have both, or if the vectors can no longer be had.
    """
    encoding = encoded_again(run, store=store, progress=within(progress, 0.0, 0.3))
    pair = run.choices.pair if set(direction) == set(run.choices.pair) else tuple(sorted(direction))
    for modality in pair:
        if modality not in encoding.sets:
            held = ", ".join(encoding.sets)
            raise BadInput(
                say(
                    "there is no {modality} in '{name}'; its pairs are of: {held}",
                    modality=say_word(modality),
                    name=run.collection.name,
                    held=held,
                )
            )
    sets = {modality: encoding.sets[modality] for modality in pair}
    return set_suspicion(sets, store=store, seed=run.choices.seed, progress=within(progress, 0.3, 1.0))


def set_suspicion(sets: Sets, *, store: Store, seed: int = 0, progress: Progress = no_progress) -> PairSuspicion:
    """The same for two sets as encoded: modality -> rows. An item's rows of one modality count as their mean.

    BadInput if fewer than 20 items have both, or if there are too few pairs to learn from and nothing else.
    """
    items = tuple(sorted(paired_items(sets)))
    first, second = sets
    if len(items) < FEWEST_PAIRS:
        raise BadInput(
            say(
                "suspicion of wrong pairs needs at least {fewest_pairs} items that have both {first} and "
                "{second}; there are {n}: add pairs",
                fewest_pairs=FEWEST_PAIRS,
                first=first,
                second=second,
                n=len(items),
            )
        )
    paired = {modality: rows.of_items(items) for modality, rows in sets.items()}
    sources = _sources(paired, items, store, seed, within(progress, 0.0, 0.6))
    if not sources:
        raise BadInput(
            say(
                "{n} pairs of {first} and {second} are too few to learn from, and these encoders neither share a "
                "space nor name concepts; give {fewest_learned} different pairs, or choose encoders that do",
                n=len(items),
                first=first,
                second=second,
                fewest_learned=FEWEST_LEARNED,
            )
        )
    contents = [_content_numbers(rows, items) for rows in paired.values()]
    found = find_suspicion(sources, *contents, seed=seed, progress=within(progress, 0.6, 1.0))
    return PairSuspicion((first, second), items, found, tuple(dict.fromkeys(source.name for source in sources)))


def set_partners(
    sets: Sets, suspects: Sequence[str], *, store: Store, seed: int = 0, progress: Progress = no_progress
) -> tuple[dict[str, str], frozenset[str]]:
    """Suspected item -> the item whose second medium belongs to it, and the suspects whose own media agree best.

    The scores are of sources that learn from none of the suspects. Both are empty where they cannot tell partners.
    """
    items = tuple(sorted(paired_items(sets)))
    row = {item: at for at, item in enumerate(items)}
    paired = {modality: rows.of_items(items) for modality, rows in sets.items()}
    rows = [row[item] for item in suspects]
    unlearned = np.isin(np.arange(len(items)), rows)
    sources = _sources(paired, items, store, seed, progress, unlearned)
    if not sources:
        return {}, frozenset()
    right_contents = _content_numbers(paired[tuple(sets)[1]], items)
    found = find_partners(*joined_scores(sources), rows, right_contents, seed)
    given = {items[at]: items[other] for at, other in found.given.items()}
    return given, frozenset(items[at] for at in found.kept)


def _sources(
    paired: Sets,
    items: tuple[str, ...],
    store: Store,
    seed: int,
    progress: Progress,
    unlearned: np.ndarray | None = None,
) -> list[Source]:
    """All scores that can be had for these pairs without seeing them; no fit learns from the `unlearned` ones."""
    left, right = (_by_item(rows, rows.vectors, items) for rows in paired.values())
    sources = []
    if _may_share(*paired.values()):
        sources.append(as_encoded(left, right))
    bridge = _fitted_bridge(paired, store)
    if bridge is not None:
        aligner, ready = bridge
        sources.append(Source("bridge", *(_by_item(r, aligner.transform(r), items) for r in ready.values())))
    split_by = _split_by(paired)
    if len(content_groups(split_by)) >= FEWEST_LEARNED:
        held = _fold_numbers(split_by, items, seed)
        sources += [
            by_regression(left, right, held, seed, within(progress, 0.0, 0.45), unlearned=unlearned),
            by_regression(right, left, held, seed, within(progress, 0.45, 0.9), unlearned=unlearned).flipped(),
        ]
        progress(0.9, say("profiles of known neighbours"))
        sources.append(by_neighbours(left, right, held, seed, unlearned=unlearned))
    return sources


def _fitted_bridge(paired: Sets, store: Store) -> tuple[Aligner, Sets] | None:
    """The bridge over these rows, which looks at no pairs; None where there are no concepts or no text encoder."""
    model = ALIGNERS.create("bridge")
    words = text_encoder({modality: rows.encoder for modality, rows in paired.items()})
    named = any(rows.concepts is not None for rows in paired.values())
    reads = all(rows.concepts is not None or rows.modality == "text" for rows in paired.values())
    if not (named and reads and is_known(words)):
        return None
    ready = {modality: prepared(model, rows, words, store) for modality, rows in paired.items()}
    return model.fit(ready), ready


def _may_share(first: EmbeddingSet, second: EmbeddingSet) -> bool:
    """Whether both lie in one space. Given vectors of equal width may: if they do not, their scores weigh nothing."""
    if first.vectors.shape[1] != second.vectors.shape[1]:
        return False
    one, other = reference_of(first.encoder), reference_of(second.encoder)
    if not (is_known(one) and is_known(other)):
        return not (is_known(one) or is_known(other))
    return space_of(one) == space_of(other)


def _by_item(rows: EmbeddingSet, vectors: np.ndarray, items: tuple[str, ...]) -> np.ndarray:
    """One unit row (n, d) for each of the items: the mean of its own, in an order that rows cannot change."""
    position = {item: row for row, item in enumerate(items)}
    order = sorted(range(len(rows)), key=lambda at: (rows.ids[at], rows.keys[at]))
    total = np.zeros((len(items), vectors.shape[1]), np.float64)
    np.add.at(total, [position[rows.ids[at]] for at in order], unit_rows(vectors)[order])
    return unit_rows(total)


def _content_numbers(rows: EmbeddingSet, items: tuple[str, ...]) -> np.ndarray:
    """Equal numbers (n,) for items that share a content of this modality, directly or through others."""
    groups: Mapping[str, int] = {
        item: number for number, group in enumerate(content_groups({rows.modality: rows})) for item in group
    }
    return np.array([groups[item] for item in items])


def _split_by(paired: Sets) -> Sets:
    """The modalities whose identical contents lie in one fold: both, or where a few labels tie all items together,
    the more varied one. Other items' pictures of the same label are then known, but never the pair itself."""
    if len(content_groups(paired)) >= FEWEST_LEARNED:
        return paired
    varied = max(paired, key=lambda modality: len(set(paired[modality].keys)))
    return {varied: paired[varied]}


def _fold_numbers(split_by: Sets, items: tuple[str, ...], seed: int) -> np.ndarray:
    """The fold (n,) of each item; identical content of these modalities lies in one fold."""
    parts = folds(split_by, FOLDS, seed)
    number = {item: at for at, part in enumerate(parts) for item in part.test}
    return np.array([number[item] for item in items])
