"""Encoders on a server: a real one on this machine that answers well, badly, or no more."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.encoders import create_encoder, space_of
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.servers.answers import ServerLost
from mmalign_core.encoders.servers.base import NotAsked
from mmalign_core.servers.requests import TRIES
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media
from tests.embedding_server import KEY, WIDTH, EmbeddingServer, busy, half, half_json, instead, pours, vector

TEXTS = [f"item {place} " + ("a red dog runs " if place % 2 else "rain falls on wet sand ") * 3 for place in range(150)]
KINDS = {"openai-server": "/v1/embeddings", "jina-server": "/v1/embeddings", "cohere-server": "/v1/embed"}
KINDS |= {"voyage-server": "/v1/embeddings"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[EmbeddingServer]:
    found = EmbeddingServer().start()
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MMALIGN_EMBEDDING_URL", found.url)
    monkeypatch.setenv("MMALIGN_EMBEDDING_KEY", KEY)
    monkeypatch.delenv("MMALIGN_SEND", raising=False)
    yield found
    found.stop()


def media(texts: list[str]) -> list[Media]:
    return [Media(str(place), "text", f"d{place}", text=text) for place, text in enumerate(texts)]


def encoder(reference: str, modality: str = "text", send: bool = True):
    made = create_encoder(reference, modality)
    made.settings = Settings(send=send)
    made.load()
    return made


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_encoded_as_the_server_does(server: EmbeddingServer, kind: str) -> None:
    made = encoder(f"{kind}:words-1")
    found = made.encode([made.prepare(one) for one in media(TEXTS[:5])]).vectors
    np.testing.assert_allclose(found, np.stack([vector(text.strip()) for text in TEXTS[:5]]), atol=1e-6)
    (path, headers, body), *more = server.seen
    assert not more and path == KINDS[kind] and headers["Authorization"] == f"Bearer {KEY}"
    assert body["model"] == "words-1" and found.dtype == np.float32 and made.dim == WIDTH
    assert made.key == f"{kind}:words-1@1-127.0.0.1-{server.server_port}" and KEY not in made.key


@pytest.mark.parametrize("kind", ["jina-server:m", "cohere-server:m", "voyage-server:voyage-multimodal-3"])
def test_pictures_and_texts_share_a_space(server: EmbeddingServer, kind: str, tmp_path: Path) -> None:
    for name, colour in (("red", (200, 0, 0)), ("blue", (0, 0, 200))):
        Image.new("RGB", (1000, 300), colour).save(tmp_path / f"{name}.png")
    seen = [Media(n, "image", n, path=str(tmp_path / f"{n}.png")) for n in ("red", "blue")]
    made = encoder(kind, "image")
    found = made.encode([made.prepare(one) for one in seen]).vectors
    assert found[0].argmax() % 3 == 0 and found[1].argmax() % 3 == 2, "the colours came through"
    assert made.space == encoder(kind).space == space_of(kind)
    assert max(Image.open(tmp_path / "red.png").size) == 1000 and len(str(server.seen[0][2])) < 20_000
    with pytest.raises(BadInput, match="reads text, not image"):
        create_encoder("voyage-server:voyage-3", "image")


@pytest.mark.parametrize(("kind", "name"), [("openai-server", "dimensions"), ("cohere-server", "output_dimension")])
def test_fewer_dimensions_and_queries_are_asked_for(server: EmbeddingServer, kind: str, name: str) -> None:
    made = encoder(f"{kind}[dims=8,read_as=query]:m")
    assert made.encode(["a dog"]).vectors.shape == (1, 8) and server.seen[0][2][name] == 8
    assert space_of(f"{kind}[dims=8]:m") != space_of(f"{kind}:m")


def test_nothing_is_sent_before_a_person_agreed(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    made = create_encoder("openai-server:m", "text")
    made.settings = Settings(send=False)
    for act in (made.load, lambda: made.encode(["a"])):
        with pytest.raises(NotAsked, match="add --send"):
            act()
    with pytest.raises(NotAsked, match=r"3 texts of \d+ characters, about .* 1 or more requests, at the server's"):
        made.announce(media(TEXTS[:3]))
    monkeypatch.setenv("MMALIGN_EMBEDDING_PRICE", "0.02")
    with pytest.raises(NotAsked, match=r"about [\d.e-]+ at 0.02 for a million tokens, would be sent to 127.0.0.1"):
        made.announce(media(TEXTS[:3]))
    monkeypatch.setenv("MMALIGN_EMBEDDING_PRICE", "cheap")
    with pytest.raises(BadInput, match="MMALIGN_EMBEDDING_PRICE is no number"):
        made.announce(media(TEXTS[:3]))
    assert not server.seen


def test_what_one_session_agreed_to_does_not_hold_for_another(server: EmbeddingServer) -> None:
    shared = encoder("openai-server:m")
    agreed, visitor = shared.under(Settings(send=True)), shared.under(Settings(send=False))
    with pytest.raises(NotAsked):
        visitor.encode(["a visitor's words"])
    assert not server.seen
    assert agreed.encode(["a dog"]).vectors.shape == (1, WIDTH) and len(server.seen) == 1
    assert agreed.under(Settings(send=False)) is visitor.under(Settings(send=False)) is visitor
    assert visitor.under(Settings(send=True)) is agreed


def test_a_busy_server_is_asked_again_and_what_it_names_is_waited_for(server: EmbeddingServer) -> None:
    server.faults = {1: busy(429), 2: busy(503), 3: busy(500)}
    assert encoder("openai-server:m").encode(["a"]).vectors.shape == (1, WIDTH) and len(server.seen) == 4
    server.faults = {0: busy(429)}
    with pytest.raises(ServerLost, match="429; it gets too many requests, or a limit is reached"):
        encoder("openai-server:m").encode(["a"])
    assert len(server.seen) == 4 + TRIES
    server.faults = {0: busy(429, "3600")}
    with pytest.raises(ServerLost, match="asks to wait 3,600 s; go on later"):
        encoder("openai-server:m").encode(["a"])


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (busy(403), "may not do this"),
        (busy(404), "names something it does not have"),
        (half_json, "did not answer as embedding servers of this kind do"),
        (instead(lambda rows: rows[:-1]), "did not answer as embedding servers"),
        (instead(lambda rows: [*rows, rows[0]]), "did not answer as embedding servers"),
        (instead(lambda rows: [row[:9] if n else row for n, row in enumerate(rows)]), "unequal or impossible length"),
        (instead(lambda rows: [[] for _ in rows]), "unequal or impossible length"),
        (instead(lambda rows: [["x"] for _ in rows]), "did not answer as embedding servers"),
        (lambda handler, rows: handler.answer([1, 2]), "did not answer as embedding servers"),
        (pours, "answered with more than 64 MB"),
    ],
)
def test_a_wrong_answer_ends_it_with_one_line(server: EmbeddingServer, fault, words: str) -> None:
    server.faults = {0: fault}
    with pytest.raises(BadInput, match=words) as caught:
        encoder("openai-server:m").encode(["a", "b", "c"])
    assert "\n" not in str(caught.value) and KEY not in str(caught.value)


def test_a_wrong_key_is_named_by_its_variable_alone(
    server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    monkeypatch.setenv("MMALIGN_EMBEDDING_KEY", "sk-wrong-9876543210")
    caplog.set_level(logging.DEBUG)
    store = Store(tmp_path / "store")
    with pytest.raises(ServerLost, match="401; set MMALIGN_EMBEDDING_KEY to a valid key") as caught:
        encode_set(encoder("openai-server:m"), media(TEXTS), store=store, settings=Settings(send=True))
    assert len(server.seen) == 1, "no batch is tried again by single texts"
    held = b"".join(path.read_bytes() for path in store.root.rglob("*") if path.is_file())
    assert not [b for b in (b"sk-wrong", KEY.encode()) if b in held] and "sk-wrong" not in caplog.text
    assert "sk-wrong" not in str(caught.value)


def test_what_was_done_is_kept_when_the_server_goes(server: EmbeddingServer, tmp_path: Path) -> None:
    store, settings = Store(tmp_path / "store"), Settings(send=True)
    server.faults = {3: busy(403)}
    made = encoder("openai-server:m")
    with pytest.raises(ServerLost, match="what was encoded is kept"):
        encode_set(made, media(TEXTS), store=store, settings=settings)
    held = len(store.embeddings(made.key, [one.digest for one in media(TEXTS)]).rows)
    assert held == 128, "two batches of 64"
    server.faults.clear()
    before = len(server.seen)
    rows, counts, skipped = encode_set(encoder("openai-server:m"), media(TEXTS), store=store, settings=settings)
    assert counts == {"encoded": 22, "reused": 128} and not skipped and len(rows) == 150
    assert sum(len(body["input"]) for _, _, body in server.seen[before:]) == 22
    np.testing.assert_allclose(rows.vectors, np.stack([vector(text.strip()) for text in TEXTS]), atol=1e-6)


def test_an_answer_that_breaks_off_is_asked_for_again(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mmalign_core.servers.requests._FIRST_WAIT", 0.0)
    server.faults = {1: half}
    assert encoder("openai-server:m").encode(["a"]).vectors.shape == (1, WIDTH) and len(server.seen) == 2
    server.stop()
    with pytest.raises(ServerLost, match="cannot be reached; is it running, and is MMALIGN_EMBEDDING_URL right"):
        encoder("openai-server:m").encode(["b"])


def test_other_widths_than_before_are_refused(server: EmbeddingServer, tmp_path: Path) -> None:
    made = encoder("openai-server:m")
    made.encode(["a"])
    server.faults = {0: instead(lambda rows: [row[:7] for row in rows])}
    with pytest.raises(ServerLost, match="gave 7 dimensions where it should be 32"):
        made.encode(["b"])
    with pytest.raises(ServerLost, match="gave 7 dimensions where it should be 9"):
        encoder("openai-server[dims=9]:m").encode(["b"])


def test_a_medium_with_nan_is_left_out_and_not_paid_for_twice(server: EmbeddingServer, tmp_path: Path) -> None:
    def spoilt(rows: list[list[float]]) -> list[list[float]]:
        return [[float("nan")] * WIDTH if n == 1 else row for n, row in enumerate(rows)]

    server.faults = {1: instead(spoilt)}
    store = Store(tmp_path / "store")
    found, counts, skipped = encode_set(
        encoder("openai-server:m"), media(TEXTS[:4]), store=store, settings=Settings(send=True)
    )
    assert found.ids == ("0", "2", "3") and counts["encoded"] == 3 and len(server.seen) == 1
    assert "gave NaN or infinity for this text" in skipped[0].reason


def test_a_text_that_the_server_refuses_is_left_out_alone(server: EmbeddingServer, tmp_path: Path) -> None:
    server.faults = {1: busy(413), 3: busy(400)}
    store = Store(tmp_path / "store")
    found, _, skipped = encode_set(
        encoder("openai-server:m"), media(TEXTS[:3]), store=store, settings=Settings(send=True)
    )
    assert found.ids == ("0", "2") and "refused this with status 400" in skipped[0].reason


def test_two_servers_do_not_share_vectors(server: EmbeddingServer, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = set()
    for url in ("http://a/v1", "http://b:80/v1", "http://b/v2", "http://b/team/one/v1", "http://b/team/two/v1"):
        monkeypatch.setenv("MMALIGN_EMBEDDING_URL", url)
        keys.add(create_encoder("openai-server:m", "text").key)
    assert len(keys) == 4 and all("/team" not in key for key in keys)


def test_the_command_says_what_it_would_send_and_sends_when_asked(
    server: EmbeddingServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "items.csv"
    table.write_text("id,text\n" + "\n".join(f"{n},{text}" for n, text in enumerate(TEXTS[:20])))
    line = ["encode", str(table), "--encoder", "text=openai-server:m", "--store", str(tmp_path / "store")]
    assert main(line) == 2
    said = capsys.readouterr().err
    assert "20 texts of" in said and "would be sent to 127.0.0.1" in said and "--send" in said and not server.seen
    assert main([*line, "--send", "--json", str(tmp_path / "out.json")]) == 0 and len(server.seen) == 1
    report = json.loads((tmp_path / "out.json").read_text())
    assert report["encoded"] == 20 and KEY not in (tmp_path / "out.json").read_text()
    assert main(line) == 0 and len(server.seen) == 1, "what is held needs no sending"
    held = b"".join(path.read_bytes() for path in (tmp_path / "store").rglob("*") if path.is_file())
    assert KEY.encode() not in held
