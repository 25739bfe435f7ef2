"""Recommenders whose scores are known, that fail, never end or are stopped, and events to measure them on."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

import numpy as np
import pandas as pd

from mmalign_core.recommend import Interactions, PlacedItems, PlacedQuery, Recommender, interactions_of
from mmalign_core.types import Cancelled, Progress

ITEMS = tuple(f"i{n:02d}" for n in range(24))


class Toy(Recommender):
    """Scores that a test knows: the item's number times the user's, with ties; remembers what it was fitted on."""

    name, summary, views = "toy", "A toy", ("toy",)
    fits: ClassVar[list[Interactions]] = []

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        self.fits.append(events)
        self.many = len(items.ids)

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        return np.stack([known_scores(query.user or 0, self.many) for query in queries])

    def shares(self, query: PlacedQuery, rows: np.ndarray, view: str = "") -> Mapping[str, np.ndarray]:
        return {"toy": self.score([query])[0][rows]}


class Broken(Toy):
    name = "broken"

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        raise ZeroDivisionError("by zero")


class Endless(Toy):
    name = "endless"

    def score(self, queries: Sequence[PlacedQuery]) -> np.ndarray:
        return np.full((len(queries), self.many), np.inf)


class Stopped(Toy):
    name = "stopped"

    def learn(self, items: PlacedItems, events: Interactions, seed: int, progress: Progress) -> None:
        raise Cancelled("stop")


def known_scores(user: int, many: int) -> np.ndarray:
    return (np.arange(many) * (user + 3) % 7).astype(float)


def places() -> PlacedItems:
    return PlacedItems(ITEMS, {"text": np.random.default_rng(0).normal(size=(len(ITEMS), 4)).astype(np.float32)})


def met(seed: int = 1, users: int = 14, events: int = 130, dated: bool = True) -> Interactions:
    """Later events reach items that earlier ones do not; some users come late."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 1000, events))
    frame = pd.DataFrame({
        "user_id": [f"u{rng.integers(0, 3 + (users - 3) * t // 1000):02d}" for t in times],
        "item_id": [ITEMS[int(rng.integers(0, 12 + 12 * t // 1000))] for t in times],
        "rating": rng.integers(1, 6, events).astype(float),
    })  # fmt: skip
    return interactions_of(frame.assign(timestamp=times) if dated else frame, ITEMS)
