"""Uploads, what is made of them, and caches belong to the session that sent them, until it ends or they are kept."""

from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from mmalign_core.__main__ import main
from mmalign_core.jobs import Jobs
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.session_folders import SessionFolders, clear_left
from mmalign_core.store.uploads import share_upload, shared_upload
from mmalign_core.types import BadInput
from pages._session import cache, kept_data, places, sessions
from pages._session.results_cache import ResultsCache
from pages._session.sized_cache import SizedCache
from pages._session.uploads import receive_query, receive_upload
from pages._session.visitors import OF_JOB, Visitor
from tests.dashboard import ROOT, dashboard_home, finish, uploaded, words_of

COLOURS = ("red", "green", "blue", "black", "white", "navy", "olive", "teal")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    sessions._HERE.clear()
    with dashboard_home(tmp_path):
        yield tmp_path / "home"


def pairs() -> list[tuple[str, bytes]]:
    """Pictures and their names."""
    found = []
    for colour in COLOURS:
        held = io.BytesIO()
        Image.new("RGB", (24, 24), colour).save(held, "PNG")
        found += [(f"{colour}.png", held.getvalue()), (f"{colour}.txt", f"a secret {colour} square".encode())]
    return found


def key_of(app: AppTest) -> str:
    return str(app.session_state["mmalign.visitor"].key)


def again(address: str, page: str = "data") -> AppTest:
    """Another session that opens an address."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.switch_page(f"pages/{page}.py")
    app.query_params.update({"data": address})
    app.run()
    finish()
    return app.run()


def address_of(app: AppTest) -> str:
    found = app.query_params["data"]
    return found if isinstance(found, str) else found[0]


def holding(root: Path, words: bytes) -> list[Path]:
    """The files below that hold these bytes."""
    return [path for path in root.rglob("*") if path.is_file() and words in path.read_bytes()]


def end(app: AppTest, after: float) -> list[str]:
    """What the server does so many seconds after the session's last page was closed."""
    settings, gone = cache.server_settings(), key_of(app)
    here = sessions._HERE[gone]
    here.since = 0.0
    return sessions.look(settings, lambda one: one not in here.sessions, now=after)


def test_an_upload_is_its_sessions_own_and_goes_with_it(home: Path) -> None:
    app = uploaded(pairs())
    assert not app.error and {one.value for one in app.metric} == {"8"}
    folder = places.folders(home).of(key_of(app))
    assert holding(folder, b"a secret red square") and list(folder.glob("uploads/*/embeddings/*.lance"))
    beside = {path.name for path in home.iterdir()}
    assert not beside & {"uploads", "media", "embeddings", "collections", "maps", "queries"}
    other = again(address_of(app))
    assert "belong to another session" in words_of(other) and "secret" not in words_of(other)

    lasts = cache.server_settings().session_seconds
    assert end(app, lasts - 1) == [] and folder.exists()
    assert end(app, lasts) == [key_of(app)]
    assert not folder.exists() and not holding(home, b"a secret red square")
    assert not [place for place in cache.results()._kept if place[1] == key_of(app)]
    assert not [place for place in cache.KEPT._kept if place[0] == key_of(app)]


def test_a_person_who_loads_the_page_again_finds_the_upload(home: Path) -> None:
    app = uploaded(pairs())
    here = sessions._HERE[key_of(app)]
    assert sessions.look(cache.server_settings(), lambda one: one not in here.sessions, now=10.0) == []
    here.sessions["again"] = "ours"
    assert sessions.look(cache.server_settings(), lambda one: True, now=10_000.0) == []
    assert here.since is None and places.folders(home).of(key_of(app)).exists()


def test_what_is_kept_stays_and_is_shared_only_when_its_owner_says_so(home: Path) -> None:
    app = uploaded(pairs())
    app.segmented_control(key="source").set_value("upload").run()
    app.button(key="upload.keep").click().run()
    assert not app.exception
    store = Store(home)
    (entry,) = store.entries("uploads")
    assert "black" not in entry.about and "red.png" in entry.about and entry.bytes > 1000
    end(app, cache.server_settings().session_seconds)
    assert [one.key for one in store.entries("uploads")] == [entry.key], "it was kept"

    assert "belong to another session" in words_of(again(f"upload:{entry.key}")), "the link alone is not enough"
    share_upload(home / "uploads" / entry.key, True)
    shared = again(f"upload:{entry.key}")
    assert not shared.error and {one.value for one in shared.metric} == {"8"}
    assert shared_upload(home, entry.key) is not None
    share_upload(home / "uploads" / entry.key, False)
    assert "belong to another session" in words_of(again(f"upload:{entry.key}"))


