"""Background work of the pages: one job for a board, names added while it runs or stops, and the pages' buttons."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS, Job, Jobs
from mmalign_core.workflow import Run
from pages._panels.overview import findings
from pages._session.jobs import Board
from pages._session.results_cache import ResultsCache
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened

LONG = 60.0
"""Seconds no test comes near: a bound, not a measure."""


class Bench:
    """Measures names one at a time; each waits until `go` lets it, and `begun` says that one began."""

    def __init__(self) -> None:
        self.begun, self.go = threading.Semaphore(0), threading.Semaphore(0)
        self.measured: list[str] = []

    def __call__(self, names: Sequence[str], board: Board, job: Job[None]) -> None:
        for name in names:
            job.progress(0.0, name)
            self.begun.release()
            assert self.go.acquire(timeout=LONG)
            job.progress(0.5, name)
            self.measured.append(name)
            board.put(name, {"error": "too few" if name == "bad" else None})

    def wait(self) -> None:
        """Until the next name began."""
        assert self.begun.acquire(timeout=LONG)


def ended(jobs: Jobs) -> list[str]:
    """How every job ended, oldest first; those that a job starts at its end are waited for too."""
    while waiting := [job for job in jobs.all() if not job.finished]:
        assert all(job.wait(LONG) for job in waiting)
    return [job.status for job in reversed(jobs.all())]


@pytest.fixture
def bench() -> Bench:
    return Bench()


@pytest.fixture
def jobs() -> Jobs:
    return Jobs()


def board(bench: Bench, jobs: Jobs, *names: str, results: ResultsCache) -> Board:
    return Board("trial", "x", names, bench, results, jobs)


@pytest.fixture
def results() -> ResultsCache:
    return ResultsCache({"trial": 2})


def test_starting_twice_measures_once(bench: Bench, jobs: Jobs, results: ResultsCache) -> None:
    both = board(bench, jobs, "a", "b", results=results)
    both.start()
    bench.wait()
    both.start()
    assert len(jobs.all()) == 1
    bench.go.release(9)
    assert ended(jobs) == ["done"] and bench.measured == ["a", "b"] and not both.missing


def test_a_name_added_while_it_runs_is_measured_after_it(bench: Bench, jobs: Jobs, results: ResultsCache) -> None:
    board(bench, jobs, "a", results=results).start()
    bench.wait()
    more = board(bench, jobs, "a", "b", results=results)
    more.start()
    more.start()
    assert more.missing == ("a", "b") and len(jobs.all()) == 1
    bench.go.release(9)
    assert ended(jobs) == ["done", "done"] and bench.measured == ["a", "b"]


def test_what_is_started_while_it_stops_is_measured_all_the_same(
    bench: Bench, jobs: Jobs, results: ResultsCache
) -> None:
    first = board(bench, jobs, "a", results=results)
    first.start()
    bench.wait()
    first.stop()
    more = board(bench, jobs, "a", "b", results=results)
    more.start()
    bench.go.release(9)
    assert ended(jobs) == ["cancelled", "done"] and bench.measured == ["a", "b"]


def test_a_stop_forgets_what_was_added(bench: Bench, jobs: Jobs, results: ResultsCache) -> None:
    board(bench, jobs, "a", results=results).start()
    bench.wait()
    more = board(bench, jobs, "a", "b", results=results)
    more.start()
    more.stop()
    bench.go.release(9)
    assert ended(jobs) == ["cancelled"] and not bench.measured and more.missing == ("a", "b")


def test_only_a_row_that_failed_is_measured_again(bench: Bench, jobs: Jobs, results: ResultsCache) -> None:
    both = board(bench, jobs, "a", "bad", results=results)
    bench.go.release(9)
    for _ in range(2):
        both.start()
        ended(jobs)
    assert bench.measured == ["a", "bad", "bad"]
    assert [row["error"] for row in both.finished] == [None] and not both.missing


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures, and films with given vectors that six users have met."""
    root, rng = tmp_path_factory.mktemp("jobs"), np.random.default_rng(0)
    write_circles(root, {})
    films = root / "films"
    films.mkdir()
    ids = [f"film-{n:02d}" for n in range(20)]
    vectors = list(rng.standard_normal((20, 4)).astype(np.float32))
    pd.DataFrame({"id": ids, "text_vector": vectors}).to_parquet(films / "manifest.parquet")
    met = [(f"u{user}", ids[item]) for user in range(6) for item in rng.permutation(20)[:9]]
    table = pd.DataFrame(met, columns=["user_id", "item_id"])
    table.assign(timestamp=np.arange(len(table))).to_csv(films / "interactions.csv", index=False)
    with dashboard_home(root):
        yield root


@contextmanager
def held_back() -> Iterator[None]:
    """All workers are busy, so what a page starts stays queued until the block ends."""
    gate = threading.Event()
    busy = [JOBS.submit("busy", lambda job: gate.wait(LONG)) for _ in range(JOBS.workers)]
    try:
        yield
    finally:
        gate.set()
        assert all(job.wait(LONG) for job in busy)


def press(app: AppTest, key: str) -> None:
    app.button(key=key).click().run()
    assert not app.exception


def test_a_double_click_on_compare_starts_one_job(home: Path) -> None:
    app = opened(home, "leaderboard")
    finish()  # the fastest three, which the page compares by itself: others would wait for their job, not for a new one
    app.multiselect(key="board.aligners.image-text").set_value(["ridge", "cca"]).run()
    earlier = {job.id for job in JOBS.all()}
    with held_back():
        for _ in range(2):
            press(app, "board.go")
        started = [job for job in JOBS.all() if job.id not in earlier and job.title != "busy"]
        assert len(started) == 1
    finish()
    assert set(app.run().dataframe[0].value["aligner"]) >= {"ridge", "cca"}


def test_a_recommender_added_while_others_are_measured_is_measured(home: Path) -> None:
    app = opened(home / "films" / "manifest.parquet", "recommenders")
    with held_back():
        for names in (["popular"], ["popular", "content"]):
            app.multiselect(key="rank.names").set_value(names).run()
            press(app, "rank.go")
    finish()
    assert set(app.run().dataframe[0].value["recommender"]) == {"popular", "content", "random order"}


def test_findings_that_end_while_the_page_is_drawn_are_drawn_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    write_circles(tmp_path / "data", {})
    drawn: list[str] = []

    def late(run: Run, run_key: str) -> None:
        """As on a busy machine: the search ends before the findings so far are drawn."""
        finish()
        drawn.append(run_key)
        draw(run, run_key)

    draw = findings._draw
    with dashboard_home(tmp_path):
        monkeypatch.setattr(findings, "_draw", late)
        app = opened(tmp_path / "data", "overview")
        assert drawn and not app.exception and not app.error
        assert any(str(button.key).startswith("finding.0") for button in app.button)
