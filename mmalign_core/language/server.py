"""A language model on a server with OpenAI's chat completions API. The environment gives address, key and model."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from mmalign_core.language.base import LanguageModel, register
from mmalign_core.params import param
from mmalign_core.types import BadInput, Progress, no_progress

MOST_BYTES = 2**20
"""Most bytes of a response. Our choice: a response of some hundred tokens has a few thousand."""
_PACE = 0.1
"""Seconds between two checks for cancellation. Our choice: a person does not notice it."""


def post(url: str, body: bytes, headers: Mapping[str, str], seconds: float, progress: Progress = no_progress) -> bytes:
    """Return the body of the response to a POST request.

    Raises BadInput after `seconds` in total, if the connection fails, the status is not 200, or the body exceeds
    MOST_BYTES. The request runs in its own thread, since name look-up has no timeout and a slow server can stay within
    the timeout of every single read. Redirects are not followed, since they would send the key to another server.
    """
    request = _Request(url, body, headers, seconds)
    thread = threading.Thread(target=request.run, name="language-model", daemon=True)
    until = time.monotonic() + seconds
    thread.start()
    try:
        while not request.finished.wait(min(_PACE, max(0.0, until - time.monotonic()))):
            left = until - time.monotonic()
            if left <= 0:
                raise BadInput(f"{request.server} did not answer within {seconds:g} s")
            progress(1 - left / seconds, "waiting for the language model's server")
    finally:
        request.close()
    if request.failure:
        raise BadInput(f"{request.server} {request.failure}")
    return bytes(request.response)


class _Request:
    """One HTTP request. `response`: the body so far; `failure`: why it failed, without the text of servers and
    libraries, which may contain the key; `finished`: an event that is set at the end."""

    def __init__(self, url: str, body: bytes, headers: Mapping[str, str], seconds: float) -> None:
        parts = urlsplit(url)
        self.server = f"the language model's server at {parts.hostname}" + (f":{parts.port}" if parts.port else "")
        self.response, self.failure = bytearray(), ""
        self.finished, self._closed = threading.Event(), False
        self._content, self._seconds = (url, body, headers), seconds
        self._own = parts.hostname in ("localhost", "127.0.0.1", "::1")
        self._client: Any = None

    def run(self) -> None:
        """Send the request and read the response. Network errors are stored in `failure`, not raised."""
        import httpx

        try:
            # A proxy from the environment cannot reach servers on this machine.
            self._client = httpx.Client(timeout=self._seconds, follow_redirects=False, trust_env=not self._own)
            self._read(self._client)
        except httpx.ConnectError:
            self.failure = "cannot be reached; is it running, and is MMALIGN_LLM_URL right?"
        except httpx.TimeoutException:
            self.failure = f"did not answer within {self._seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError, ValueError) as error:
            self.failure = f"broke off or does not speak HTTP ({type(error).__name__})"
        finally:
            self.finished.set()

    def close(self) -> None:
        """Close the connection, which ends `run`."""
        self._closed = True
        if self._client is not None:
            self._client.close()

    def _read(self, client: Any) -> None:
        url, body, headers = self._content
        with client.stream("POST", url, content=body, headers=dict(headers)) as response:
            if response.status_code != 200:
                self.failure = _status_message(response.status_code)
                return
            for chunk in response.iter_raw():
                self.response += chunk
                if len(self.response) > MOST_BYTES:
                    self.failure = f"answered with more than {MOST_BYTES // 2**20} MB; nothing of it was used"
                if self.failure or self._closed:
                    return


def _status_message(status: int) -> str:
    meaning = {
        400: "; set MMALIGN_LLM_MODEL to a model it has",
        401: "; set MMALIGN_LLM_KEY to a valid key",
        403: "; the key in MMALIGN_LLM_KEY may not do this",
        404: "; MMALIGN_LLM_URL or MMALIGN_LLM_MODEL names something it does not have",
        429: "; it gets too many requests, wait a little",
    }
    return f"refused with status {status}{meaning.get(status, '')}"


URL, KEY, MODEL = "MMALIGN_LLM_URL", "MMALIGN_LLM_KEY", "MMALIGN_LLM_MODEL"
PATH = "/chat/completions"


@register("server")
class Server(LanguageModel):
    """One request per call, with limits on the total time and on the size of the response.

    The address comes from the environment alone, so that a visitor of the dashboard cannot choose where the key is
    sent. Errors never contain the server's text, and the key is removed from responses.
    """

    summary = f"a server of your own or of others, by {URL}; titles and queries are sent to it"
    model: str = param("", help=f"the server's name of the model; empty: {MODEL}, else the server's own choice")
    seconds: float = param(20.0, 0.05, 600, help="longest wait for a whole answer")

    @property
    def address(self) -> str:
        """The URL of requests. Raises BadInput if the variable is missing or not an address."""
        given = os.environ.get(URL, "").strip().rstrip("/")
        if not given:
            raise BadInput(f"{URL} is not set; set it to a server's address, such as http://localhost:8080/v1")
        try:
            parts = urlsplit(given)
            usable = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1)
        except ValueError:
            usable = False
        if not usable:
            raise BadInput(f"{URL} is no address of a server; it looks like http://localhost:8080/v1")
        if "@" in urlsplit(given).netloc:
            raise BadInput(f"{URL} holds a name or password, which logs may show; put the key into {KEY}")
        return given if given.endswith(PATH) else given + PATH

    def load(self, progress: Progress = no_progress) -> None:
        """Check address and key. The first request contacts the server."""
        _ = self.address, self._key()

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """Return the text of one response at temperature 0."""
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        body = {"messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": False}
        if model := self.model or os.environ.get(MODEL, ""):
            body["model"] = model
        key = self._key()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        text = _text(post(self.address, json.dumps(body).encode(), headers, self.seconds, progress))
        return text.replace(key, "[key]") if key else text

    def _key(self) -> str:
        """The key, '' if there is none. Raises BadInput, without the key, if it has invalid characters."""
        key = os.environ.get(KEY, "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise BadInput(f"{KEY} holds characters that no key has; copy it again, without line ends")
        return key


def _text(body: bytes) -> str:
    """The text of the first choice in a response."""
    try:
        text: Any = json.loads(body)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadInput(
            "the language model's server did not answer as chat completions do; "
            f"{URL} should end in the part before {PATH}, often /v1"
        ) from error
    if not isinstance(text, str) or not text.strip():
        raise BadInput("the language model's server answered without a text; try another model")
    return text.strip()