def test_a_saved_run_keeps_its_upload_and_goes_with_it(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = uploaded(pairs(), "align")
    assert not app.exception and not app.error, words_of(app)
    source = {"kind": "upload", "value": address_of(app).partition(":")[2]}
    key = key_of(app)
    run = next(one.result for (kind, who), held in cache.results()._kept.items() if (kind, who) == ("run", key)
               for one in held.values())  # fmt: skip
    token = OF_JOB.set(Visitor(key, private=True))
    try:
        kept_data.keep_run(run, "mine", source)
    finally:
        OF_JOB.reset(token)
    end(app, cache.server_settings().session_seconds)
    kept = Store(home).load_run("mine")
    assert all(Path(one.path).is_file() for one in kept.collection.media if one.path), "the media were kept with it"
    Store(home).rename_run("mine", "ours")
    assert [run.id for run in Store(home).list_runs()] == ["ours"]

    assert main(["store", "remove", "uploads", source["value"], "--store", str(home)]) == 0
    assert not Store(home).list_runs() and not holding(home, b"a secret red square")


def test_what_an_ended_server_left_goes_at_the_next_start(tmp_path: Path) -> None:
    code = "import sys; from pathlib import Path; from mmalign_core.store.session_folders import SessionFolders\n"
    code += "SessionFolders(Path(sys.argv[1])).make('somebody')"
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, cwd=ROOT)
    mine = SessionFolders(tmp_path).make("me")
    (left,) = [path for path in (tmp_path / "sessions").iterdir() if path != mine.parent]
    assert (left / "somebody").is_dir() and (mine.parent.stat().st_mode & 0o777) == 0o700
    assert clear_left(tmp_path) == [left.name]
    assert not left.exists() and mine.is_dir()


def test_each_sees_its_own_results_and_everybodys() -> None:
    who = [""]
    results = ResultsCache({"run": 2}, owner=lambda kind: who[0])
    results.put("run", "demo", "all's")
    for who[0] in ("a", "b"):
        results.put("run", "x", who[0])
        results.put("run", "y", who[0])
    who[0] = "a"
    assert (results.get("run", "x"), results.get("run", "demo")) == ("a", "all's"), "others do not push it out"
    results.drop_owner("a")
    assert results.get("run", "x") is None and results.get("run", "demo") == "all's"
    who[0] = "b"
    assert results.get("run", "x") == "b"


def test_kept_values_go_with_their_owner_and_with_the_files_they_are_of() -> None:
    who, kept = ["a"], SizedCache(10_000)
    for who[0] in ("a", "b"):
        kept.value(("f", "x"), lambda: who[0], who[0])
    kept.value(("picture", "/store/sessions/1/a/queries/p.png"), lambda: "a picture", "")
    assert kept.value(("f", "x"), lambda: "new", "a") == "a" and kept.value(("f", "x"), lambda: "new", "b") == "b"
    kept.drop_owner("a", "/store/sessions/1/a")
    assert len(kept) == 1 and kept.value(("f", "x"), lambda: "new", "a") == "new"


def test_work_ends_when_all_who_wait_for_it_have_left() -> None:
    jobs = Jobs(workers=0)
    both = jobs.submit("fit", lambda job: None, owner="x", once=True, by="a")
    assert jobs.submit("fit", lambda job: None, owner="x", once=True, by="b") is both
    kept = jobs.submit("compare", lambda job: None, by="a")
    kept.kept = True
    server = jobs.submit("tidy", lambda job: None)
    assert [jobs.place(job) for job in (both, kept, server)] == [0, 1, 2]
    jobs.leave("a")
    assert (both.status, kept.status, server.status) == ("queued", "queued", "queued")
    jobs.leave("b")
    assert (both.status, kept.status, server.status) == ("cancelled", "queued", "queued") and both.left


def test_a_persons_uploads_have_a_limit(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMALIGN_MAX_UPLOAD_BYTES", "10")
    with pytest.raises(BadInput, match="MMALIGN_MAX_UPLOAD_BYTES"):
        receive_upload([("a.txt", b"eleven bytes")], Settings())
    with pytest.raises(BadInput, match="MMALIGN_MAX_UPLOAD_BYTES"):
        receive_query("a.png", b"eleven bytes", Settings())
