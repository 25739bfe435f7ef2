"""Simulated users of the demo. Each likes two or three groups of items and now and then rates items of others.

No number here describes real people: counts, tastes and ratings are our choice.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from mmalign_core.data.demo.items import Item

USERS = 80  # chosen: enough for collaborative recommenders to learn something, few enough to look at
SEED = 20_240_601  # any fixed number; this is the day on which the simulated interactions begin
START = 1_717_200_000  # 1 June 2024, UTC
SPAN = 180 * 86_400  # half a year in seconds


class Interaction(NamedTuple):
    """One rating (1 to 5) by a simulated user at a Unix time in seconds."""

    user_id: str
    item_id: str
    rating: int
    timestamp: int


def simulated_interactions(items: Sequence[Item], users: int = USERS, seed: int = SEED) -> list[Interaction]:
    """The histories of all users, 8 to 25 different items each, sorted by user and time.

    Equal items and seeds give equal histories.
    """
    rng = np.random.default_rng(seed)
    groups = np.array([item.group for item in items])
    fame = rng.permutation(1 / np.arange(4, len(items) + 4) ** 0.5)
    return [
        row for number in range(1, users + 1) for row in _history(f"simulated-{number:03d}", items, groups, fame, rng)
    ]


def _history(
    user: str, items: Sequence[Item], groups: np.ndarray, fame: np.ndarray, rng: np.random.Generator
) -> Iterator[Interaction]:
    liked = rng.choice(np.unique(groups), size=rng.integers(2, 4), replace=False)
    taste = np.isin(groups, liked)
    weight = fame * np.where(taste, 1.0, 0.25 * taste.sum() / (~taste).sum())
    count = int(rng.integers(8, 26))
    chosen = rng.choice(len(items), size=count, replace=False, p=weight / weight.sum())
    times = np.sort(rng.integers(0, SPAN, count)) + START
    for index, time in zip(chosen, times, strict=True):
        rating = (
            rng.choice([3, 4, 5], p=[0.15, 0.4, 0.45])
            if taste[index]
            else rng.choice([1, 2, 3, 4], p=[0.2, 0.35, 0.3, 0.15])
        )
        yield Interaction(user, items[index].id, int(rating), int(time))


def write_interactions(path: Path, rows: Sequence[Interaction]) -> None:
    """Write interactions to a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(Interaction._fields)
        writer.writerows(rows)
