"""How recommenders are measured: the split, who is asked, and what would be a right answer for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.recommend import Interactions, PlacedItems, PlacedQuery, interactions_of, place_items
from mmalign_core.recommend.splits import SPLITS, EventSplit, split_events
from mmalign_core.types import BadInput, Collection, EmbeddingSet, digest_bytes, digest_json

SCORES_AT_ONCE = 1 << 22
"""Scores held at a time: 32 MB, and a few copies of them."""
SLICES: Mapping[str, str] = {
    "all": "all right answers, among all items",
    "warm": "right answers that somebody met in training, among all items",
    "cold": "right answers that nobody met in training, among all items",
    "cold alone": "right answers that nobody met in training, among such items alone",
    "short": "users of the shorter half of histories, among all items",
    "long": "users of the longer half of histories, among all items",
}
"""What is measured apart. A user's other right answers are no candidates of a slice, so none can stand in the way."""


@dataclass(frozen=True)
class Protocol:
    """`split` is one of SPLITS, or "" for "time" where the events have times and "random" where they have none; `test`
    the share to measure (not for "last"); `relevant` the rating from which a held-out event is a right answer, None for
    all. Every other event is learned from, however it was rated: it was met."""

    split: str = ""
    test: float = 0.2
    k: int = 10
    relevant: float | None = None
    seed: int = 0

    def check(self) -> None:
        """BadInput names what is off."""
        if self.split and self.split not in SPLITS:
            raise BadInput(f"unknown split '{self.split}'; choose one of: {', '.join(SPLITS)}")
        if self.split != "last" and not 0 < self.test < 1:
            raise BadInput(f"the share to measure is {self.test:g}; give one between 0 and 1, such as 0.2")
        if self.k < 1:
            raise BadInput(f"lists of {self.k} items cannot be measured; ask for at least 1")
        if self.relevant is not None and not np.isfinite(self.relevant):
            raise BadInput(f"the rating {self.relevant} from which an answer is right is not a number")


@dataclass(frozen=True)
class Batch:
    """Some of the users with what they are asked by, what they have met, and their right answers.

    `seen` and `right`: (row within the batch, item) of each; `events`: which of the trial's right answers these are.
    """

    users: slice
    queries: list[PlacedQuery]
    seen: tuple[np.ndarray, np.ndarray]
    right: tuple[np.ndarray, np.ndarray]
    events: slice


