"""The language model behind a server: a real one on this machine that answers well, badly, slowly or not at all."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.language.server import MOST_BYTES
from mmalign_core.types import BadInput, Cancelled

KEY = "sk-secret-0123456789"
Answering = Callable[[BaseHTTPRequestHandler], None]


class Asked(ThreadingHTTPServer):
    """Answers every question by `how`; `seen`: path, headers and body of each. `over` ends what hangs."""

    daemon_threads = True
    how: Answering

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], dict]] = []
        self.over = threading.Event()


class Handler(BaseHTTPRequestHandler):
    """Reads the question whole, then leaves the answer to the test."""

    server: Asked

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, dict(self.headers), json.loads(body)))
        with suppress(OSError):  # the client has gone, which is what several tests are about
            self.server.how(self)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    found = Asked()
    threading.Thread(target=found.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("MMALIGN_LLM_URL", f"http://127.0.0.1:{found.server_port}/v1")
    monkeypatch.setenv("MMALIGN_LLM_KEY", KEY)
    monkeypatch.setenv("MMALIGN_LLM_MODEL", "small")
    yield found
    found.over.set()
    found.shutdown()
    found.server_close()


def sends(body: bytes, status: int = 200, kind: str = "application/json") -> Answering:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def says(text: object) -> Answering:
    return sends(json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode())


def hangs(handler: BaseHTTPRequestHandler) -> None:
    handler.server.over.wait(30)  # type: ignore[attr-defined]


def drips_body(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.wait(0.02):  # type: ignore[attr-defined]
        handler.wfile.write(b" ")
        handler.wfile.flush()


def drips_head(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while not handler.server.over.wait(0.02):  # type: ignore[attr-defined]
        handler.wfile.write(b"x")
        handler.wfile.flush()


def pours(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.end_headers()
    while not handler.server.over.is_set():  # type: ignore[attr-defined]
        handler.wfile.write(b"x" * 65536)


def redirects(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(307)
    handler.send_header("Location", f"http://127.0.0.1:{handler.server.server_port}/elsewhere")  # type: ignore[attr-defined]
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def model(seconds: float = 20) -> LanguageModel:
    return LANGUAGE_MODELS.create("server", seconds=seconds)


def test_a_good_answer_and_what_was_asked(server: Asked) -> None:
    server.how = says("  Because its picture is near.\n")
    assert model().complete("Why?", system="Be plain.", max_tokens=7) == "Because its picture is near."
    path, headers, body = server.seen[0]
    assert path == "/v1/chat/completions" and headers["Authorization"] == f"Bearer {KEY}"
    assert body["messages"] == [
        {"role": "system", "content": "Be plain."},
        {"role": "user", "content": "Why?"},
    ]
    assert (body["model"], body["max_tokens"], body["temperature"], body["stream"]) == ("small", 7, 0, False)


def test_a_parameter_names_the_model_and_a_whole_address_is_kept(
    server: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.how = says("yes")
    monkeypatch.setenv("MMALIGN_LLM_URL", f"http://127.0.0.1:{server.server_port}/x/chat/completions/")
    monkeypatch.delenv("MMALIGN_LLM_KEY")
    assert LANGUAGE_MODELS.create("server", model="large").complete("?") == "yes"
    path, headers, body = server.seen[0]
    assert path == "/x/chat/completions" and body["model"] == "large" and "Authorization" not in headers


@pytest.mark.parametrize(
    ("how", "words"),
    [
        (sends(b"<html><h1>Hello</h1></html>", kind="text/html"), "did not answer as chat completions do"),
        (sends(b""), "did not answer as chat completions do"),
        (sends(b"\xff\xfe\x00"), "did not answer as chat completions do"),
        (sends(b'{"choices": []}'), "did not answer as chat completions do"),
        (sends(b'{"choices": [{"text": "old"}]}'), "did not answer as chat completions do"),
        (sends(b"[1, 2]"), "did not answer as chat completions do"),
        (sends(b"[" * 100_000), "did not answer as chat completions do"),
        (says(None), "without a text"),
        (says({"a": 1}), "without a text"),
        (says("   "), "without a text"),
        (sends(b"oops", 500), "status 500"),
        (sends(f"bad key {KEY}".encode(), 401), "MMALIGN_LLM_KEY"),
        (sends(b"", 404), "MMALIGN_LLM_URL or MMALIGN_LLM_MODEL"),
        (sends(b"", 429), "too many requests"),
        (redirects, "status 307"),
        (lambda handler: handler.wfile.write(b"\0\1\2nonsense\r\n\r\n"), "does not speak HTTP"),
        (lambda handler: None, "broke off"),
        (pours, f"more than {MOST_BYTES // 2**20} MB"),
    ],
)
def test_a_bad_answer_is_one_clear_line_without_the_key(server: Asked, how: Answering, words: str) -> None:
    server.how = how
    with pytest.raises(BadInput, match=words) as raised:
        model().complete("Why?")
    line = str(raised.value)
    assert KEY not in line and "\n" not in line and len(line) < 250
    assert len(server.seen) == 1, "nothing is followed or asked again: the key goes to one address"


@pytest.mark.parametrize("how", [hangs, drips_body, drips_head])
def test_a_server_that_hangs_or_drips_is_left_at_the_limit(server: Asked, how: Answering) -> None:
    server.how = how
    with pytest.raises(BadInput, match=r"did not answer within 0\.3 s"):
        model(seconds=0.3).complete("Why?")


def test_waiting_can_be_cancelled(server: Asked) -> None:
    server.how = hangs

    def cancel(fraction: float, message: str) -> None:
        assert 0 <= fraction <= 1 and "waiting" in message
        raise Cancelled

    with pytest.raises(Cancelled):
        model().complete("Why?", progress=cancel)


def test_a_server_that_is_not_there_and_a_name_nobody_has(server: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    port = server.server_port
    server.shutdown()
    server.server_close()
    for host in (f"127.0.0.1:{port}", "nowhere.invalid"):
        monkeypatch.setenv("MMALIGN_LLM_URL", f"http://{host}/v1")
        with pytest.raises(BadInput, match="cannot be reached"):
            model().complete("Why?")


def test_the_key_is_in_no_log(server: Asked, caplog: pytest.LogCaptureFixture) -> None:
    server.how = says("yes")
    with caplog.at_level(logging.DEBUG):
        model().complete("Why?")
    assert KEY not in caplog.text and caplog.text


def test_an_echoed_key_is_struck_out(server: Asked) -> None:
    server.how = says(f"Your key is {KEY}.")
    assert model().complete("Why?") == "Your key is [key]."


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is not set"),
        ("localhost:8080", "no address"),
        ("ftp://x/v1", "no address"),
        ("http://", "no address"),
        ("http://x:99999/v1", "no address"),
        ("http://user:pass@localhost/v1", "MMALIGN_LLM_KEY"),
    ],
)
def test_an_address_that_cannot_be_is_named_before_anything_is_asked(
    monkeypatch: pytest.MonkeyPatch, url: str, words: str
) -> None:
    monkeypatch.setenv("MMALIGN_LLM_URL", url)
    with pytest.raises(BadInput, match=f"MMALIGN_LLM_URL.*{words}|{words}"):
        model().load()


@pytest.mark.parametrize("key", ["two words", "line\nend", "schlüssel"])
def test_a_key_that_cannot_be_is_not_shown(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("MMALIGN_LLM_URL", "http://localhost:1/v1")
    monkeypatch.setenv("MMALIGN_LLM_KEY", key)
    with pytest.raises(BadInput, match="MMALIGN_LLM_KEY") as raised:
        model().load()
    assert key not in str(raised.value)


def test_it_says_that_it_gives_no_likelihoods() -> None:
    assert not model().knows_likelihoods
    with pytest.raises(BadInput, match="gives no likelihoods"):
        model().likelihoods("a", ["b"])
