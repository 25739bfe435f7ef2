"""Which session waits for which background work, so that work for nobody is cancelled when a session turns away."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from mmalign_core.jobs import JOBS, Jobs

MOST_SESSIONS = 1000
"""Sessions that are remembered, the most recent ones; our choice: more than one machine serves at once."""


class SessionJobs:
    """Session -> the collection and the owner of the jobs that it waits for. One for all sessions of this process."""

    def __init__(self, jobs: Jobs) -> None:
        self._jobs = jobs
        self._by_session: OrderedDict[str, tuple[str, str]] = OrderedDict()
        self._overtaken: set[str] = set()
        self._lock = Lock()

    def turn(self, session: str, collection: str, owner: str) -> None:
        """Note what the session waits for. If it waited for another collection, and no other session does, its
        unfinished jobs are cancelled: a queued one at once, a running one at its next report of progress."""
        with self._lock:
            before = self._by_session.pop(session, None)
            self._by_session[session] = (collection, owner)
            while len(self._by_session) > MOST_SESSIONS:
                self._by_session.popitem(last=False)
            still = {wanted for _, wanted in self._by_session.values()}
            if before is None or before[0] == collection or before[1] in still:
                return
            for job in self._jobs.all(owner=before[1]):
                if not job.finished:
                    self._overtaken.add(job.id)
                    job.cancel()

    def gone(self, session: str) -> None:
        """Forget a session that ended."""
        with self._lock:
            self._by_session.pop(session, None)

    def overtaken(self, job_id: str) -> bool:
        """Return whether the job was cancelled because its session turned away: nobody pressed Stop."""
        return job_id in self._overtaken


SESSION_JOBS = SessionJobs(JOBS)
"""What the sessions of this process wait for."""