@dataclass(frozen=True)
class Trial:
    """`users` (m,): numbers of the users that are asked, rising. `rows` (e,), by rising place in `users`, and
    `columns` (e,): their right answers, each once. `facts` go with every number that comes of it."""

    items: PlacedItems
    split: EventSplit
    protocol: Protocol
    users: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    facts: Mapping[str, Any]

    @property
    def cold(self) -> np.ndarray:
        """(e,) bool: right answers that nobody met in training."""
        return self.split.cold[self.columns]

    @cached_property
    def parts(self) -> Mapping[str, np.ndarray]:
        """Slice -> (e,) bool: its right answers; slices without any are left out."""
        everything, short = np.ones(len(self.rows), bool), self.history_lengths <= self.facts["short_history"]
        found = {
            "all": everything,
            "warm": ~self.cold,
            "cold": self.cold,
            "cold alone": self.cold,
            "short": short[self.rows],
            "long": ~short[self.rows],
        }
        return {name: mask for name, mask in found.items() if mask.any()}

    @property
    def history_lengths(self) -> np.ndarray:
        """(m,) how many items each user has met in training."""
        return np.diff(self.split.train.matrix.indptr)[self.users]

    @cached_property
    def digest(self) -> str:
        """Of all that a measurement of one recommender depends on."""
        events = (self.split.train.rows, self.split.train.columns, self.rows, self.columns, self.users)
        places = (np.ascontiguousarray(self.items.parts[m]) for m in sorted(self.items.parts))
        shape = [asdict(self.protocol), self.items.ids, sorted(self.items.parts)]
        return digest_bytes(digest_json(shape).encode(), *(a.tobytes() for a in (*events, *places)))

    def batches(self, least_rating: float = 0.0) -> Iterator[Batch]:
        """The users, so many at a time that their scores fit in SCORES_AT_ONCE, each asked by what they met and did
        not rate lower."""
        step = max(1, SCORES_AT_ONCE // max(1, len(self.items.ids)))
        met, liked = self.split.train.matrix, self.split.train.liked(least_rating)
        for start in range(0, len(self.users), step):
            users = self.users[start : start + step]
            first, last = np.searchsorted(self.rows, [start, start + step])
            own = met[users].tocoo()
            yield Batch(
                slice(start, start + len(users)),
                [PlacedQuery(history=liked.history(int(user)), user=int(user)) for user in users],
                (own.row, own.col),
                (self.rows[first:last] - start, self.columns[first:last]),
                slice(first, last),
            )


def trial(items: PlacedItems, interactions: Interactions, protocol: Protocol) -> Trial:
    """Split the events and see who can be asked; BadInput if that is nobody.

    Users without an event in training are left out, and counted: nothing is known of them, so all would be shown the
    same. So are those none of whose measured events is a right answer, and those of whom nothing was held out.
    """
    protocol.check()
    how = protocol.split or ("random" if np.isnan(interactions.times).all() else "time")
    split = split_events(interactions, how, protocol.test, protocol.seed)
    good = _relevant(split.test, protocol.relevant)
    pairs = np.unique(np.stack([split.test.rows[good], split.test.columns[good]]), axis=1)
    known = np.bincount(split.train.rows, minlength=len(interactions.users)) > 0
    new = np.unique(pairs[0][~known[pairs[0]]])
    asked, columns = pairs[:, known[pairs[0]]]
    users, rows = np.unique(asked, return_inverse=True)
    if not len(users):
        raise BadInput(
            f"nobody can be measured ({split.words}): of {len(np.unique(split.test.rows)):,} users with held-out "
            f"events {len(new):,} have right answers and none of these has a history; hold out less, or lower the "
            "rating that counts as right"
        )
    facts = {
        "split": split.words,
        "split_kind": how,
        "relevant": protocol.relevant,
        "k": protocol.k,
        "seed": protocol.seed,
        "items": len(items.ids),
        "cold_items": int(split.cold.sum()),
        "users": len(interactions.users),
        "events": len(interactions),
        "n_train": len(split.train),
        "n_test": len(split.test),
        "left_out_events": split.left_out,
        "right_answers": len(rows),
        "users_measured": len(users),
        "users_new": len(new),
        "short_history": int(np.median(np.diff(split.train.matrix.indptr)[users])),
        "users_not_held_out": len(interactions.users) - len(np.unique(split.test.rows)),
        "users_without_right_answer": len(np.setdiff1d(split.test.rows, pairs[0])),
        "simulated": all(user.startswith("simulated") for user in interactions.users),
    }
    return Trial(items, split, protocol, users, rows, columns, facts)


def _relevant(test: Interactions, bar: float | None) -> np.ndarray:
    """(e,) bool; an event without a rating is no right answer where a rating is asked for."""
    if bar is None:
        return np.ones(len(test), bool)
    if np.isnan(test.ratings).all():
        raise BadInput(f"no held-out event has a rating, so none reaches {bar:g}; leave the bar away or give ratings")
    good = test.ratings >= bar
    if not good.any():
        raise BadInput(
            f"no held-out rating reaches {bar:g} (they go from {np.nanmin(test.ratings):g} to "
            f"{np.nanmax(test.ratings):g}); lower the rating that counts as right"
        )
    return good


def events_of(collection: Collection, protocol: Protocol | None = None) -> Interactions:
    """Who met the collection's items; BadInput where there is nobody, or nothing can be measured as `protocol` asks.

    It needs no vectors, so it says so before any are made.
    """
    if collection.interactions is None:
        raise BadInput(
            f"'{collection.name}' has no interactions; give them with --interactions FILE "
            "(user_id,item_id[,rating,timestamp])"
        )
    events = interactions_of(collection.interactions, collection.ids)
    if not len(events):
        raise BadInput(f"no interaction names an item of '{collection.name}'; its ids look like '{collection.ids[0]}'")
    if protocol is not None:
        trial(PlacedItems(collection.ids, {}), events, protocol)
    return events


def all_places(collection: Collection, space: Mapping[str, EmbeddingSet]) -> PlacedItems:
    """Every item of the collection, those without a place too: somebody may have met them.

    `space`: a run's shared space, or vectors as they were encoded. Each modality is centred, since what all its items
    have in common tells none of them apart; modalities may differ in width.
    """
    return place_items({m: _centred(rows) for m, rows in space.items()}, collection.ids)


def _centred(rows: EmbeddingSet) -> EmbeddingSet:
    vectors = rows.vectors - rows.vectors.mean(axis=0, dtype=np.float64)
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, vectors, rows.encoder)
