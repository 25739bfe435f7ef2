"""What the server does before Streamlit: it streams uploads to disk, and refuses what no page of ours sent."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import anyio
from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnected
from streamlit import config
from streamlit.runtime import get_instance
from streamlit.web.server.starlette.starlette_app_utils import validate_xsrf_token
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from pages._session import received_files
from pages._session.visitors import COOKIE, from_network

UPLOADS = "/_stcore/upload_file/"
_FRAMING = 1 << 20
"""Bytes of a request around the file itself: boundaries and headers of its parts. Our choice, as Streamlit's own."""
_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'self'",
    ]
)
"""Nothing is loaded from, or sent to, another host. Streamlit and Plotly need inline and evaluated scripts."""
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin-allow-popups",
}


def middleware(folder: Callable[[], Path], most: Callable[[], int]) -> list[Middleware]:
    """Return what stands before Streamlit. `folder`: where files go; `most`: bytes that one session may send."""
    return [Middleware(Guard), Middleware(UploadsToDisk, folder=folder, most=most)]


class Guard:
    """Refuses hosts that are not allowed and, on a network, connections without an `Origin`; adds headers for browsers.

    Streamlit looks at the host and the origin of its websocket alone, and takes one that names no origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it with 403."""
        if scope["type"] not in ("http", "websocket"):
            return await self._app(scope, receive, send)
        if why := _refusal(scope):
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008, "reason": why})
            return await PlainTextResponse(why, 403)(scope, receive, send)

        new = _new_cookie(scope)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if new:
                    headers.append("Set-Cookie", new)
            await send(message)

        with suppress(WebSocketDisconnected):  # a browser that left while it was answered is no error of ours
            await self._app(scope, receive, with_headers)


class UploadsToDisk:
    """Writes each upload to disk as it comes, and hands Streamlit, which holds files in memory, a token instead."""

    def __init__(self, app: ASGIApp, folder: Callable[[], Path], most: Callable[[], int]) -> None:
        self._app, self._folder, self._most = app, folder, most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, an upload with a token for its content. Streamlit refuses what is not ours."""
        if scope["type"] != "http" or scope["method"] != "PUT" or UPLOADS not in scope["path"]:
            return await self._app(scope, receive, send)
        request = Request(scope, receive)
        session = scope["path"].partition(UPLOADS)[2].partition("/")[0]
        if not (_is_ours(request) and get_instance().is_active_session(session)):
            return await self._app(scope, receive, send)
        room = min(
            config.get_option("server.maxUploadSize") << 20, self._most() - received_files.bytes_of_session(session)
        )
        if int(request.headers.get("content-length") or 0) > room + _FRAMING:
            return await _too_large(room)(scope, receive, send)
        try:
            form = await Request(scope, _limited(receive, room + _FRAMING)).form()
        except ClientDisconnect:
            return await _too_large(room)(scope, receive, send)
        files = [part for part in form.values() if isinstance(part, UploadFile)]
        if len(files) != 1 or (files[0].size or 0) > room:
            await form.close()
            return await _too_large(room)(scope, receive, send)
        token, path = received_files.new_file(self._folder(), session)
        await anyio.to_thread.run_sync(_copy, files[0].file, path)
        await form.close()
        done = await self._hand_on(scope, send, files[0], token)
        if not done:
            received_files.drop(token)

    async def _hand_on(self, scope: Scope, send: Send, file: UploadFile, token: bytes) -> bool:
        """Give Streamlit the upload with the token as its content; return whether it took it."""
        boundary = token.rpartition(b":")[2]
        lines = [name + b": " + value for name, value in file.headers.raw]
        body = b"\r\n".join([b"--" + boundary, *lines, b"", token, b"--" + boundary + b"--", b""])
        kept = [(name, value) for name, value in scope["headers"] if name not in (b"content-type", b"content-length")]
        kept += [(b"content-type", b"multipart/form-data; boundary=" + boundary)]
        kept += [(b"content-length", str(len(body)).encode())]
        taken = False

        async def once() -> Message:
            return {"type": "http.request", "body": body, "more_body": False}

        async def seen(message: Message) -> None:
            nonlocal taken
            taken = taken or message.get("status") == 204
            await send(message)

        await self._app(scope | {"headers": kept}, once, seen)
        return taken


def _new_cookie(scope: Scope) -> str:
    """The cookie by which a browser that loads a page is known when it loads it again; '' where it has one."""
    headers = Headers(scope=scope)
    asks = scope["type"] == "http" and scope["method"] == "GET" and "text/html" in headers.get("accept", "")
    if not asks or COOKIE in cookie_parser(headers.get("cookie", "")):
        return ""
    secure = "; Secure" if "https" in (scope["scheme"], headers.get("x-forwarded-proto")) else ""
    return f"{COOKIE}={secrets.token_hex(32)}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _refusal(scope: Scope) -> str:
    """Why the request is refused; '' where it is not."""
    headers = Headers(scope=scope)
    if not is_host_allowed(headers.get("host")):
        return "this server answers to other names; whoever runs it can allow this one: mmalign dashboard --host NAME"
    asks = scope["type"] == "websocket" or scope["method"] in ("PUT", "POST", "DELETE")
    if asks and "origin" not in headers and from_network(headers, str(config.get_option("server.address") or "")):
        return "this request names no origin, so no page of this server sent it"
    return ""


def _is_ours(request: Request) -> bool:
    """Whether the request carries the token that pages of this server hold; always where nothing asks for one."""
    if not config.get_option("server.enableXsrfProtection"):
        return True
    return validate_xsrf_token(request.headers.get("X-Xsrftoken"), request.cookies.get("_streamlit_xsrf"))


def _limited(receive: Receive, most: int) -> Receive:
    """The same messages up to so many bytes; then the body ends, which makes the form a broken one."""
    got = 0

    async def limited() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        return message if got <= most else {"type": "http.disconnect"}

    return limited


def _too_large(room: int) -> PlainTextResponse:
    words = f"at most {max(0, room) // 1_000_000:,} MB more fit; see server.maxUploadSize and MMALIGN_MAX_UPLOAD_BYTES"
    return PlainTextResponse(words, 413)


def _copy(file: Any, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    file.seek(0)
    with path.open("xb") as out:
        shutil.copyfileobj(file, out)
