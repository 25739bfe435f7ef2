"""One POST request within limits of time and size, and requests that are repeated where a server is busy."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from mmalign_core.types import BadInput, Progress, no_progress

_PACE = 0.1
"""Seconds between two checks for cancellation. Our choice: a person does not notice it."""
TRIES = 5
"""Requests after which a busy server is given up; our choice, with the waits between them half a minute."""
_FIRST_WAIT = 1.0
"""Seconds before the second try, doubled each time, where the server names none; our choice."""
LONGEST_WAIT = 60.0
"""Most seconds that a server may ask to wait; our choice: a person would rather go on later."""
_BUSY = (408, 425, 429, 500, 502, 503, 504, 529)
"""Statuses after which the same request may succeed (RFC 9110 and RFC 6585; 529 is used for overload)."""


class NoAnswer(BadInput):
    """Raised when a server cannot be reached, breaks off or does not answer in time."""


@dataclass(frozen=True)
class Request:
    """What is sent. `server`: its name in messages; `variable`: the environment variable with its address."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    seconds: float
    most_bytes: int
    server: str
    variable: str


@dataclass(frozen=True)
class Answer:
    """Status and body; the body is read for status 200 only. `wait`: seconds that the server asks for, or None."""

    status: int
    body: bytes
    wait: float | None


def ask(request: Request, progress: Progress = no_progress) -> Answer:
    """The answer to one request.

    Raises NoAnswer after `seconds` in total and where the connection fails, and BadInput for a body of more than
    `most_bytes`. The request runs in its own thread, since name look-up has no timeout and a slow server can stay
    within the timeout of every single read. Redirects are not followed, since they would send the key to another
    server. No message holds the text of servers and libraries, which may contain the key.
    """
    running = _Running(request)
    thread = threading.Thread(target=running.run, name="ask-server", daemon=True)
    until = time.monotonic() + request.seconds
    thread.start()
    try:
        while not running.finished.wait(min(_PACE, max(0.0, until - time.monotonic()))):
            left = until - time.monotonic()
            if left <= 0:
                raise NoAnswer(f"{request.server} did not answer within {request.seconds:g} s")
            progress(1 - left / request.seconds, f"waiting for {request.server}")
    finally:
        running.close()
    if running.too_long:
        raise BadInput(f"{request.server} answered with more than {_size(request.most_bytes)}; nothing of it was used")
    if running.failure:
        raise NoAnswer(f"{request.server} {running.failure}")
    return Answer(running.status, bytes(running.body), running.wait)


def ask_patiently(request: Request, wait: Callable[[float], object] = time.sleep) -> Answer:
    """The answer to a request that is repeated, at most TRIES times, while the server is busy or out of reach.

    It waits as long as the server asks (Retry-After), at most LONGEST_WAIT. Raises NoAnswer at the end.
    """
    pause = _FIRST_WAIT
    for left in reversed(range(TRIES)):
        try:
            answer = ask(request)
        except NoAnswer:
            if not left:
                raise
            answer = Answer(0, b"", None)
        if (answer.status and answer.status not in _BUSY) or not left:
            return answer
        asked = answer.wait
        if asked is not None and asked > LONGEST_WAIT:
            raise NoAnswer(f"{request.server} is busy and asks to wait {asked:,.0f} s; go on later")
        wait(pause if asked is None else asked)
        pause *= 2
    raise AssertionError("the last try returns or raises")


def server_words(kind: str, url: str) -> str:
    """The name of a server in messages: its kind and host."""
    parts = urlsplit(url)
    return f"{kind} at {parts.hostname}" + (f":{parts.port}" if parts.port else "")


def _size(count: int) -> str:
    return f"{count // 2**20} MB"


class _Running:
    """One request on its way. `failure`: why it failed; `finished`: an event that is set at the end."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.status, self.body, self.wait, self.failure, self.too_long = 0, bytearray(), None, "", False
        self.finished, self._closed = threading.Event(), False
        self._own = urlsplit(request.url).hostname in ("localhost", "127.0.0.1", "::1")
        self._client: Any = None

    def run(self) -> None:
        """Send the request and read the response. Network errors are stored in `failure`, not raised."""
        import httpx

        seconds = self._request.seconds
        try:
            # A proxy from the environment cannot reach servers on this machine.
            self._client = httpx.Client(timeout=seconds, follow_redirects=False, trust_env=not self._own)
            self._read(self._client)
        except httpx.ConnectError:
            self.failure = f"cannot be reached; is it running, and is {self._request.variable} right?"
        except httpx.TimeoutException:
            self.failure = f"did not answer within {seconds:g} s"
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, RuntimeError, ValueError) as error:
            self.failure = f"broke off or does not speak HTTP ({type(error).__name__})"
        finally:
            self.finished.set()

    def close(self) -> None:
        """Close the connection, so that a `run` in another thread ends."""
        self._closed = True
        if self._client is not None:
            self._client.close()

    def _read(self, client: Any) -> None:
        request = self._request
        with client.stream("POST", request.url, content=request.body, headers=dict(request.headers)) as response:
            self.status, self.wait = response.status_code, _seconds(response.headers.get("Retry-After"))
            if self.status != 200:
                return
            for chunk in response.iter_raw():
                self.body += chunk
                self.too_long = len(self.body) > request.most_bytes
                if self.too_long or self._closed:
                    return


def _seconds(stated: str | None) -> float | None:
    """The seconds of a Retry-After header; None if it states none, or a date."""
    try:
        return max(0.0, float(stated)) if stated else None
    except ValueError:
        return None
