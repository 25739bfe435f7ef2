"""Background jobs: functions that run in a few threads, with progress, partial results and cancelling.

The threads are daemons, so that the program can end during a long training; the store stays valid if it is killed.
At exit running jobs are cancelled and get `EXIT_GRACE` seconds to stop, so that native code is rarely interrupted.
"""

from __future__ import annotations

import atexit
import logging
import math
import threading
import time
import traceback
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from mmalign_core.job_limits import Limits as Limits
from mmalign_core.job_limits import Meter
from mmalign_core.types import BadInput, Cancelled

T = TypeVar("T")
EXIT_GRACE = 2.0
"""Seconds that jobs get to stop when the program ends. Chosen: a user barely notices them."""

_log = logging.getLogger(__name__)


class Job(Generic[T]):
    """One run of a function. Every attribute may be read from any thread at any time.

    `status`: queued, running, done, failed or cancelled. `fraction` in 0..1 never falls. `error` is one line for the
    user; `traceback` is the text for logs, None for errors that the user caused. `published`: partial results in order.
    `state`: the newest whole state of a result that gets better, such as a map; None once it is done.
    `found`: of a cancelled job in words, what was measured by then (the notes of its `Cancelled`).
    `by`: the person who started it, '' for nobody in particular; `kept`: it goes on when nobody waits for it.
    """

    def __init__(
        self, title: str, function: Callable[[Job[T]], T], owner: str = "", by: str = "", limits: Limits | None = None
    ) -> None:
        self.id = uuid.uuid4().hex[:12]
        self.title, self.owner, self.by = title, owner, by
        self.kept, self.left = False, False
        self.limits = limits
        self._wanted = {by} if by else set[str]()
        self.status, self.fraction, self.message = "queued", 0.0, ""
        self.result: T | None = None
        self.error: str | None = None
        self.found = ""
        self.traceback: str | None = None
        self.state: Any = None
        self._function: Callable[[Job[T]], T] | None = function
        self._meter: Meter | None = None
        self._published: list[Any] = []
        self._cancel, self._finished, self._lock = threading.Event(), threading.Event(), threading.Lock()

    def progress(self, fraction: float, message: str) -> None:
        """The progress callback of the work. Raises Cancelled after `cancel`, BadInput where a limit is reached."""
        if self._cancel.is_set():
            raise Cancelled(f"'{self.title}' was cancelled")
        if self._meter is not None:
            self._meter.check()
        with self._lock:
            if math.isfinite(fraction):
                self.fraction = max(self.fraction, min(float(fraction), 1.0))
            self.message = message

    def publish(self, value: Any) -> None:
        """Add a partial result (a loss, a finished aligner). It is kept if the job fails or is cancelled."""
        with self._lock:
            self._published.append(value)

    def show(self, state: Any) -> None:
        """Set `state`, in place of the one before. It is kept if the job fails or is cancelled."""
        self.state = state

    @property
    def published(self) -> tuple[Any, ...]:
        """The partial results so far."""
        with self._lock:
            return tuple(self._published)

    @property
    def finished(self) -> bool:
        """Whether it is done, failed or cancelled; the outcome is then complete."""
        return self._finished.is_set()

    @property
    def stopping(self) -> bool:
        """Whether it was cancelled, or took too much, and still runs. It ends at its next progress report."""
        over = self._meter is not None and bool(self._meter.said)
        return (self._cancel.is_set() or over) and not self.finished

    def cancel(self) -> None:
        """Cancel the job: at once if queued, at its next progress report if running. A finished job does not change."""
        self._cancel.set()
        with self._lock:
            if self.status == "queued":
                self._end("cancelled")

    def want(self, who: str) -> None:
        """Add a person to those who wait for the job."""
        with self._lock:
            self._wanted.add(who)

    def leave(self, who: str) -> None:
        """Remove a person from those who wait. If nobody else waits, the job is cancelled, unless it is kept."""
        with self._lock:
            if who not in self._wanted:
                return
            self._wanted.discard(who)
            alone = not self._wanted and not self.kept
            self.left = alone
        if alone:
            self.cancel()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait at most `timeout` seconds for the end. Return whether it has finished."""
        return self._finished.wait(timeout)

    def run(self) -> None:
        """Run the function in this thread, unless it was cancelled while queued."""
        with self._lock:
            if self.status != "queued":
                return
            self.status = "running"
            function, self._function = self._function, None
        self._meter = Meter(self.title, self.limits) if self.limits else None
        assert function is not None
        outcome = self._attempt(function)
        with self._lock:
            self._end(outcome)

    def _attempt(self, function: Callable[[Job[T]], T]) -> str:
        try:
            self.result = self._meter.watched(lambda: function(self)) if self._meter else function(self)
        except Cancelled as stop:
            self.found = " ".join(getattr(stop, "__notes__", ()))
            return "cancelled"
        except BadInput as error:
            self.error = str(error)
        except BaseException as error:  # noqa: BLE001  a job that ended without a status would look as if it ran
            first = next(iter(str(error).splitlines()), "")
            self.error = f"{type(error).__name__}: {first}".rstrip(": ")
            self.traceback = traceback.format_exc()
            _log.error("job '%s' failed\n%s", self.title, self.traceback)
        else:
            self.fraction, self.state = 1.0, None
            return "done"
        return "failed"

    def _end(self, status: str) -> None:
        self.status, self._function = status, None
        self._finished.set()


class Jobs:
    """A queue of jobs: at most `workers` run at once, and the last `kept` finished ones stay listed.

    `limits`: of every job that is submitted from now on; None for none.
    """

    def __init__(self, workers: int = 2, kept: int = 32) -> None:
        self.workers, self.kept = workers, kept
        self.limits: Limits | None = None
        self._jobs: dict[str, Job[Any]] = {}
        self._queue: deque[Job[Any]] = deque()
        self._running = 0
        self._lock = threading.Lock()

    def submit(
        self, title: str, function: Callable[[Job[T]], T], *, owner: str = "", once: bool = False, by: str = ""
    ) -> Job[T]:
        """Queue `function(job)`, which reports through `job.progress`. `owner` names what it is for, `by` who asks.

        With `once`, an unfinished job of the same title and owner is returned instead of a new one, unless it was
        cancelled.
        """
        job = Job(title, function, owner, by, self.limits)
        with self._lock:
            alive = (j for j in self._jobs.values() if not j.finished and not j.stopping)
            same = [j for j in alive if (j.title, j.owner) == (title, owner)]
            if once and same:
                same[-1].want(by)
                return same[-1]
            self._jobs[job.id] = job
            self._queue.append(job)
            self._forget()
            if self._running < self.workers:
                self._running += 1
                threading.Thread(target=self._work, name=f"job-{self._running}", daemon=True).start()
        return job

    def get(self, job_id: str) -> Job[Any] | None:
        """The job of that id; None if it is unknown or no longer listed."""
        return self._jobs.get(job_id)

    def all(self, owner: str | None = None) -> list[Job[Any]]:
        """Every listed job (of one owner), newest first."""
        with self._lock:
            return [job for job in reversed(self._jobs.values()) if owner is None or job.owner == owner]

    def place(self, job: Job[Any]) -> int:
        """How many jobs are before this one in the queue; 0 if it is next, runs, or has ended."""
        with self._lock:
            waiting = [one for one in self._queue if not one.finished]
        return waiting.index(job) if job in waiting else 0

    def leave(self, who: str) -> None:
        """Remove a person from every job. Jobs that nobody else waits for are cancelled, unless they are kept."""
        for job in self.all():
            if not job.finished:
                job.leave(who)

    def stop(self, grace: float = EXIT_GRACE) -> None:
        """Cancel every job and wait at most `grace` seconds in total for them to end."""
        until = time.monotonic() + grace
        for job in self.all():
            job.cancel()
        for job in self.all():
            job.wait(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._queue:
                    self._running -= 1
                    return
                job = self._queue.popleft()
            job.run()
            with self._lock:
                self._forget()

    def _forget(self) -> None:
        finished = [job.id for job in self._jobs.values() if job.finished]
        for job_id in finished[: max(0, len(finished) - self.kept)]:
            del self._jobs[job_id]


JOBS = Jobs()
"""The jobs of this process, shared by all sessions."""
FETCHES = Jobs()
"""Jobs that wait for a network. They have separate workers, so that computing jobs do not delay them."""
atexit.register(JOBS.stop)
atexit.register(FETCHES.stop)
