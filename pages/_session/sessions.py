"""Which people have a page open, and what goes when they have none: their uploads, caches and background work."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from streamlit import runtime

from mmalign_core.jobs import FETCHES, JOBS, Limits
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.workflow import clear_left_sessions
from pages._session import cache, media_cache, places, received_files, view_history
from pages._session.session_jobs import SESSION_JOBS
from pages._session.visitors import served, session_id, visitor

_JOBS_WAIT = 60.0
"""Seconds that background work goes on after the last page was closed: a page that is loaded again needs a few."""


@dataclass
class _Attendance:
    """The open sessions of one person, Streamlit's id -> ours, and since when there is none (None while there is)."""

    sessions: dict[str, str] = field(default_factory=dict)
    since: float | None = None
    left: bool = False


_HERE: dict[str, _Attendance] = {}
_ENDED: set[str] = set()
"""People who were forgotten, and whose background work may not have ended yet."""
_LOCK = Lock()


def attend() -> None:
    """Note that this session is open: whatever belongs to its person stays."""
    key = visitor().key
    with _LOCK:
        here = _HERE.setdefault(key, _Attendance())
        here.sessions[session_id()] = view_history.session()
        here.since, here.left = None, False
        _ENDED.discard(key)


def is_full(most: int) -> bool:
    """Whether more sessions are open than this server takes, this one included."""
    with _LOCK:
        here = [one for known in _HERE.values() for one in known.sessions]
    return len(here) > most and sum(map(_is_open, here)) > most


def depart() -> None:
    """Record that this session was refused because too many are open: it no longer counts as open."""
    with _LOCK:
        here = _HERE.get(visitor().key)
        if here is not None:
            here.sessions.pop(session_id(), None)


def look(settings: Settings, is_open: Callable[[str], bool] | None = None, now: float | None = None) -> list[str]:
    """End what nobody looks at any more: work after a minute, everything else after `settings.session_seconds`.

    Returns the people that were forgotten. `is_open` says of one of Streamlit's sessions whether it has a page.
    """
    is_open, now = is_open or _is_open, time.monotonic() if now is None else now
    places.folders(settings.root).touch()
    with _LOCK:
        absent = {key: _seconds_absent(here, is_open, now) for key, here in _HERE.items()}
        left = [key for key, seconds in absent.items() if seconds >= min(_JOBS_WAIT, settings.session_seconds)]
        ended = [key for key, seconds in absent.items() if seconds >= settings.session_seconds]
        _ENDED.update(ended)
        for key in ended:
            del _HERE[key]
    for key in left:
        JOBS.leave(key)
        FETCHES.leave(key)
    received_files.drop_closed(is_open)
    for key in sorted(_ENDED):  # also those of earlier looks: work that ends late leaves its result
        forget(key, settings)
    working = {job.by for job in (*JOBS.all(), *FETCHES.all()) if not job.finished}
    _ENDED.intersection_update(working)
    return ended


def forget(key: str, settings: Settings) -> None:
    """Delete all that belongs to that person and was not kept: uploads, queries, what was made of them, and caches."""
    folder = places.folders(settings.root).of(key)
    for kept in (cache.KEPT, media_cache.MEDIA, media_cache.MAPS):
        kept.drop_owner(key, str(folder))
    cache.results().drop_owner(key)
    places.forget(key)
    places.folders(settings.root).remove(key)


def forget_upload(key: str, digest: str, settings: Settings) -> None:
    """Delete one upload of the person's session, and all their caches: any may hold a part of it."""
    folder = places.folders(settings.root).of(key) / places.SHELF / digest
    for kept in (cache.KEPT, media_cache.MEDIA, media_cache.MAPS):
        kept.drop_owner(key, str(folder))
    cache.results().drop_owner(key)
    places.forget(key)
    shutil.rmtree(folder, ignore_errors=True)


def begin(settings: Settings) -> None:
    """Delete what the sessions of ended servers left, and set the limits of background work."""
    clear_left_sessions(settings.root)
    with suppress(BadInput):  # a store that cannot be written still shows what it holds
        places.folders(settings.root).make("receiving")
    JOBS.workers, JOBS.limits = settings.max_jobs, Limits(settings.max_job_seconds, settings.max_job_bytes)


def end(settings: Settings) -> None:
    """Stop all work and delete what lives with sessions: the server ends."""
    JOBS.stop()
    FETCHES.stop()
    places.folders(settings.root).close()


def _seconds_absent(here: _Attendance, is_open: Callable[[str], bool], now: float) -> float:
    """Seconds since the person's last session was seen open; -1 while one is."""
    for session in [one for one in here.sessions if not is_open(one)]:
        SESSION_JOBS.gone(here.sessions.pop(session))
    if here.sessions:
        here.since = None
        return -1.0
    here.since = now if here.since is None else here.since
    return now - here.since


def _is_open(session: str) -> bool:
    """Whether a browser shows the session."""
    return not served() or runtime.get_instance().is_active_session(session)


def drop_expired() -> None:
    """Let go of sessions that Streamlit holds for browsers that lost their connection, once their time is over.

    Its storage forgets them only when another is stored, so they and their uploads stay for as long as nobody comes.
    """
    manager: Any = runtime.get_instance()._session_mgr if served() else None  # no public name leads there
    expire = getattr(getattr(getattr(manager, "_session_storage", None), "_cache", None), "expire", None)
    lock = getattr(manager, "_storage_lock", None)
    if expire is not None and lock is not None:
        with lock:
            expire()
