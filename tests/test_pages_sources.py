"""Changing the collection: work for the old one is cancelled, a wrong path keeps what was open, a gone link says so."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS, Job, Jobs
from pages._session.session_jobs import SessionJobs
from tests.circles import write_circles
from tests.dashboard import ROOT, dashboard_home, finish, opened, words_of

LONG = 60.0
"""Seconds no test comes near: a bound, not a measure."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("sources")
    write_circles(root, {})
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


def open_path(app: AppTest, path: Path) -> None:
    """Type the path into the form of the Data page, and press Open."""
    app.segmented_control(key="source").set_value("folder").run()
    app.text_input(key="path").set_value(str(path))
    next(button for button in app.button if button.label == "Open").click().run()


def test_a_folder_does_not_wait_for_the_demo_that_nobody_wants_any_more(folder: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/data.py")
    with held_back():
        app.run()
        demo = next(job for job in JOBS.all() if job.title == "prepare")
        assert demo.status == "queued"
        open_path(app, folder)
        assert demo.status == "cancelled"
    finish()
    app.run()
    assert not app.exception and not app.error and "items12" in words_of(app)


def test_the_demo_starts_anew_where_its_work_was_overtaken(folder: Path) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page("pages/data.py")
    with held_back():
        app.run()
        open_path(app, folder)
        app.segmented_control(key="source").set_value("demo").run()
        mine = next(job for job in JOBS.all() if job.title == "prepare")
        assert mine.status == "queued" and "Stopped" not in words_of(app)
        mine.cancel()


def test_work_that_another_session_wants_goes_on() -> None:
    jobs, gate = Jobs(workers=1), threading.Event()
    jobs.submit("busy", lambda job: gate.wait(LONG))
    shared: Job[None] = jobs.submit("prepare", lambda job: None, owner="demo view")
    wanted = SessionJobs(jobs)
    for session in ("a", "b"):
        wanted.turn(session, "demo", "demo view")
    wanted.turn("a", "upload", "upload view")
    assert shared.status == "queued"
    wanted.turn("b", "demo", "demo view with another map")
    assert shared.status == "queued", "the same collection: its work is of use"
    wanted.turn("b", "demo", "demo view")
    wanted.turn("b", "upload", "upload view")
    assert shared.status == "cancelled" and wanted.overtaken(shared.id)
    gate.set()


def test_a_job_that_is_being_stopped_is_not_handed_out_again() -> None:
    jobs, begun, gate = Jobs(workers=1), threading.Event(), threading.Event()

    def work(job: Job[None]) -> None:
        begun.set()
        assert gate.wait(LONG)
        job.progress(0.5, "half")

    first = jobs.submit("prepare", work, owner="view", once=True)
    assert begun.wait(LONG)
    first.cancel()
    second = jobs.submit("prepare", lambda job: None, owner="view", once=True)
    gate.set()
    assert second is not first and first.wait(LONG) and second.wait(LONG)
    assert (first.status, second.status) == ("cancelled", "done")


def test_a_wrong_path_keeps_what_was_open_and_says_what_was_wrong(folder: Path) -> None:
    app = opened(folder)
    open_path(app, folder / "nowhere")
    finish()
    app.run()
    assert not app.exception and len(app.error) == 1
    assert "nowhere" in app.error[0].value and "What was open is shown again" in app.error[0].value
    assert "items12" in words_of(app) and app.query_params["data"] in (f"folder:{folder}", [f"folder:{folder}"])
    app.button(key="problem.close").click().run()
    assert not app.error


@pytest.mark.parametrize(
    ("link", "words"),
    [("upload:" + "0" * 32, "no longer here"), ("run:never-saved", "never-saved"), ("nonsense", "nonsense")],
)
@pytest.mark.parametrize("page", ["data", "recommend"])
def test_a_link_to_what_is_gone_says_so_and_offers_ways_on(folder: Path, link: str, words: str, page: str) -> None:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.query_params["data"] = link
    app.run()
    finish()
    app.run()
    assert not app.exception and len(app.error) == 1 and words in app.error[0].value
    app.button(key="instead.upload").click().run()
    assert not app.exception and app.title[0].value == "Data" and app.get("file_uploader")
    with held_back():
        app.button(key="instead.demo").click().run()
        assert app.query_params["data"] in ("demo", ["demo"]) and not app.error
        next(job for job in JOBS.all() if job.title == "prepare").cancel()


def test_the_starts_of_the_overview_open_the_form_they_name(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "one.txt").write_text("a red disc", encoding="utf-8")
    with dashboard_home(tmp_path):
        for start, words in (("upload", "Read the files"), ("run", "No run is saved yet")):
            app = opened(tmp_path / "data", "overview")
            next(button for button in app.button if button.key == f"start.{start}").click().run()
            assert not app.exception and app.title[0].value == "Data"
            assert words in words_of(app) + "".join(button.label for button in app.button)
