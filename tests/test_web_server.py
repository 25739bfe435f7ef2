"""What stands before the dashboard on a server: requests it refuses, headers, and uploads on their way to disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from starlette.websockets import WebSocketDisconnected
from streamlit import config

from mmalign_core.commands.dashboard import allowed_hosts
from pages._session.visitors import from_network
from pages._session.web_server import Guard, UploadsToDisk


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


async def behind(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """What stands for Streamlit: it accepts everything, and gives back the body it got."""
    kind = "websocket.accept" if scope["type"] == "websocket" else "http.response.start"
    await send({"type": kind, "status": 204, "headers": []})
    if scope["type"] == "http":
        await send({"type": "http.response.body", "body": (await receive())["body"]})


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


def test_a_browser_that_leaves_while_it_is_answered_is_no_error() -> None:
    async def left(scope: dict[str, Any], receive: Any, send: Any) -> None:
        raise WebSocketDisconnected('WebSocket is not connected. Need to call "accept" first.')

    here = {"headers": {"Host": "localhost", "Origin": "http://localhost"}}
    assert asked({"type": "websocket", **here}, Guard(left)) == []
