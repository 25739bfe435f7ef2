"""What a dashboard gives to a network: folders and models below its roots alone, and pages that it sent itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.__main__ import main
from mmalign_core.data import read_collection
from mmalign_core.encoders import check_model_place
from mmalign_core.jobs import Jobs, Limits
from mmalign_core.settings import Settings, roots_for_networks
from mmalign_core.types import BadInput
from pages._session import places, sessions
from pages._session.visitors import Visitor
from tests.dashboard import ROOT, dashboard_home, finish, words_of


@pytest.fixture
def roots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of texts below the root that is allowed, one beside it, and ways from one to the other."""
    for name in ("open/cats", "secret"):
        (tmp_path / name).mkdir(parents=True)
        for number in range(3):
            (tmp_path / name / f"{number}.txt").write_text(f"{name} {number}")
    (tmp_path / "open" / "way").symlink_to(tmp_path / "secret")
    rows = [{"id": "a", "text": "one"}, {"id": "b", "text": "two", "image": str(tmp_path / "secret" / "0.txt")}]
    (tmp_path / "open" / "absolute.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.setenv("MMALIGN_DATA_ROOTS", str(tmp_path / "open"))
    places.network_roots.cache_clear()
    yield tmp_path
    places.network_roots.cache_clear()


def on_network(address: str, page: str = "data") -> AppTest:
    """A page as somebody elsewhere sees it; '' for the start page, through `app.py` as a server draws it."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.session_state["mmalign.visitor"] = Visitor("somebody", network=True)
    if page:
        app.switch_page(f"pages/{page}.py")
    app.query_params.update({"data": address})
    app.run()
    finish()
    return app.run()


@pytest.mark.parametrize("path", ["secret", "open/../secret", "open/way", "open/way/0.txt", "", "nowhere", "open\x00"])
def test_nothing_outside_the_roots_is_opened_whether_it_exists_or_not(roots: Path, path: str) -> None:
    settings = Settings(data_roots=roots_for_networks())
    with pytest.raises(BadInput, match="may not be opened over a network"):
        read_collection(f"{roots}/{path}", settings=settings)


def test_below_the_roots_all_is_read_but_what_leads_out(roots: Path) -> None:
    settings = Settings(data_roots=roots_for_networks())
    assert len(read_collection(roots / "open" / "cats", settings=settings).ids) == 3
    found = read_collection(roots / "open" / "absolute.jsonl", settings=settings)
    (reason,) = [one.reason for one in found.skipped if one.modality == "image"]
    assert "is an absolute path" in reason and not any("secret 0" in (one.text or "") for one in found.media)
    assert len(read_collection(roots / "secret", settings=Settings()).ids) == 3, "this machine's own user opens any"


def test_no_root_is_allowed_by_default_and_a_wrong_one_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MMALIGN_DATA_ROOTS", raising=False)
    assert roots_for_networks() == ()
    monkeypatch.setenv("MMALIGN_DATA_ROOTS", "/nowhere/at/all")
    with pytest.raises(BadInput, match="MMALIGN_DATA_ROOTS names '/nowhere/at/all'"):
        roots_for_networks()


@pytest.mark.parametrize("way", ["{}", "open-clip:local-dir:{}", "video-frames:open-clip:local-dir:{}", "clap:{}"])
def test_folders_of_models_are_bound_too(roots: Path, way: str) -> None:
    settings = Settings(data_roots=roots_for_networks())
    with pytest.raises(BadInput, match="may not be opened over a network"):
        check_model_place(way.format(roots / "secret"), settings)
    check_model_place(way.format(roots / "open"), settings)
    check_model_place("open-clip:ViT-B-32/openai", settings)
    check_model_place(way.format(roots / "secret"), Settings())


def test_an_address_opens_no_folder_without_a_click(roots: Path) -> None:
    with dashboard_home(roots):
        app = on_network(f"folder:{roots / 'open' / 'cats'}")
        assert "open it by a click" in words_of(app) and not app.metric
        app.button(key="instead.folder").click().run()
        finish()
        assert {one.value for one in app.run().metric} == {"3"}
        app = on_network(f"folder:{roots / 'secret'}")
        app.button(key="instead.folder").click().run()
        finish()
        app.run()
        assert "may not be opened over a network" in words_of(app).replace("\\", "") and not app.metric


def test_without_a_sign_in_the_page_says_who_sees_what(roots: Path) -> None:
    with dashboard_home(roots):
        assert "Nobody signs in here" in words_of(on_network(f"folder:{roots / 'open'}", ""))


def test_a_full_server_takes_nobody_more(roots: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MMALIGN_MAX_SESSIONS", "1")
    with dashboard_home(roots):
        monkeypatch.setattr(sessions, "_HERE", {"other": sessions._Attendance({"x": "y"})})
        app = on_network("demo", "")
        assert "This dashboard is full" in words_of(app) and "Overview" not in words_of(app)


def test_a_job_that_takes_too_long_or_too_much_memory_ends_with_one_line() -> None:
    jobs = Jobs(workers=1)
    jobs.limits = Limits(seconds=0.0, grown=1 << 40)
    late = jobs.submit("fit", lambda job: job.progress(0.5, "on"))
    assert late.wait(60) and late.status == "failed" and "MMALIGN_MAX_JOB_SECONDS" in str(late.error)
    jobs.limits = Limits(seconds=3600.0, grown=-(1 << 40))

    def works(job: Any) -> None:
        job._meter._looked -= 2.0
        job.progress(0.5, "on")

    large = jobs.submit("fit", works)
    assert large.wait(60) and large.status == "failed" and "MMALIGN_MAX_JOB_BYTES" in str(large.error)


def test_the_command_line_opens_what_its_user_may_read(roots: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", str(roots / "secret"), "--json", "-", "--store", str(roots / "store")]) == 0
