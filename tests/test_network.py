"""What a dashboard gives to a network: folders and models below its roots alone, and pages that it sent itself."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from mmalign_core.__main__ import main
from mmalign_core.commands.dashboard import allowed_hosts
from mmalign_core.data import read_collection
from mmalign_core.encoders import check_model_place
from mmalign_core.jobs import Jobs, Limits
from mmalign_core.settings import Settings, roots_for_networks
from mmalign_core.types import BadInput
from pages._session import places, sessions
from pages._session.visitors import Visitor, from_network
from pages._session.web_server import Guard, UploadsToDisk
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


@pytest.mark.parametrize(
    ("headers", "listens", "network"),
    [
        ({"Host": "localhost:8501"}, "localhost", False),
        ({"Host": "127.0.0.1:8501"}, "127.0.0.1", False),
        ({"Host": "[::1]:8501"}, "::1", False),
        ({"Host": "localhost:8501"}, "", True),
        ({"Host": "localhost:8501"}, "0.0.0.0", True),
        ({"Host": "192.168.1.7:8501"}, "localhost", True),
        ({"Host": "mmalign.example"}, "127.0.0.1", True),
        ({"Host": "localhost", "X-Forwarded-For": "10.0.0.2"}, "localhost", True),
        ({"Host": "localhost.evil.example"}, "localhost", True),
    ],
)
def test_a_page_that_others_may_see_is_known(headers: dict[str, str], listens: str, network: bool) -> None:
    assert from_network(headers, listens) is network


def test_a_server_on_a_network_answers_to_its_own_names() -> None:
    assert allowed_hosts("127.0.0.1") == ["localhost", "127.0.0.1", "::1"]
    assert {"localhost", "mine.example", "10.1.2.3"} <= set(allowed_hosts("10.1.2.3", ["mine.example"]))
    assert "0.0.0.0" not in allowed_hosts("0.0.0.0")


def asked(scope: dict[str, Any], app: Any, body: bytes = b"") -> list[dict[str, Any]]:
    """What an application sends for a request."""
    sent: list[dict[str, Any]] = []
    head = [(name.lower().encode(), value.encode()) for name, value in scope.pop("headers").items()]
    whole = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "scheme": "http", "headers": head}

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    anyio.run(app, whole | scope, receive, send)
    return sent


async def behind(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What stands for Streamlit: it accepts everything, and gives back the body it got."""
    kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": kind, "status": 204, "headers": []})
    if scope["type"] == "http":
        await send({"type": "http.response.body", "body": (await receive())["body"]})


@pytest.mark.parametrize(
    ("scope", "refused"),
    [
        ({"type": "websocket", "headers": {"Host": "localhost"}}, False),
        ({"type": "websocket", "headers": {"Host": "evil.example", "Origin": "http://evil.example"}}, True),
        ({"type": "websocket", "headers": {"Host": "localhost", "X-Forwarded-For": "10.0.0.2"}}, True),
        (
            {"type": "websocket", "headers": {"Host": "localhost", "X-Real-Ip": "1.2.3.4", "Origin": "http://x"}},
            False,
        ),
        ({"method": "PUT", "headers": {"Host": "localhost", "Forwarded": "for=10.0.0.2"}}, True),
        ({"headers": {"Host": "localhost", "Forwarded": "for=10.0.0.2"}}, False),
        ({"headers": {"Host": "rebound.example"}}, True),
    ],
)
def test_what_no_page_of_ours_sent_is_refused(scope: dict[str, Any], refused: bool) -> None:
    with changed({"server.allowedHosts": ["localhost"], "server.address": "localhost"}):
        (first, *_) = asked(dict(scope), Guard(behind))
    assert (first["type"] == "websocket.close" or first.get("status") == 403) is refused


def test_browsers_are_told_to_load_nothing_from_elsewhere() -> None:
    with changed({"server.allowedHosts": [], "server.address": "localhost"}):
        (first, *_) = asked({"headers": {"Host": "localhost", "Accept": "text/html"}}, Guard(behind))
    told = {name.decode().lower(): value.decode() for name, value in first["headers"]}
    assert "default-src 'self'" in told["content-security-policy"] and "*" not in told["content-security-policy"]
    assert told["x-content-type-options"] == "nosniff" and "HttpOnly; SameSite=Lax" in told["set-cookie"]


def test_an_upload_is_streamed_to_disk_and_a_token_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages._session.web_server.get_instance", lambda: Runs())
    app = UploadsToDisk(behind, folder=lambda: tmp_path / "receiving", most=lambda: 10_000_000)
    body = b'--b\r\nContent-Disposition: form-data; name="file"; filename="\xe7\x8c\xab.txt"\r\n\r\n' + b"x" * 3_000_000
    body += b"\r\n--b--\r\n"
    headers = {"Host": "localhost", "Content-Type": "multipart/form-data; boundary=b", "Content-Length": str(len(body))}
    scope = {"method": "PUT", "path": "/_stcore/upload_file/session/file", "headers": headers}
    with changed({"server.enableXsrfProtection": False}):
        _, answer = asked(dict(scope), app, body)
        assert (
            len(answer["body"]) < 500 and "猫.txt".encode() in answer["body"] and b"mmalign-received:" in answer["body"]
        )
        (file,) = (tmp_path / "receiving").iterdir()
        assert file.read_bytes() == b"x" * 3_000_000
        small = UploadsToDisk(behind, folder=lambda: tmp_path / "receiving", most=lambda: 3_500_000)
        (first, *_) = asked(dict(scope), small, body)
        assert first["status"] == 413, "together the session's files are too large"
    with changed({"server.enableXsrfProtection": True}):
        _, answer = asked(dict(scope), app, body)
        assert len(answer["body"]) > 3_000_000, "Streamlit itself refuses what has no token"


class Runs:
    """A runtime with one session."""

    def is_active_session(self, session: str) -> bool:
        return session == "session"


class changed:
    """Options of Streamlit for a block."""

    def __init__(self, options: dict[str, Any]) -> None:
        self._options, self._before = options, {name: config.get_option(name) for name in options}

    def __enter__(self) -> None:
        for name, value in self._options.items():
            config.set_option(name, value)

    def __exit__(self, *_: object) -> None:
        for name, value in self._before.items():
            config.set_option(name, value)


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
