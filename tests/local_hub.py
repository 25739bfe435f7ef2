"""A hub of one repository on this machine, which can cut connections, serve other bytes, and stop half-way."""

import hashlib
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

COMMIT = "c" * 40
NAME = "laion/tiny-clap"
AWAY = "http://127.0.0.1:9"
"""A hub that nobody answers at."""


@dataclass
class Hub:
    """One repository; `cuts` connections end after `cut_after` bytes, `swap` bytes are served for others.

    While `held` is set, weights stop half-way until `released` is. `answer`: a status and a body in place of what the
    hub says of its repository.
    """

    files: dict[str, bytes]
    cuts: int = 0
    cut_after: int = 0
    swap: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    address: str = ""
    held: bool = False
    released: threading.Event = field(default_factory=threading.Event)
    name: str = NAME
    licence: str = "apache-2.0"
    answer: tuple[int, bytes] | None = None

    def info(self) -> dict[str, object]:
        return {
            "id": self.name,
            "sha": COMMIT,
            "cardData": {"license": self.licence},
            "siblings": [self._sibling(name, content) for name, content in self.files.items()],
        }

    def _sibling(self, name: str, content: bytes) -> dict[str, object]:
        git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
        row: dict[str, object] = {"rfilename": name, "size": len(content), "blobId": git}
        if name.endswith((".safetensors", ".bin")):
            row["lfs"] = {"size": len(content), "sha256": hashlib.sha256(content).hexdigest(), "pointerSize": 130}
        return row


def serve(hub: Hub) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if hub.answer is not None and path.startswith("/api/"):
                return self._send(*hub.answer)
            if path == f"/api/models/{hub.name}":
                return self._send(200, json.dumps(hub.info()).encode())
            start = f"/{hub.name}/resolve/{COMMIT}/"
            name = path.removeprefix(start)
            if not path.startswith(start) or name not in hub.files:
                return self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})
            content = hub.swap.get(name, hub.files[name])
            asked = self.headers.get("Range", "")
            hub.asked.append((name, asked))
            begin = int(asked.removeprefix("bytes=").partition("-")[0]) if asked else 0
            self._send(206 if asked else 200, content[begin:], cut=name.endswith(".safetensors"))

        def _send(self, status: int, body: bytes, extra: dict[str, str] | None = None, cut: bool = False) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            for key, value in (extra or {}).items():
                self.send_header(key, value)
            self.end_headers()
            if cut and hub.cuts > 0 and len(body) > hub.cut_after:
                hub.cuts -= 1
                self.wfile.write(body[: hub.cut_after])
                self.wfile.flush()
                self.close_connection = True
                return
            half = len(body) // 2 if cut and hub.held else 0
            self.wfile.write(body[:half])
            if half:
                self.wfile.flush()
                hub.released.wait(60)
            self.wfile.write(body[half:])

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server


def without_hub(patch: pytest.MonkeyPatch, cache: Path) -> None:
    """No hub answers, and fetched models would lie in `cache`; what this machine has of its own is not seen."""
    patch.setenv("HF_HUB_CACHE", str(cache))
    patch.setenv("HF_ENDPOINT", AWAY)
    patch.setenv("NO_PROXY", "127.0.0.1")
