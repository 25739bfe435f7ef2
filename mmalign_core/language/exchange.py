"""One HTTP question and its answer, with a limit on the whole wait and on the answer's size."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mmalign_core.types import BadInput, Progress, no_progress

MOST_BYTES = 2**20
"""Most bytes of an answer. Our choice: an answer of some hundred tokens has a few thousand."""
_PACE = 0.1
"""Seconds between two checks whether the wait was cancelled. Our choice: a person does not notice it."""


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float, progress: Progress = no_progress) -> bytes:
    """The answer's body. BadInput after `seconds` in all, on refusal, any status but 200, or more than MOST_BYTES.

    The exchange runs in a thread of its own: name look-up knows no limit, and a server that sends a byte now and then
    meets every limit on a single wait. Redirects are not followed, since they would carry the key elsewhere.
    """
    exchange = _Exchange(url, body, headers, seconds)
    thread = threading.Thread(target=exchange.run, name="language-model", daemon=True)
    until = time.monotonic() + seconds
    thread.start()
    try:
        while not exchange.finished.wait(min(_PACE, max(0.0, until - time.monotonic()))):
            left = until - time.monotonic()
            if left <= 0:
                raise BadInput(f"{exchange.server} did not answer within {seconds:g} s")
            progress(1 - left / seconds, "waiting for the language model's server")
    finally:
        exchange.close()
    if exchange.refusal:
        raise BadInput(f"{exchange.server} {exchange.refusal}")
    return bytes(exchange.answer)


class _Exchange:
    """`answer` so far; `refusal`: what went wrong, in words of ours, for what servers and libraries say may hold the
    key; `finished` is set when nothing more will come."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> None:
        parts = urlsplit(url)
        self.server = f"the language model's server at {parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self.answer, self.refusal = bytearray(), ""
        self.finished, self._closed = threading.Event(), False
        self._asked, self._seconds = (url, body, headers), seconds
        self._own = parts.hostname in ("localhost", "127.0.0.1", "::1")
        self._client: Any = None

    def run(self) -> None:
        """Ask and read; never raises."""
        import httpx

        try:
            # A proxy of the environment has no way to this machine's own servers.
            self._client = httpx.Client(timeout=self._seconds, follow_redirects=False, trust_env=not self._own)
            self._read(self._client)
        except httpx.ConnectError:
            self.refusal = "cannot be reached; is it running, and is MMALIGN_LLM_URL right?"
        except httpx.TimeoutException:
            self.refusal = f"did not answer within {self._seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError, ValueError) as error:
            self.refusal = f"broke off or does not speak HTTP ({type(error).__name__})"
        finally:
            self.finished.set()

    def close(self) -> None:
        """End whatever still runs."""
        self._closed = True
        if self._client is not None:
            self._client.close()

    def _read(self, client: Any) -> None:
        url, body, headers = self._asked
        with client.stream("POST", url, content=body, headers=dict(headers)) as response:
            if response.status_code != 200:
                self.refusal = _refused(response.status_code)
                return
            for chunk in response.iter_raw():
                self.answer += chunk
                if len(self.answer) > MOST_BYTES:
                    self.refusal = f"answered with more than {MOST_BYTES // 2**20} MB; nothing of it was used"
                if self.refusal or self._closed:
                    return


def _refused(status: int) -> str:
    meaning = {
        400: "; set MMALIGN_LLM_MODEL to a model it has",
        401: "; set MMALIGN_LLM_KEY to a valid key",
        403: "; the key in MMALIGN_LLM_KEY may not do this",
        404: "; MMALIGN_LLM_URL or MMALIGN_LLM_MODEL names something it does not have",
        429: "; it is asked too often, wait a little",
    }
    return f"refused with status {status}{meaning.get(status, '')}"
