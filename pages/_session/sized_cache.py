"""A cache that is bounded by the bytes that its values take; the least recently used go first."""

from __future__ import annotations

import inspect
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Any, ParamSpec, TypeVar

from mmalign_core.types import Collection
from pages._session.byte_sizes import bytes_of

P = ParamSpec("P")
T = TypeVar("T")


class SizedCache:
    """key -> value. Above `limit` bytes in all the least recently used are dropped, but never the last one.

    `owner` says whose the values are that are made or looked for now, '' for everybody's.
    """

    def __init__(self, limit: int, owner: Callable[[], str] = lambda: "") -> None:
        self._limit, self._owner = limit, owner
        self._kept: OrderedDict[tuple[str, Hashable], tuple[Any, int]] = OrderedDict()
        self._making: dict[tuple[str, Hashable], Lock] = {}
        self._lock = Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def value(self, key: Hashable, make: Callable[[], T], owner: str | None = None) -> T:
        """Return the kept value, or make it and keep it. Two threads that ask for the same key make it once.

        `owner`: in place of what the cache's own function says.
        """
        place = (self._owner() if owner is None else owner, key)
        with self._lock:
            for known in (place, ("", key)):
                if known in self._kept:
                    self._kept.move_to_end(known)
                    return self._kept[known][0]
            making = self._making.setdefault(place, Lock())
        with making:
            with self._lock:
                if place in self._kept:
                    return self._kept[place][0]
            try:
                made = make()
                self._keep(place, made)
            finally:
                with self._lock:
                    self._making.pop(place, None)
        return made

    def drop_owner(self, owner: str, folder: str) -> None:
        """Drop what belongs to that owner, and what was made of files below the folder."""
        with self._lock:
            for key in [key for key in self._kept if key[0] == owner or _names(key[1], folder)]:
                self.size -= self._kept.pop(key)[1]

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept.clear()
            self.size = 0

    def _keep(self, place: tuple[str, Hashable], made: Any) -> None:
        size = bytes_of(made)
        with self._lock:
            self._kept[place] = (made, size)
            self.size += size
            while self.size > self._limit and len(self._kept) > 1:
                self.size -= self._kept.popitem(last=False)[1][1]

    def keep(self, function: Callable[P, T], owner: Callable[[], str] | None = None) -> Callable[P, T]:
        """Decorate a function whose results are kept by its arguments; those whose name begins with "_" are no key.

        `owner` says whose the results are, in place of the cache's own function.
        Arguments are hashable. A collection counts by its content and the places of its media, which are opened there.
        """
        names = list(inspect.signature(function).parameters)
        places = [place for place, name in enumerate(names) if not name.startswith("_")]
        own = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def kept(*args: P.args, **kwargs: P.kwargs) -> T:
            given = (*args, *(kwargs[name] for name in names[len(args) :])) if kwargs else args
            key = (own, *(_part(given[place]) for place in places))
            return self.value(key, lambda: function(*args, **kwargs), owner and owner())

        return kept


def _part(argument: Any) -> Hashable:
    return argument.digest_with_places if isinstance(argument, Collection) else argument


def _names(key: Hashable, folder: str) -> bool:
    """Whether a part of the key is a path below the folder."""
    return isinstance(key, tuple) and any(isinstance(part, str) and part.startswith(folder) for part in key)
