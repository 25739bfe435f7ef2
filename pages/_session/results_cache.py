"""A bounded cache of large results (collections, runs, maps) by digest, shared by all sessions."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any

LIMITS: Mapping[str, int] = {
    "collection": 8,
    "run": 8,
    "map": 16,
    "inspection": 8,
    "findings": 16,
    "findings so far": 16,
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
"""Number of kept results of each kind: few of the large ones (a run takes megabytes), more of the small ones."""


@dataclass(frozen=True)
class Failed:
    """Stands for a result that failed. `reason`: one sentence for the page."""

    reason: str


class ResultsCache:
    """kind -> digest -> result; of each kind the most recently used `limits[kind]` are kept."""

    def __init__(self, limits: Mapping[str, int]) -> None:
        self._limits = dict(limits)
        self._kept: dict[str, OrderedDict[str, Any]] = {kind: OrderedDict() for kind in limits}
        self._lock = Lock()

    def get(self, kind: str, digest: str) -> Any | None:
        """Return the result, or None if there is none or it was dropped for newer ones."""
        with self._lock:
            kept = self._kept[kind]
            if digest in kept:
                kept.move_to_end(digest)
            return kept.get(digest)

    def put(self, kind: str, digest: str, result: Any) -> None:
        """Keep the result, and drop the least recently used of its kind if there is no room."""
        with self._lock:
            kept = self._kept[kind]
            kept[digest] = result
            kept.move_to_end(digest)
            while len(kept) > self._limits[kind]:
                kept.popitem(last=False)

    def drop(self, kind: str, digest: str) -> None:
        """Drop the result if there is one."""
        with self._lock:
            self._kept[kind].pop(digest, None)
