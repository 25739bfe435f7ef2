"""A cache of large results (collections, runs, maps) by digest, bounded in number and bytes, for all sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from threading import Lock
from typing import Any

import psutil

from pages._session.byte_sizes import bytes_of

LIMITS: Mapping[str, int] = {
    "collection": 8,
    "run": 8,
    "map": 16,
    "inspection": 8,
    "findings": 16,
    "findings so far": 16,
    "tour": 4,
    "tour so far": 4,
    "errors": 8,
    "slices": 8,
    "repair": 16,
    "difference": 8,
    "judged": 8,
    "groups": 16,
    "clusters": 8,
    "mixing": 8,
    "report": 4,
    "bundle": 2,
    "verification": 8,
    "ranks": 16,
    "board": 16,
    "fit": 8,
    "pair": 32,
    "curves": 8,
    "trial": 16,
    "recommender": 8,
    "maps": 64,
    "counterfactual": 64,
    "sentence": 64,
    "words": 64,
    "plan": 16,
    "fetched": 16,
}
"""Number of kept results of each kind and owner: few large ones (a run takes megabytes), more of the small."""

OF_A_PERSON = ("maps", "counterfactual", "sentence", "words", "verification")
"""Kinds that come from what a person asked or uploaded, whatever the data."""
_LEAST_BYTES, _PART = 1_000_000_000, 4
"""Results may take a quarter of the machine's memory, and always 1 GB. Our choice: encoders and fits need the rest."""


@dataclass(frozen=True)
class Failed:
    """Stands for a result that failed. `reason`: one sentence for the page."""

    reason: str


class ResultsCache:
    """kind -> digest -> result; of each kind and owner the most recently used `limits[kind]` are kept.

    Above `most` bytes in all the least recently used of any kind go first, but never the last one of its kind and
    owner: a page that shows it would make it again at once. `owner` says of a kind whose result is put or looked for
    now, '' for everybody's: each sees the own results and everybody's, and `drop_owner` drops the own ones.
    """

    def __init__(
        self, limits: Mapping[str, int], most: int | None = None, owner: Callable[[str], str] = lambda kind: ""
    ) -> None:
        self._limits = dict(limits)
        self._most = max(_LEAST_BYTES, psutil.virtual_memory().total // _PART) if most is None else most
        self._owner = owner
        self._kept: dict[tuple[str, str], OrderedDict[str, _Kept]] = {}
        self._uses = count()
        self._lock = Lock()

    def get(self, kind: str, digest: str) -> Any | None:
        """Return the result, or None if there is none or it was dropped for newer ones."""
        own = self._owner(kind)
        with self._lock:
            for kept in (self._of(kind, own), self._of(kind, "")):
                if digest in kept:
                    kept.move_to_end(digest)
                    kept[digest] = replace(kept[digest], used=next(self._uses))
                    return kept[digest].result
        return None

    def put(self, kind: str, digest: str, result: Any) -> None:
        """Keep the result, and drop the least recently used of its kind, or of all, if there is no room."""
        size, own = bytes_of(result), self._owner(kind)
        with self._lock:
            kept = self._of(kind, own)
            kept[digest] = _Kept(result, size, next(self._uses))
            kept.move_to_end(digest)
            while len(kept) > self._limits[kind]:
                kept.popitem(last=False)
            if sum(one.size for held in self._kept.values() for one in held.values()) > self._most:
                self._make_room()

    def drop(self, kind: str, digest: str) -> None:
        """Drop the result if there is one."""
        own = self._owner(kind)
        with self._lock:
            self._of(kind, own).pop(digest, None)
            self._of(kind, "").pop(digest, None)

    def drop_owner(self, owner: str) -> None:
        """Drop all results of that owner."""
        with self._lock:
            for place in [place for place in self._kept if place[1] == owner]:
                del self._kept[place]

    def _of(self, kind: str, owner: str) -> OrderedDict[str, _Kept]:
        """The results of a kind and owner; KeyError for an unknown kind."""
        _ = self._limits[kind]
        return self._kept.setdefault((kind, owner), OrderedDict())

    def _make_room(self) -> None:
        """Drop what exceeds the bytes. What several results share, as a run and its collection, counts once."""
        every = [(one.used, place, digest) for place, held in self._kept.items() for digest, one in held.items()]
        taken, seen = 0, set[int]()
        for _, place, digest in sorted(every, reverse=True):
            kept = self._kept[place]
            taken += bytes_of(kept[digest].result, seen)
            if taken > self._most and digest != next(reversed(kept)):
                del kept[digest]


@dataclass(frozen=True)
class _Kept:
    """`size`: bytes of the result with all that it shares. `used`: the number of its last use, which rises."""

    result: Any
    size: int
    used: int
