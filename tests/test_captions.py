"""Captions by a vision-language server: asked for, marked as made by a model, and left out of measures unless asked."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from mmalign_core.__main__ import main
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, align, encode, items_with_model_texts, load_run, open_collection, save_run
from tests.vision_server import COLOURS, VisionServer

KEY = "sk-secret-0123456789"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[VisionServer]:
    found = VisionServer().start()
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("MMALIGN_LLM_KEY", KEY)
    monkeypatch.delenv("MMALIGN_SEND", raising=False)
    yield found
    found.stop()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Nine pictures, of which three have texts by a person."""
    folder = tmp_path / "data"
    folder.mkdir()
    rows = []
    for number in range(9):
        name = list(COLOURS)[number % 3]
        Image.new("RGB", (40 + number, 30), COLOURS[name]).save(folder / f"{number}.png")
        text = f"A person wrote {name}, number {number}" if number < 3 else ""
        rows.append({"id": f"p{number}", "text": text, "image": f"{number}.png", "shelf": f"s{number % 2}"})
    with (folder / "items.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return folder / "items.csv"


def line(data: Path, server: VisionServer, out: Path, *more: str) -> list[str]:
    return ["caption", str(data), "--server", server.url, "--model", "eyes-1", "--out", str(out), *more]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_pictures_without_a_text_get_one_that_is_marked(
    server: VisionServer, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = data.parent / "captioned.csv"
    assert main(line(data, server, out)) == 2 and not server.seen and not out.exists()
    said = capsys.readouterr().err
    assert "6 pictures would be sent to 127.0.0.1" in said and "add --send" in said
    assert main(line(data, server, out, "--send", "--json", "-")) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["without_text"], report["captioned"], report["skipped"]) == (6, 6, [])
    rows = rows_of(out)
    made_by = f"eyes-1 at 127.0.0.1:{server.server_port}"
    assert [row["text_by"] for row in rows] == [""] * 3 + [made_by] * 6
    assert rows[4]["text"] == "A green picture." and rows[0]["text"] == "A person wrote red, number 0"
    assert rows[4]["image"] == "4.png" and rows[4]["shelf"] == "s0"
    assert len(server.seen) == 6 and all(h["Authorization"] == f"Bearer {KEY}" for h, _ in server.seen)
    assert KEY not in out.read_text() and KEY not in json.dumps(report)
    collection = open_collection(out, settings=Settings())
    assert len(collection.media_of("text")) == 9
    assert items_with_model_texts(collection) == tuple(f"p{n}" for n in range(3, 9))
    assert main(line(out, server, tmp_path / "again.csv", "--send")) == 2
    assert "has a text already; there is nothing to describe" in capsys.readouterr().err


def test_captions_are_left_out_of_measures_unless_asked(server: VisionServer, data: Path, tmp_path: Path) -> None:
    out = data.parent / "captioned.csv"
    server.says = lambda name: f"A {name} picture, the {len(server.seen)}th"
    assert main(line(data, server, out, "--send")) == 0
    store = Store(tmp_path / "store")
    collection = open_collection(out, settings=Settings())
    encoders = {"text": "bag-of-words", "image": "colour-gradient"}
    encoding = encode(collection, encoders, store=store)
    usual = align(collection, encoding, Choices(aligner="cca"), store=store)
    assert usual.report["n_test"] == 3 and "6 items whose text a model made are not measured" in usual.report["split"]
    asked = align(collection, encoding, Choices(aligner="cca", model_texts=True), store=store)
    assert asked.report["n_test"] == 9 and "model" not in asked.report["split"]
    assert all(len(rows) == 9 for rows in usual.result.space.values()), "they are placed all the same"
    folds = align(collection, encoding, Choices(aligner="cca", folds=3), store=store)
    assert folds.report["n_test"] == 3
    save_run(asked, "asked", store=store)
    assert load_run("asked", store=store).choices.model_texts
    only = collection.items.assign(text_by="eyes-1")
    from dataclasses import replace

    run = align(replace(collection, items=only, digest=""), encoding, Choices(aligner="cca"), store=store)
    assert run.report["n_test"] == 0 and "none of them is measured unless asked" in run.report["unmeasured"]


def test_what_was_described_is_kept_when_the_server_goes_and_it_goes_on_from_there(
    server: VisionServer, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = data.parent / "first.csv", data.parent / "second.csv"
    server.gone_after = 2
    assert main(line(data, server, first, "--send")) == 2
    said = capsys.readouterr().err
    assert "2 of 6 pictures" in said and "from which `caption` goes on" in said and len(server.seen) == 5
    assert sum(bool(row["text_by"]) for row in rows_of(first)) == 2
    server.gone_after = 10**6
    assert main(line(first, server, second, "--send")) == 0 and len(server.seen) == 9
    assert sum(bool(row["text_by"]) for row in rows_of(second)) == 6


def test_hostile_captions_stay_text(server: VisionServer, data: Path) -> None:
    out = data.parent / "captioned.csv"
    server.says = lambda name: f'=HYPERLINK("x")\n\n<script>{name}</script> {KEY} ' + "long " * 500
    assert main(line(data, server, out, "--send")) == 0
    text = rows_of(out)[3]["text"]
    assert text.startswith("HYPERLINK") and "\n" not in text and len(text) <= 500 and KEY not in text


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("--server", "ftp://x"), "--server is no address of a server"),
        (("--server", "http://me:secret@x/v1"), "--server holds a name or password"),
        (("--out", "x.json"), "name a .csv file"),
    ],
)
def test_wrong_options_are_one_line(
    server: VisionServer, data: Path, change: tuple[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*line(data, server, data.parent / "o.csv", "--send"), *change]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and "secret" not in said and not server.seen


def test_a_manifest_of_ours_is_replaced_and_no_other(server: VisionServer, data: Path) -> None:
    out = data.parent / "captioned.csv"
    assert main(line(data, server, out, "--send")) == 0 == main(line(data, server, out, "--send"))
    out.write_text("id,price\n1,2\n")
    assert main(line(data, server, out, "--send")) == 2 and out.read_text() == "id,price\n1,2\n"
