"""A vision-language server on this machine that answers with the name of a picture's most frequent colour."""

import base64
import io
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
from PIL import Image

COLOURS = {"red": (200, 0, 0), "green": (0, 160, 0), "blue": (0, 0, 200), "white": (255, 255, 255)}


def colour_name(uri: str) -> str:
    """The name of the colour that most pixels are near to."""
    content = base64.b64decode(uri.removeprefix("data:image/jpeg;base64,"), validate=True)
    pixels = np.asarray(Image.open(io.BytesIO(content)).convert("RGB"), float).reshape(-1, 3)
    known = np.array(list(COLOURS.values()), float)
    near = np.linalg.norm(pixels[:, None] - known[None], axis=2).argmin(axis=1)
    return list(COLOURS)[np.bincount(near, minlength=len(known)).argmax()]


class VisionServer(ThreadingHTTPServer):
    """`seen`: headers and bodies; `says`: a colour's name -> the answer; `gone_after`: requests until it fails."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.seen: list[tuple[dict[str, str], dict[str, Any]]] = []
        self.says: Callable[[str], str] = lambda name: f'"A {name} picture."'
        self.gone_after = 10**6

    @property
    def url(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.server_port}/v1"

    def start(self) -> "VisionServer":
        """Answer in a thread until `stop`."""
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def stop(self) -> None:
        """End."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: VisionServer

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append((dict(self.headers), body))
        failed = self.path != "/v1/chat/completions" or len(self.server.seen) > self.server.gone_after
        (picture,) = [part for part in body["messages"][0]["content"] if part["type"] == "image_url"]
        said = "" if failed else self.server.says(colour_name(picture["image_url"]["url"]))
        content = json.dumps({"choices": [{"message": {"role": "assistant", "content": said}}]}).encode()
        with suppress(OSError):
            self.send_response(500 if failed else 200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""
