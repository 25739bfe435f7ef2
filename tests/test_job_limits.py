"""Limits of jobs: work that reports nothing is stopped too, and its thread goes on with the next job."""

import threading
import time

import pytest

from mmalign_core.job_limits import Limits
from mmalign_core.jobs import Job, Jobs

LONG = 60.0
"""Seconds no test comes near: a bound, not a measure."""
WIDE = Limits(3600.0, 1 << 40)


def silent(job: Job[None]) -> None:
    """Work in Python that reports nothing, and takes every error for the failure of a part."""
    while True:
        try:
            sum(range(1000))
        except Exception:  # noqa: BLE001  as a comparison takes the error of one aligner
            continue


def greedy(job: Job[None]) -> None:
    """Work that takes memory and reports nothing."""
    held = [b"x" * (1 << 20) for _ in range(64)]
    while held:
        sum(range(1000))


@pytest.mark.parametrize(
    ("work", "limits", "words"),
    [
        (silent, Limits(0.2, 1 << 40), "after 0 seconds, the longest that one job may take"),
        (greedy, Limits(3600.0, 16 << 20), "17 MB is the most for one job"),
    ],
)
def test_work_that_reports_nothing_is_stopped(work: object, limits: Limits, words: str) -> None:
    jobs = Jobs(workers=1)
    jobs.limits = limits
    job = jobs.submit("fit", work)  # type: ignore[arg-type]
    assert job.wait(LONG) and job.status == "failed" and job.traceback is None
    assert words in str(job.error) and not job.stopping
    jobs.limits = WIDE
    after = jobs.submit("next", lambda job: "done")
    assert after.wait(LONG) and after.result == "done"


def test_a_job_in_a_library_is_shown_as_stopping_until_it_comes_back() -> None:
    jobs, back = Jobs(workers=1), threading.Event()
    jobs.limits = Limits(0.05, 1 << 40)
    job = jobs.submit("fit", lambda job: back.wait(LONG))
    until = time.monotonic() + LONG
    while not job.stopping:
        assert time.monotonic() < until
    back.set()
    assert job.wait(LONG) and job.status == "failed" and "MMALIGN_MAX_JOB_SECONDS" in str(job.error)


def test_jobs_that_end_as_their_time_does_leave_their_thread_whole() -> None:
    jobs = Jobs(workers=1, kept=200)
    jobs.limits = Limits(0.01, 1 << 40)
    ends = [time.sleep, lambda seconds: sum(range(200_000))]
    all_of_them = [jobs.submit("fit", lambda job, n=n: ends[n % 2](0.002 * (n % 8))) for n in range(80)]
    assert all(job.wait(LONG) for job in all_of_them)
    assert {job.status for job in all_of_them} <= {"done", "failed"}
    assert all(job.error is None or "MMALIGN_MAX_JOB_SECONDS" in job.error for job in all_of_them)
    jobs.limits = WIDE
    after = jobs.submit("next", lambda job: "done")
    assert after.wait(LONG) and after.result == "done"
