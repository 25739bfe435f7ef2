"""A server that speaks OpenAI's chat completions; its address, key and model come from the environment."""

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


URL, KEY, MODEL = "MMALIGN_LLM_URL", "MMALIGN_LLM_KEY", "MMALIGN_LLM_MODEL"
PATH = "/chat/completions"


@register("server")
class Server(LanguageModel):
    """Asked anew each time, with a limit on the whole wait and on the answer's size.

    The address is the environment's alone: a visitor of the dashboard must not choose where the key goes. Nothing a
    server says is shown in an error, and the key is struck out of its answers.
    """

    summary = f"a server of your own or of others, by {URL}; what is asked (titles, queries) is sent to it"
    model: str = param("", help=f"the server's name of the model; empty: {MODEL}, else the server's own choice")
    seconds: float = param(20.0, 0.05, 600, help="longest wait for a whole answer")

    @property
    def address(self) -> str:
        """Where questions go; BadInput if the variable is missing or no address."""
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
        """Check address and key; the server is reached when it is first asked."""
        _ = self.address, self._key()

    def complete(self, prompt: str, *, system: str = "", max_tokens: int = 60, progress: Progress = no_progress) -> str:
        """One request, temperature 0."""
        messages = [{"role": "system", "content": system}] * bool(system) + [{"role": "user", "content": prompt}]
        body = {"messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": False}
        if model := self.model or os.environ.get(MODEL, ""):
            body["model"] = model
        key = self._key()
        headers = {"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"
        answered = post(self.address, json.dumps(body).encode(), headers, self.seconds, progress)
        text = _text(answered)
        return text.replace(key, "[key]") if key else text

    def _key(self) -> str:
        """The key, or BadInput, which does not repeat it."""
        key = os.environ.get(KEY, "").strip()
        if not key.isascii() or not key.isprintable() or " " in key:
            raise BadInput(f"{KEY} holds signs no key has; copy it again, without line ends")
        return key


def _text(answered: bytes) -> str:
    """What the first choice says."""
    try:
        found: Any = json.loads(answered)["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadInput(
            "the language model's server did not answer as chat completions do; "
            f"{URL} should end in the part before {PATH}, often /v1"
        ) from error
    if not isinstance(found, str) or not found.strip():
        raise BadInput("the language model's server answered without a text; try another model")
    return found.strip()
