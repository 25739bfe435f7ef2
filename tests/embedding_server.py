"""An embedding server on this machine that computes vectors: of texts from their words, of pictures from their colours.

It answers as OpenAI's, Jina's, Cohere's and Voyage's do, and fails as a test asks it to.
"""

import base64
import hashlib
import io
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

KEY = "sk-secret-0123456789"
WIDTH = 32
Fault = Callable[["Handler", list[list[float]]], bool]
"""Answers in another way, and returns whether it did."""


def vector(medium: Any, dims: int = WIDTH) -> np.ndarray:
    """A text's words hashed to places and counted, or the mean colours of a picture's rows."""
    if isinstance(medium, str) and medium.startswith("data:image/"):
        pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(medium.partition(",")[2]))).convert("RGB"), float)
        counts = np.resize(pixels.mean(axis=(0, 1)), dims) / 255
    else:
        counts = np.full(dims, 1e-3)
        for word in str(medium).lower().split():
            counts[int.from_bytes(hashlib.sha256(word.encode()).digest()[:4], "big") % dims] += 1
    return counts / np.linalg.norm(counts)


class EmbeddingServer(ThreadingHTTPServer):
    """`seen`: path, headers and body of each request; `faults`: the number of a request -> what it does instead."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.faults: dict[int, Fault] = {}
        self.over = threading.Event()

    @property
    def url(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def start(self) -> "EmbeddingServer":
        """Answer in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """End, with whatever hangs."""
        self.over.set()
        self.shutdown()
        self.server_close()


class Handler(BaseHTTPRequestHandler):
    """Reads the question whole, and answers it or fails."""

    server: EmbeddingServer

    def do_POST(self) -> None:
        """One question."""
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((self.path, dict(self.headers), body))
        number = len(self.server.seen)
        with suppress(OSError):  # the client may have gone
            if self.headers.get("Authorization") != f"Bearer {KEY}":
                return self.answer({"error": f"no such key: {self.headers.get('Authorization')}"}, 401)
            dims = body.get("dimensions") or body.get("output_dimension") or WIDTH
            rows = [vector(one, dims).tolist() for one in media_of(body)]
            fault = self.server.faults.get(number) or self.server.faults.get(0)
            if fault is None or not fault(self, rows):
                self.answer(self.shaped(rows))

    def shaped(self, rows: list[list[float]]) -> Any:
        """The answer as this path gives it, in falling order where each vector has an index."""
        if self.path.endswith("/embed"):
            return {"embeddings": {"float": rows}}
        return {"data": [{"index": place, "embedding": rows[place]} for place in reversed(range(len(rows)))]}

    def answer(self, value: Any, status: int = 200, headers: dict[str, str] | None = None) -> bool:
        """Send JSON."""
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, words in (headers or {}).items():
            self.send_header(name, words)
        self.end_headers()
        self.wfile.write(content)
        return True

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


def media_of(body: dict[str, Any]) -> list[Any]:
    """The media of a question of any kind."""
    if "inputs" in body:
        return [next(v for k, v in one["content"][0].items() if k != "type") for one in body["inputs"]]
    given = body.get("input") or body.get("texts") or body.get("images")
    return [next(iter(one.values())) if isinstance(one, dict) else one for one in given]


def busy(status: int, wait: str = "0") -> Fault:
    """Refuse with that status, and ask to wait."""
    return lambda handler, rows: handler.answer({"error": "busy"}, status, {"Retry-After": wait})


def instead(change: Callable[[list[list[float]]], Any]) -> Fault:
    """Answer with changed vectors."""
    return lambda handler, rows: handler.answer(handler.shaped(change(rows)))


def half(handler: Handler, rows: list[list[float]]) -> bool:
    """Break off in the middle of an answer whose length was stated."""
    content = json.dumps(handler.shaped(rows)).encode()
    handler.send_response(200)
    handler.send_header("Content-Length", str(len(content)))
    handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    return True


def half_json(handler: Handler, rows: list[list[float]]) -> bool:
    """An answer that ends in the middle, as a proxy sends it."""
    content = json.dumps(handler.shaped(rows)).encode()
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])
    return True


def pours(handler: Handler, rows: list[list[float]]) -> bool:
    """A body without an end."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.is_set():
        handler.wfile.write(b"[" * 2**20)
    return True
