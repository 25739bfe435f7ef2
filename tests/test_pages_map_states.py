"""A large map on its page: whole maps that get better are shown while the work goes on, and stay when it is stopped."""

import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS
from mmalign_core.projection import maps as maps_module
from pages._session import pipeline
from tests.dashboard import ROOT, dashboard_home, finish, words_of

ITEMS, LONG = 700, 60.0
UNDONE = "of the work done"


@pytest.fixture
def vectors(tmp_path: Path) -> Iterator[Path]:
    """Own vectors of 700 items in two modalities, as many rows as a large map is said to have here."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(ITEMS, 16)).astype(np.float32)
    ids = np.array([f"i{n}" for n in range(ITEMS)])
    file = tmp_path / "own.npz"
    np.savez(file, ids=ids, image=rows, text=rows + rng.normal(scale=0.1, size=rows.shape).astype(np.float32))
    with dashboard_home(tmp_path):
        yield file


class Gate:
    """Draws maps as the pages do, but waits after each state until `go` lets it; `shown` says that one is shown."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown, self.go = threading.Semaphore(0), threading.Event()
        self._draw = pipeline.project_run
        monkeypatch.setattr(maps_module, "EXACT_ROWS", 1000)
        monkeypatch.setattr(pipeline, "project_run", self)

    def __call__(self, run, *, on_state, **chosen):
        def show(state) -> None:
            on_state(state)
            self.shown.release()
            assert self.go.wait(LONG)

        return self._draw(run, on_state=show, **chosen)


def first_map(file: Path, gate: Gate) -> AppTest:
    """The page, once the first whole map is there and the work goes on."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/space.py")
    app.query_params.update({"data": f"folder:{file}"})
    app.run()
    assert gate.shown.acquire(timeout=LONG)
    app.run()
    assert not app.exception and UNDONE in words_of(app)
    return app


def test_a_map_is_shown_before_it_is_done_and_replaced_when_it_is(vectors: Path, monkeypatch) -> None:
    gate = Gate(monkeypatch)
    app = first_map(vectors, gate)
    gate.go.set()
    finish()
    app.run()
    assert not app.exception and "The map is" in words_of(app) and UNDONE not in words_of(app)


def test_a_stopped_map_keeps_its_last_state(vectors: Path, monkeypatch) -> None:
    gate = Gate(monkeypatch)
    app = first_map(vectors, gate)
    (job,) = [job for job in JOBS.all() if job.title == "prepare" and not job.finished]
    job.cancel()
    gate.go.set()
    assert job.wait(LONG) and job.status == "cancelled" and isinstance(job.state.projection.done, float)
    app.run()
    assert not app.exception and UNDONE in words_of(app)
