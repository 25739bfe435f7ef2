"""What the server does while nobody clicks: it ends sessions, unloads idle encoders and gives back freed memory."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import cache
from threading import Event, Thread

from mmalign_core.workflow import limit_heap, release_freed, release_sessions, unload_idle
from pages._session import cache as app_cache
from pages._session import sessions

_EVERY = 20.0
"""Seconds between two looks; our choice: a person who reads a page is not disturbed by a tenth of a second."""
_AT_REST = 0.03
"""Share of a core below which the server is at rest: a page that polls work under way takes as much."""
_WORKED = 2.0
"""Seconds of processor time after which there is something to collect: some twenty clicks, or a session's start."""
_IDLE_ENCODER = 600.0
"""Seconds after which an encoder that nobody asked for is unloaded. The largest load again in some 20 s. Our choice."""


class Housekeeper:
    """Watches this process: `look` cleans up once it has worked and then comes to rest."""

    def __init__(
        self,
        tidy: Callable[[], None],
        worked: Callable[[], float] = time.process_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`tidy` cleans up. `worked` and `clock` give seconds of processor time and of the clock."""
        self._tidy, self._worked, self._clock = tidy, worked, clock
        self._seen = self._cleaned = worked()
        self._when = clock()

    def look(self) -> bool:
        """Clean up if there is work to clean up after and none goes on; return whether it did."""
        worked, now = self._worked(), self._clock()
        share = (worked - self._seen) / max(now - self._when, 1e-9)
        self._seen, self._when = worked, now
        if share > _AT_REST or worked - self._cleaned < _WORKED:
            return False
        self._tidy()
        self._seen = self._cleaned = self._worked()
        return True


def give_back() -> None:
    """Give back the memory that encoders keep for their next batches, and what was freed."""
    release_sessions()
    release_freed()


@asynccontextmanager
async def lifespan(app: object) -> AsyncGenerator[None, None]:
    """From the start of the server to its end, when it leaves nothing of its sessions behind."""
    begin()
    yield
    sessions.end(app_cache.server_settings())


@cache
def begin() -> None:
    """Begin to look after this process, once."""
    limit_heap()
    kept = app_cache.server_settings()
    keeper, never = Housekeeper(give_back), Event()
    sessions.begin(kept)

    def watch() -> None:
        while not never.wait(min(_EVERY, kept.session_seconds)):
            unload_idle(_IDLE_ENCODER)
            sessions.drop_expired()
            if sessions.look(kept):
                give_back()
            keeper.look()

    Thread(target=watch, name="housekeeping", daemon=True).start()
