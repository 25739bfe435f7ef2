"""Use case: names for the groups of a map, few for the whole map and more for what is near."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from mmalign_core.progress import within
from mmalign_core.projection.hierarchy import DensityLevel, density_levels
from mmalign_core.triage.keywords import describe, keywords_of_texts
from mmalign_core.types import Progress, no_progress
from mmalign_core.wording import say
from mmalign_core.workflow.alignment.run import Run
from mmalign_core.workflow.maps.space_map import SpaceMap

KEYWORDS = 3  # of a label; our choice: as many as fit on the map, as for the clusters of items
TEXTS = 200  # texts of a cluster that are read; chosen: its keywords hardly change with more


@dataclass(frozen=True)
class MapLabel:
    """The name of one group of points.

    `place` (2 or 3,) float32: where it stands, a point in the middle of the group. `text`: its keywords, or its number
    where its texts tell nothing. `members` (size,) int32: rows of the map's points, ascending.
    """

    place: np.ndarray
    text: str
    keywords: tuple[str, ...]
    members: np.ndarray

    @property
    def size(self) -> int:
        """The number of points in the group."""
        return len(self.members)


def label_levels(
    run: Run, drawn: SpaceMap, *, seed: int = 0, progress: Progress = no_progress
) -> tuple[tuple[MapLabel, ...], ...]:
    """Return the labels of each level, the coarsest level first, the largest group of a level first.

    The groups are dense regions of the map (see `density_levels`). Their names are the c-TF-IDF keywords of their
    items' texts against the other groups of the level; at most TEXTS texts of a group are read, chosen by the seed.
    A map of fewer than 40 points has no level. Same map and seed, same labels.
    """
    levels = density_levels(drawn.projection.coordinates, seed=seed, progress=within(progress, 0.0, 0.7))
    rng = np.random.default_rng(seed)
    members = [_members(level) for level in levels]
    read = [[_some(rows, rng) for rows in groups] for groups in members]
    items = drawn.points["item"].to_numpy()
    texts = _texts(run, {item for groups in read for rows in groups for item in items[rows]})
    named = []
    for done, (level, groups, rows) in enumerate(zip(levels, members, read)):
        progress(0.7 + 0.3 * done / len(levels), say("naming groups on the map"))
        held = [[text for item in dict.fromkeys(items[part]) for text in texts.get(item, ())] for part in rows]
        named.append(_labels(level, groups, keywords_of_texts(held, KEYWORDS)))
    progress(1.0, say("groups named"))
    return tuple(named)


def _labels(
    level: DensityLevel, members: Sequence[np.ndarray], keywords: Sequence[tuple[str, ...]]
) -> tuple[MapLabel, ...]:
    names = [", ".join(words) or describe(number, words) for number, words in enumerate(keywords, 1)]
    return tuple(map(MapLabel, level.places, names, keywords, members))


def _members(level: DensityLevel) -> list[np.ndarray]:
    """Return the rows of each cluster, ascending."""
    order = np.argsort(level.numbers, kind="stable").astype(np.int32)
    ends = np.cumsum(np.concatenate([[(level.numbers == 0).sum()], level.sizes]))
    return [order[start:end] for start, end in pairwise(ends)]


def _some(rows: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return at most TEXTS of the rows, ascending."""
    return rows if len(rows) <= TEXTS else np.sort(rng.choice(rows, TEXTS, replace=False))


def _texts(run: Run, items: set[str]) -> Mapping[str, Sequence[str]]:
    """Return the texts of these items."""
    found: dict[str, list[str]] = {}
    for medium in run.collection.media_of("text"):
        if medium.item in items and medium.text:
            found.setdefault(medium.item, []).append(medium.text)
    return found
