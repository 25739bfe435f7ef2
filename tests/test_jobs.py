"""Background jobs: order, progress, partial results, cancelling, failing."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.jobs import JOBS, Job, Jobs
from mmalign_core.types import BadInput

LONG = 20.0
"""Seconds no test comes near: a bound, not a measure."""


class Gate:
    """Work that says when it started and goes on when told to."""

    def __init__(self) -> None:
        self.started, self.open = threading.Event(), threading.Event()

    def __call__(self, job: Job[str]) -> str:
        job.progress(0.5, "half")
        self.started.set()
        assert self.open.wait(LONG)
        job.progress(0.9, "nearly")
        return "result"


def test_a_job_reports_publishes_and_returns():
    gate, jobs = Gate(), Jobs()

    def work(job: Job[str]) -> str:
        job.publish({"loss": 1.0})
        return gate(job)

    job = jobs.submit("align", work, owner="a")
    assert gate.started.wait(LONG)
    assert (job.status, job.fraction, job.message) == ("running", 0.5, "half")
    assert job.published == ({"loss": 1.0},) and not job.finished
    gate.open.set()
    assert job.wait(LONG)
    assert (job.status, job.fraction, job.result, job.error) == ("done", 1.0, "result", None)
    assert job.finished


def test_cancel_while_running_keeps_what_was_published():
    gate, jobs = Gate(), Jobs()

    def work(job: Job[str]) -> str:
        job.publish("first")
        return gate(job)

    job = jobs.submit("train", work)
    assert gate.started.wait(LONG)
    job.cancel()
    assert job.stopping
    gate.open.set()
    assert job.wait(LONG) and not job.stopping
    assert (job.status, job.result, job.error, job.published) == ("cancelled", None, None, ("first",))


@pytest.mark.parametrize("stopped", [False, True])
def test_the_newest_state_is_there_until_the_result_is_or_after_cancelling(stopped: bool):
    gate, jobs = Gate(), Jobs()

    def work(job: Job[str]) -> str:
        job.show("coarse")
        job.show("fine")
        return gate(job)

    job = jobs.submit("a map", work)
    assert gate.started.wait(LONG) and job.state == "fine"
    if stopped:
        job.cancel()
    gate.open.set()
    assert job.wait(LONG)
    assert (job.status, job.result, job.state) == (("cancelled", None, "fine") if stopped else ("done", "result", None))


def test_jobs_wait_their_turn_and_a_queued_one_is_cancelled_at_once():
    gates, jobs, order = [Gate(), Gate()], Jobs(workers=2), []
    running = [jobs.submit(f"{i}", gate) for i, gate in enumerate(gates)]
    queued = [jobs.submit(f"q{i}", lambda job: order.append(job.title)) for i in range(5)]
    assert all(gate.started.wait(LONG) for gate in gates)
    assert {job.status for job in queued} == {"queued"}
    queued[1].cancel()
    assert queued[1].wait(0) and queued[1].status == "cancelled"
    gates[0].open.set()
    assert all(job.wait(LONG) for job in queued)
    assert order == ["q0", "q2", "q3", "q4"] and not running[1].finished
    gates[1].open.set()
    assert running[1].wait(LONG)


@pytest.mark.parametrize(
    ("error", "line", "logged"),
    [
        (BadInput("cats.csv: no column 'id'; add one"), "cats.csv: no column 'id'; add one", False),
        (ZeroDivisionError("division by zero\nmore"), "ZeroDivisionError: division by zero", True),
        (KeyError(), "KeyError", True),
        (SystemExit("bye"), "SystemExit: bye", True),
    ],
)
def test_a_failure_is_one_line_and_the_worker_goes_on(error, line, logged):
    jobs = Jobs(workers=1)

    def work(job: Job[None]) -> None:
        raise error

    failed, after = jobs.submit("bad", work), jobs.submit("good", lambda job: 7)
    assert failed.wait(LONG) and after.wait(LONG)
    assert (failed.status, failed.error, after.result) == ("failed", line, 7)
    assert (failed.traceback is not None and "test_jobs.py" in failed.traceback) is logged


def test_only_the_last_finished_are_kept_and_owners_are_told_apart():
    jobs = Jobs(workers=1, kept=3)
    done = [jobs.submit(str(i), lambda job: None, owner="ab"[i % 2]) for i in range(8)]
    assert all(job.wait(LONG) for job in done)
    gate = Gate()
    last = jobs.submit("last", gate, owner="a")
    assert gate.started.wait(LONG)
    assert [job.title for job in jobs.all()] == ["last", "7", "6", "5"]
    assert [job.title for job in jobs.all("b")] == ["7", "5"]
    assert jobs.get(done[0].id) is None and jobs.get(last.id) is last
    gate.open.set()
    assert last.wait(LONG)


@given(st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=20))
def test_the_fraction_never_falls_and_stays_within_bounds(fractions):
    job, seen = Job("any", lambda job: None), [0.0]
    for fraction in fractions:
        job.progress(fraction, "")
        seen.append(job.fraction)
    assert seen == sorted(seen) and 0.0 <= seen[-1] <= 1.0


def test_many_submitters_at_once_lose_nothing():
    jobs, made = Jobs(workers=3, kept=1000), []

    def session(name: str) -> None:
        made.extend(jobs.submit(f"{name}{i}", lambda job: job.title, owner=name) for i in range(50))

    threads = [threading.Thread(target=session, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 200 and all(job.wait(LONG) for job in made)
    assert {job.status for job in made} == {"done"} and all(job.result == job.title for job in made)
    assert len(jobs.all("a")) == 50


def test_once_joins_the_unfinished_job_of_the_same_owner():
    gate, jobs = Gate(), Jobs()
    first = jobs.submit("prepare", gate, owner="a", once=True)
    assert gate.started.wait(LONG)
    assert jobs.submit("prepare", gate, owner="a", once=True) is first
    others = [jobs.submit("prepare", gate, owner="b", once=True), jobs.submit("prepare", gate, owner="a")]
    gate.open.set()
    assert all(job.wait(LONG) for job in (first, *others)) and first not in others
    assert jobs.submit("prepare", gate, owner="a", once=True) is not first


def test_stop_cancels_everything():
    jobs, started = Jobs(workers=1), threading.Event()

    def endless(job: Job[None]) -> None:
        while True:
            job.progress(0.1, "on")
            started.set()

    running, queued = jobs.submit("endless", endless), jobs.submit("queued", endless)
    assert started.wait(LONG)
    jobs.stop(LONG)
    assert running.status == queued.status == "cancelled"


def test_the_program_ends_although_a_job_never_does():
    script = (
        "import threading\n"
        "from mmalign_core.jobs import JOBS\n"
        "started = threading.Event()\n"
        "job = JOBS.submit('stuck', lambda job: (started.set(), threading.Event().wait()))\n"
        "started.wait()\n"
    )
    folder = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, timeout=60, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert isinstance(JOBS, Jobs)
