"""Suspicion of training pairs: how much better both media agree with other items' than with each other, out of fold.

It looks at the training items alone. So what is dropped from a fit cannot depend on the items that measure it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr

from mmalign_core.aligners import ALIGNERS, Aligner
from mmalign_core.scoring.decision import Scoring
from mmalign_core.spaces import reference_of
from mmalign_core.splits import Split, content_groups, folds, paired_items
from mmalign_core.store import Store
from mmalign_core.triage.repair import Change, suggested_changes
from mmalign_core.types import Collection, EmbeddingSet, Progress, no_progress
from mmalign_core.workflow.alignment.choices import Choices
from mmalign_core.workflow.alignment.inputs import Sets, place, usable_sets
from mmalign_core.workflow.encoding import Encoding
from mmalign_core.workflow.menus.default_aligner import default_aligner

FOLDS = 5
"""Each pair is judged by a fit on four fifths of the others: the usual number of folds."""
DRAWS = 3
"""Ways to cut the folds, whose judgements are averaged; our choice: a single cut leaves each pair to one fit."""
RIVALS = 3
"""How many of the best other candidates the own one is held against: one alone may be a second right answer."""
LEARNER = "ridge"
"""Fitted in closed form, so that many fits are affordable, and regularised by what it sees."""


@dataclass(frozen=True)
class Suspects:
    """Finds the most suspected pairs among any items.

    `pair`: the rows of both modalities; `pairless`: the same as the aligner of that name reads them, one that learns
    from no pairs, {} where there is none. `most`: how many pairs to find. `kept`: items that are never suspected.
    """

    pair: Sets
    pairless: Sets
    pairless_aligner: str
    scoring: Scoring
    most: int
    kept: frozenset[str]

    @classmethod
    def prepare(
        cls,
        collection: Collection,
        encoding: Encoding,
        choices: Choices,
        most: int,
        kept: frozenset[str],
        store: Store,
    ) -> Suspects:
        """Of these vectors; the aligner without pairs is the run's own, or the one that suits the encoders."""
        pair = {modality: encoding.sets[modality] for modality in choices.pair}
        given = {modality: rows for modality, rows in collection.vectors.items() if modality in pair}
        references = {modality: reference_of(rows.encoder) for modality, rows in pair.items()}
        name = choices.aligner
        if ALIGNERS.get(name).needs_pairs:
            name = default_aligner(choices.pair, references, given)
        pairless: Sets = {}
        if not ALIGNERS.get(name).needs_pairs:
            params = choices.params if name == choices.aligner else None
            pairless = usable_sets(pair, replace(choices, aligner=name, params=params), store, encoding.media)
        return cls(pair, pairless, name, choices.scoring(), most, kept)

    def find(self, items: Sequence[str], share: float = 1.0, *, progress: Progress = no_progress) -> tuple[Change, ...]:
        """Changes that drop the most suspected pairs of these items, judged by these items alone; `share` (0..1) of
        the number to find, at least one."""
        wanted = sorted(paired_items(self.pair) & set(items))
        most = max(1, round(self.most * share))
        pair, pairless = (
            {modality: rows.of_items(wanted) for modality, rows in sets.items()} for sets in (self.pair, self.pairless)
        )
        found = training_suspicion(pair, pairless, self.pairless_aligner, self.scoring, progress=progress)
        return suggested_changes(found, [*self.pair][1], most, self.kept)


def training_suspicion(
    sets: Sets, pairless: Sets, pairless_aligner: str, scoring: Scoring, *, progress: Progress = no_progress
) -> dict[str, float]:
    """Item -> suspicion in 0..1 of its pair, for the items that have both modalities.

    `sets`: the training rows of the two modalities; `pairless`: the same rows as `pairless_aligner` reads them, an
    aligner that learns from no pairs; {} where there is none. Scores of an item's pair, and of its media with those
    of the other items of its fold, are standardised by row and by column; suspicion grows with how far the mean of
    the best three others exceeds the own (after Northcutt, Jiang & Chuang 2021, Confident Learning).
    BadInput where fewer than five groups of pairs can be told apart.
    """
    whole = {modality: rows.of_items([*paired_items(sets)]) for modality, rows in sets.items()}
    cuts = [cut for draw in range(DRAWS) for cut in folds(whole, FOLDS, scoring.seed + draw)]
    plain, total = scoring.plain(), dict.fromkeys(sorted(paired_items(sets)), 0.0)
    fixed = _fitted(pairless_aligner, pairless, scoring.seed) if pairless else None
    for number, cut in enumerate(cuts):
        progress(number / len(cuts), "looking for suspected pairs")
        training = {modality: rows.of_items(cut.train) for modality, rows in whole.items()}
        learner = ALIGNERS.create(LEARNER).fit(training, seed=scoring.seed)
        judges = [(learner, whole)] + ([(fixed, pairless)] if fixed else [])
        for item, excess in _excess(judges, cut, plain).items():
            total[item] += excess / DRAWS
    values = np.array([*total.values()])
    spread = values.std() or 1.0
    return dict(zip(total, map(float, ndtr((values - values.mean()) / spread))))


def _fitted(name: str, sets: Sets, seed: int) -> Aligner:
    return ALIGNERS.create(name).fit(sets, seed=seed)


def _excess(judges: Sequence[tuple[Aligner, Sets]], cut: Split, scoring: Scoring) -> dict[str, float]:
    """Item of the fold -> how far its rivals exceed its own score, the sum over judges and both directions."""
    found: dict[str, float] = {}
    for judge, sets in judges:
        a, b = (place(judge, rows.of_items(cut.test)) for rows in sets.values())
        items = sorted(set(a.ids) & set(b.ids))
        scores = _by_item(scoring.scores(a, b).dense(), a, b, items)
        allowed = _distinct({a.modality: a, b.modality: b}, items)
        for way, may in ((scores, allowed), (scores.T, allowed.T)):
            for item, value in zip(items, _exceeded(way, may)):
                found[item] = found.get(item, 0.0) + float(value)
    return found


def _by_item(scores: np.ndarray, a: EmbeddingSet, b: EmbeddingSet, items: Sequence[str]) -> np.ndarray:
    """Mean scores (n, n) of the rows of each two items."""
    place_of = {item: number for number, item in enumerate(items)}
    left, right = (_shares(rows.ids, place_of) for rows in (a, b))
    return left @ scores @ right.T


def _shares(ids: Sequence[str], place_of: Mapping[str, int]) -> np.ndarray:
    """(n, rows): each item's rows with equal weights that sum to 1."""
    shares = np.zeros((len(place_of), len(ids)))
    for row, item in enumerate(ids):
        if item in place_of:
            shares[place_of[item], row] = 1.0
    return shares / shares.sum(axis=1, keepdims=True)


def _distinct(sets: Mapping[str, EmbeddingSet], items: Sequence[str]) -> np.ndarray:
    """(n, n) bool: whether the two items share no content; a copy of an item is no rival."""
    number = {item: n for n, group in enumerate(content_groups(sets)) for item in group}
    group = np.array([number[item] for item in items])
    return group[:, None] != group[None, :]


def _exceeded(scores: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """(n,) mean of the best rivals less the own score, each row at mean 0 and deviation 1."""
    spread = scores.std(axis=1, keepdims=True)
    level = (scores - scores.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    rivals = np.where(allowed, level, -np.inf)
    most = min(RIVALS, max(1, len(scores) - 1))
    best = np.sort(rivals, axis=1)[:, -most:]
    best = np.where(np.isfinite(best), best, level.min(axis=1, keepdims=True))
    return best.mean(axis=1) - np.diag(level)
