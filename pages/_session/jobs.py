"""Background work of a page: single results (`Task`) and rows that are measured one after the other (`Board`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any

from mmalign_core.jobs import FETCHES as FETCHES
from mmalign_core.jobs import JOBS, Job, Jobs
from mmalign_core.progress import within as within
from mmalign_core.types import BadInput, Progress
from pages._session import cache
from pages._session.results_cache import Failed, ResultsCache
from pages._session.visitors import OF_JOB, visitor

_PATIENCE = 0.4
"""Seconds that `start` waits for a result. Most work ends within them, so no progress bar flickers."""

Row = Mapping[str, Any]


def submit(jobs: Jobs, title: str, work: Callable[[Job[Any]], Any], *, owner: str, once: bool = False) -> Job[Any]:
    """Queue work for the person of this session or job: what it keeps is theirs, and it ends when they go."""
    who = visitor()

    def run(job: Job[Any]) -> Any:
        before = OF_JOB.set(who)
        try:
            return work(job)
        finally:
            OF_JOB.reset(before)

    return jobs.submit(title, run, owner=owner, once=once, by=who.key)


@dataclass(frozen=True)
class Task:
    """One result. `work` gets a progress callback. Its result is kept under `kind` and `key`; `jobs` runs it."""

    kind: str
    key: str
    title: str
    work: Callable[[Progress], Any]
    jobs: Jobs = JOBS

    @property
    def owner(self) -> str:
        """The owner of its jobs."""
        return f"{self.kind} {self.key}"

    @property
    def found(self) -> Any | None:
        """The result, `Failed`, or None if there is neither."""
        return cache.results().get(self.kind, self.key)

    @property
    def known(self) -> Any | None:
        """What a `watched_task` has found by now, also after its end, or None."""
        return cache.results().get(f"{self.kind} so far", self.key)

    @property
    def idle(self) -> bool:
        """Whether it can start: there is no result, and no job that runs, failed or was stopped."""
        return self.found is None and (self.job is None or self.job.status == "done")

    @property
    def job(self) -> Job[Any] | None:
        """Its latest job."""
        return next(iter(self.jobs.all(owner=self.owner)), None)

    def start(self) -> None:
        """Start the work, unless it runs. Work that failed before is tried again."""
        results, work = cache.results(), self.work
        results.drop(self.kind, self.key)

        def run(job: Job[None]) -> None:
            try:
                made = work(job.progress)
            except BadInput as error:
                made = Failed(str(error))
            results.put(self.kind, self.key, made)

        submit(self.jobs, self.title, run, owner=self.owner, once=True).wait(_PATIENCE)


def watched_task(kind: str, key: str, title: str, work: Callable[[Progress, Callable[[Any], None]], Any]) -> Task:
    """Return a task whose `work` also gets a function that takes what is known by now; `Task.known` gives it."""
    results = cache.results()

    def watch(known: Any) -> None:
        results.put(f"{kind} so far", key, known)

    return Task(kind, key, title, lambda progress: work(progress, watch))


@dataclass(frozen=True)
class Rows:
    """What a board has measured: name -> row, and facts that all rows share."""

    rows: Mapping[str, Row] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Board:
    """Rows measured by one job. Each row is kept as soon as it is finished, so it is never measured twice.

    `names`: the rows of the page. `work(names, board, job)` measures those names and calls `board.put` for every row. A
    row with an "error" has failed. `kind` and `key`: where `results` keeps the rows; boards with the same key share
    them. One board has one job at a time. Names that are added while it runs, or while it is being stopped, are
    measured by a second job after it.
    """

    kind: str
    key: str
    names: tuple[str, ...]
    work: Callable[[Sequence[str], Board, Job[None]], None]
    results: ResultsCache
    jobs: Jobs = JOBS

    @property
    def owner(self) -> str:
        """The owner of its jobs."""
        return f"{self.kind} {self.key}"

    @property
    def job(self) -> Job[Any] | None:
        """Its latest job."""
        return next(iter(self.jobs.all(owner=self.owner)), None)

    @property
    def measured(self) -> Rows:
        """All rows so far, including those of names that are no longer on the page."""
        return self.results.get(self.kind, self.key) or Rows()

    @property
    def missing(self) -> tuple[str, ...]:
        """The names without a row."""
        rows = self.measured.rows
        return tuple(name for name in self.names if name not in rows)

    @property
    def finished(self) -> tuple[Row, ...]:
        """The rows that did not fail."""
        return tuple(row for row in self.measured.rows.values() if not row["error"])

    def put(self, name: str, row: Row) -> None:
        """Keep a row."""
        now = self.measured
        self.results.put(self.kind, self.key, replace(now, rows={**now.rows, name: row}))

    def put_facts(self, facts: Mapping[str, Any]) -> None:
        """Keep the facts that all rows share."""
        self.results.put(self.kind, self.key, replace(self.measured, facts=dict(facts)))

    def start(self) -> None:
        """Measure the names without a row or with a failed row, except those of a running job."""
        lacking = self._lacking(self.names)
        with _LOCK:
            now = _RUNNING.get(self.owner)
            if now is None or now.job.finished:
                self._submit(lacking)
                return
            measuring = () if now.job.stopping else now.names
            added = tuple(name for name in lacking if name not in measuring)
            _RUNNING[self.owner] = replace(now, after=tuple(dict.fromkeys([*now.after, *added])))

    def stop(self) -> None:
        """Stop the job, and drop the names queued after it."""
        with _LOCK:
            now = _RUNNING.get(self.owner)
            if now is not None:
                _RUNNING[self.owner] = replace(now, after=())
                now.job.cancel()

    def _lacking(self, names: Sequence[str]) -> tuple[str, ...]:
        rows = self.measured.rows
        return tuple(name for name in names if name not in rows or rows[name]["error"])

    def _submit(self, names: tuple[str, ...]) -> None:
        """Queue a job for these names; only while `_LOCK` is held."""
        if names:
            job = submit(self.jobs, self.kind, lambda job: self._run(names, job), owner=self.owner)
            _RUNNING[self.owner] = _Running(job, names)

    def _run(self, names: tuple[str, ...], job: Job[None]) -> None:
        try:
            self.work(names, self, job)
        finally:
            with _LOCK:
                after = _RUNNING.pop(self.owner).after
                self._submit(() if job.left else self._lacking(after))


@dataclass(frozen=True)
class _Running:
    """A board's job, the names it measures, and the names to measure after it."""

    job: Job[None]
    names: tuple[str, ...]
    after: tuple[str, ...] = ()


_LOCK = Lock()
"""Guards `_RUNNING`. A job is registered and removed under it, so no added name is lost."""
_RUNNING: dict[str, _Running] = {}
"""Owner of a board -> its job that is queued or runs. All sessions share it, as they share the rows."""
