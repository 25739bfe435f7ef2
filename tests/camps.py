"""Made-up events for tests of recommenders: random ones, and two camps of taste that never meet."""

import numpy as np

from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, PlacedQuery, Recommender

CAMP = 8
"""Items of each camp; the last of each nobody has met."""


def events_of(matrix: np.ndarray, ratings: np.ndarray | None = None) -> Interactions:
    rows, columns = np.nonzero(matrix)
    given = np.full(len(rows), np.nan) if ratings is None else ratings[rows, columns].astype(float)
    users = tuple(f"u{u}" for u in range(len(matrix)))
    return Interactions(users, matrix.shape[1], rows, columns, given, np.full(len(rows), np.nan))


def random_events(seed: int = 0, users: int = 40, items: int = 12, density: float = 0.3) -> np.ndarray:
    """The last item is met by nobody."""
    matrix = np.random.default_rng(seed).random((users, items)) < density
    matrix[:, -1] = False
    return matrix.astype(float)


def places(items: int, **parts: np.ndarray) -> PlacedItems:
    return PlacedItems(tuple(f"i{n}" for n in range(items)), {m: x.astype(np.float32) for m, x in parts.items()})


def camps() -> tuple[PlacedItems, Interactions]:
    """Even users met most of the first camp's items, odd users of the second's; pictures and texts tell the camps."""
    rng = np.random.default_rng(1)
    matrix = np.zeros((60, 2 * CAMP))
    for user in range(60):
        start = CAMP * (user % 2)
        matrix[user, start : start + CAMP - 1] = rng.random(CAMP - 1) < 0.7
    side = np.repeat(np.eye(2), CAMP, axis=0)
    parts = {m: side @ rng.normal(size=(2, 6)) + 0.1 * rng.normal(size=(2 * CAMP, 6)) for m in ("text", "image")}
    return places(2 * CAMP, **parts), events_of(matrix)


def fitted(name: str, items: PlacedItems, events: Interactions | None, **params: object) -> Recommender:
    return RECOMMENDERS.create(name, **params).fit(items, events)


def of_history(model: Recommender, *items: int) -> np.ndarray:
    return model.score([PlacedQuery(history=dict.fromkeys(items, 1.0))])[0]
