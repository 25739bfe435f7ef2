"""Measurement of recommenders: the split, the users, and the right answers of each user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.data.interactions import why_none
from mmalign_core.recommend import Interactions, PlacedItems, PlacedQuery, interactions_of, place_items
from mmalign_core.recommend.splits import SPLITS, EventSplit, split_events
from mmalign_core.types import BadInput, Collection, EmbeddingSet, digest_bytes, digest_json
from mmalign_core.wording import say, say_list

SCORES_AT_ONCE = 1 << 22
"""Scores computed at a time: 32 MB, and a few copies of them."""
SLICES: Mapping[str, str] = {
    "all": say("all right answers, among all items"),
    "warm": say("right answers that somebody met in training, among all items"),
    "cold": say("right answers that nobody met in training, among all items"),
    "cold alone": say("right answers that nobody met in training, among such items alone"),
    "short": say("users of the shorter half of histories, among all items"),
    "long": say("users of the longer half of histories, among all items"),
}
"""Slices of the right answers. A user's right answers outside a slice are no candidates in it."""


@dataclass(frozen=True)
class Protocol:
    """`split`: one of SPLITS, or "" for "time" if events have times, else "random". `test`: the share to measure (not
    for "last"). `relevant`: the rating from which a held-out event is a right answer, None for all. All other events
    are used for learning, whatever their rating."""

    split: str = ""
    test: float = 0.2
    k: int = 10
    relevant: float | None = None
    seed: int = 0

    def check(self) -> None:
        """Raise BadInput for a setting that is out of range."""
        if self.split and self.split not in SPLITS:
            raise BadInput(
                say("unknown split '{split}'; choose one of: {splits}", split=self.split, splits=say_list(SPLITS))
            )
        if self.split != "last" and not 0 < self.test < 1:
            raise BadInput(
                say("the share to measure is {test:g}; give one between 0 and 1, such as 0.2", test=self.test)
            )
        if self.k < 1:
            raise BadInput(say("lists of {k} items cannot be measured; ask for at least 1", k=self.k))
        if self.relevant is not None and not np.isfinite(self.relevant):
            raise BadInput(
                say("the rating {relevant} from which an answer is right is not a number", relevant=self.relevant)
            )


@dataclass(frozen=True)
class Batch:
    """Some of the users with their queries, items met in training, and right answers.

    `seen` and `right`: (row within the batch, item) of each. `events`: the numbers of these right answers in the trial.
    """

    users: slice
    queries: list[PlacedQuery]
    seen: tuple[np.ndarray, np.ndarray]
    right: tuple[np.ndarray, np.ndarray]
    events: slice


@dataclass(frozen=True)
class Trial:
    """`users` (m,): numbers of the measured users, ascending. `rows` (e,), ascending places in `users`, and
    `columns` (e,): their right answers, each once. `facts`: the data and protocol, reported with all results."""

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
        """Slice -> (e,) bool: its right answers. Slices without any are left out."""
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
        """(m,) number of items that each user met in training."""
        return np.diff(self.split.train.matrix.indptr)[self.users]

    @cached_property
    def digest(self) -> str:
        """Digest of all inputs of the measurement of one recommender."""
        events = (self.split.train.rows, self.split.train.columns, self.rows, self.columns, self.users)
        places = (np.ascontiguousarray(self.items.parts[m]) for m in sorted(self.items.parts))
        shape = [asdict(self.protocol), self.items.ids, sorted(self.items.parts)]
        return digest_bytes(digest_json(shape).encode(), *(a.tobytes() for a in (*events, *places)))

    def batches(self, least_rating: float = 0.0) -> Iterator[Batch]:
        """Yield the users in batches whose scores fit in SCORES_AT_ONCE, each with the items met and not rated below
        `least_rating` as the query."""
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
    """Split the events and choose the users to measure. BadInput if there are none.

    Users without an event in training are left out, and counted, because all would get the same list. Users without a
    held-out event, or without a right answer among them, are left out too.
    """
    protocol.check()
    how = protocol.split or ("random" if np.isnan(interactions.times).all() else "time")
    split = split_events(interactions, how, protocol.test, protocol.seed)
    good = _relevant(split.test, protocol.relevant)
    pairs = np.unique(np.stack([split.test.rows[good], split.test.columns[good]]), axis=1)
    known = np.bincount(split.train.rows, minlength=len(interactions.users)) > 0
    new = np.unique(pairs[0][~known[pairs[0]]])
    places, columns = pairs[:, known[pairs[0]]]
    users, rows = np.unique(places, return_inverse=True)
    if not len(users):
        raise BadInput(
            say(
                "no user can be measured ({words}): of {n:,} users with held-out events {judged:,} have right "
                "answers and none of these has a history; hold out less, or lower the rating that counts as right",
                words=split.words,
                n=len(np.unique(split.test.rows)),
                judged=len(new),
            )
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
    """Return (e,) bool. An event without a rating is no right answer if a rating is required."""
    if bar is None:
        return np.ones(len(test), bool)
    if np.isnan(test.ratings).all():
        raise BadInput(
            say("no held-out event has a rating, so none reaches {bar:g}; leave the bar away or give ratings", bar=bar)
        )
    good = test.ratings >= bar
    if not good.any():
        raise BadInput(
            say(
                "no held-out rating reaches {bar:g} (they go from {nanmin:g} to {nanmax:g}); lower the rating "
                "that counts as right",
                bar=bar,
                nanmin=np.nanmin(test.ratings),
                nanmax=np.nanmax(test.ratings),
            )
        )
    return good


def events_of(collection: Collection, protocol: Protocol | None = None) -> Interactions:
    """Return the interactions with the collection's items. BadInput if there are none, or `protocol` cannot use them.

    It needs no vectors, so errors are raised before any encoding.
    """
    if collection.interactions is None:
        raise BadInput(
            say(
                "'{name}' has no interactions; give them with --interactions FILE (user_id,item_id[,rating,timestamp])",
                name=collection.name,
            )
        )
    if collection.interactions.empty and (why := why_none(collection)):
        raise BadInput(say("'{name}' has interactions, but {why}", name=collection.name, why=why))
    events = interactions_of(collection.interactions, collection.ids)
    if not len(events):
        raise BadInput(
            say(
                "no interaction names an item of '{name}'; its ids look like '{ids}'",
                name=collection.name,
                ids=collection.ids[0],
            )
        )
    if protocol is not None:
        trial(PlacedItems(collection.ids, {}), events, protocol)
    return events


def all_places(collection: Collection, space: Mapping[str, EmbeddingSet]) -> PlacedItems:
    """Return the places of every item of the collection, including items without a place, which users may have met.

    `space`: a run's shared space, or encoded vectors. Each modality is centred, because its mean does not help to
    separate items. Modalities may differ in width.
    """
    return place_items({m: _centred(rows) for m, rows in space.items()}, collection.ids)


def _centred(rows: EmbeddingSet) -> EmbeddingSet:
    vectors = rows.vectors - rows.vectors.mean(axis=0, dtype=np.float64)
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, vectors, rows.encoder)
