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
    """key -> value. Above `limit` bytes in all the least recently used are dropped, but never the last one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._making: dict[Hashable, Lock] = {}
        self._lock = Lock()
        self.size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def value(self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the kept value, or make it and keep it. Two threads that ask for the same key make it once."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
            making = self._making.setdefault(key, Lock())
        with making:
            with self._lock:
                if key in self._kept:
                    return self._kept[key][0]
            try:
                made = make()
                self._keep(key, made)
            finally:
                with self._lock:
                    self._making.pop(key, None)
        return made

    def clear(self) -> None:
        """Drop all values."""
        with self._lock:
            self._kept.clear()
            self.size = 0

    def _keep(self, key: Hashable, made: Any) -> None:
        size = bytes_of(made)
        with self._lock:
            self._kept[key] = (made, size)
            self.size += size
            while self.size > self._limit and len(self._kept) > 1:
                self.size -= self._kept.popitem(last=False)[1][1]

    def keep(self, function: Callable[P, T]) -> Callable[P, T]:
        """Decorate a function whose results are kept by its arguments; those whose name begins with "_" are no key.

        Arguments are hashable. A collection counts by its content and the places of its media, which are opened there.
        """
        names = list(inspect.signature(function).parameters)
        places = [place for place, name in enumerate(names) if not name.startswith("_")]
        own = f"{function.__module__}.{function.__qualname__}"

        @wraps(function)
        def kept(*args: P.args, **kwargs: P.kwargs) -> T:
            given = (*args, *(kwargs[name] for name in names[len(args) :])) if kwargs else args
            key = (own, *(_part(given[place]) for place in places))
            return self.value(key, lambda: function(*args, **kwargs))

        return kept


def _part(argument: Any) -> Hashable:
    return argument.digest_with_places if isinstance(argument, Collection) else argument
