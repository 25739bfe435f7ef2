"""Choice of settings by held-out items."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from mmalign_core.aligners.base import Aligner
from mmalign_core.aligners.pairs import Pairs, Sets
from mmalign_core.aligners.training import hold_out, mean_reciprocal_rank

Setting = TypeVar("Setting")
MOST_EXAMPLES = 5000
"""Most examples for a choice of settings: more would hardly change it. Chosen for time, which then does not grow with
the collection."""


def held_out_items(pairs: Pairs, sets: Sets, seed: int = 0) -> tuple[Sets, Pairs, Sets] | None:
    """Return the sets without some paired items, those held-out examples, and the sets that their row numbers refer to.

    None if there are too few to hold any out. At most MOST_EXAMPLES examples are used. Unpaired items are not used.
    """
    if len(pairs) > MOST_EXAMPLES:
        pairs = pairs.take(np.sort(np.random.default_rng(seed).choice(len(pairs), MOST_EXAMPLES, replace=False)))
    parts = hold_out(pairs, seed=seed)
    held = set(parts.held.items)
    kept = set(parts.kept.items) - held
    if not held or len(kept) < 2:
        return None
    return {m: s.of_items([*kept]) for m, s in sets.items()}, parts.held, sets


def held_out_mrr(model: Aligner, sets: Sets, held: Pairs) -> float:
    """Return the mean reciprocal rank among held-out examples over all pairs of modalities; 0 if none can be ranked."""
    return mean_reciprocal_rank(place_examples(model, sets, held), held) or 0.0


def place_examples(model: Aligner, sets: Sets, examples: Pairs) -> Mapping[str, np.ndarray]:
    """Return modality -> (p, k) places of these examples, zero if the item lacks the modality."""
    found = {}
    for modality, rows in examples.rows.items():
        present = rows >= 0
        places = model.transform(sets[modality].take(rows[present]))
        found[modality] = np.zeros((len(rows), places.shape[1]), np.float32)
        found[modality][present] = places
    return found


def select_best(settings: Iterable[Setting], judge: Callable[[Setting], float]) -> Setting:
    """Return the setting with the highest quality, the first of equal ones."""
    return max(((judge(setting), -order, setting) for order, setting in enumerate(settings)))[2]
