"""Preview and roles: what was recognised as what is shown before the import, and a person can change it."""

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.__main__ import main
from mmalign_core.data import preview_collection, preview_uploads, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import png, write

TEXTS = ["a dog on grass", "two cats sleeping", "a red bus"]


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    columns = {"file": [f"{n}.png" for n in range(3)], "title": ["A", "B", "C"], "words": TEXTS, "year": [1, 2, 3]}
    write(tmp_path / "set", {f"{n}.png": png(n) for n in range(4)})
    pd.DataFrame(columns).to_csv(tmp_path / "set" / "metadata.csv", index=False)
    return tmp_path / "set"


def test_a_preview_says_what_each_column_is_read_as(folder: Path) -> None:
    seen = preview_collection(folder)
    roles = {one.column: one.role for one in seen.columns}
    assert roles == {"file": "image", "title": "text", "words": "metadata", "year": "metadata"}
    assert seen.items == 3 and seen.by_modality == {"image": 3, "text": 3} and seen.columns[0].example == "0.png"
    assert seen.rows[1] == {"id": "2", "image": "1.png", "text": "B", "words": TEXTS[1], "year": "2"}
    assert "'3.png' is not named in 'metadata.csv'" in seen.skipped[0].reason
    assert json.loads(json.dumps(seen.report())) == seen.report()


def test_a_preview_opens_no_picture(folder: Path) -> None:
    for n in range(3):
        (folder / f"{n}.png").write_bytes(b"no picture at all")
    assert preview_collection(folder).by_modality == {"image": 3, "text": 3}
    assert read_collection(folder).modalities == ("text",)


def test_a_person_changes_the_roles(folder: Path) -> None:
    found = read_collection(folder, roles={"words": "text", "year": "none"})
    assert [m.text for m in found.media_of("text")] == TEXTS and list(found.items.columns) == ["title"]
    assert "'year' is not used, as asked" in "\n".join(s.reason for s in found.skipped)
    both = read_collection(folder, roles={"words": "text", "title": "text"})
    assert [m.text for m in both.media_of("text")][:2] == ["A", TEXTS[0]]
    assert read_collection(folder, roles={"title": "metadata", "words": "metadata"}).modalities == ("image",)
    assert read_collection(folder, roles={"title": "id"}).ids == ("A", "B", "C")
    roles = {one.column: one.role for one in preview_collection(folder, roles={"words": "text"}).columns}
    assert roles["words"] == "text" and roles["title"] == "metadata"


def test_roles_of_a_data_set_in_columns(tmp_path: Path, kept: Settings) -> None:
    media = pa.array([{"bytes": png(n), "path": f"{n}.png"} for n in range(30)])
    table = pa.table({"left": media, "right": media, "caption": [f"c{n}" for n in range(30)], "note": ["n"] * 30})
    pq.write_table(table, tmp_path / "m.parquet")
    seen = preview_collection(tmp_path / "m.parquet", roles={"right": "image"}, settings=kept)
    roles = {one.column: one.role for one in seen.columns}
    assert roles["right"] == "image" and roles["left"] == "none" and roles["caption"] == "text"
    assert "first 20 of 30 rows" in " ".join(seen.notes) and len(list((kept.root / "media").iterdir())) <= 20
    found = read_collection(tmp_path / "m.parquet", roles={"right": "image", "note": "text"}, settings=kept)
    assert len(found.media_of("image")) == 30 and found.media_of("text")[0].text == "n"


def test_roles_of_a_published_form(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"movies.csv": "movieId,title,genres\n1,Toy Story (1995),Comedy\n", "links.csv": "movieId,imdbId\n1,2\n"},
    )
    found = read_collection(tmp_path, roles={"genres": "text"})
    assert [m.text for m in found.media] == ["Comedy"] and "MovieLens" in found.notes[0]


@pytest.mark.parametrize(
    ("roles", "words"),
    [
        ({"word": "text"}, "no table here has the column 'word' .*'words'"),
        ({"words": "picture"}, "'picture' of the column 'words' is no role; use id, text, image"),
        ({"title": "id", "words": "id"}, "cannot both be id; choose one"),
    ],
)
def test_roles_that_cannot_be_are_named(folder: Path, roles: dict[str, str], words: str) -> None:
    with pytest.raises(BadInput, match=words):
        read_collection(folder, roles=roles)


def test_uploads_have_a_preview(kept: Settings) -> None:
    files = [("table.csv", b"picture,said\na.png,a dog\n"), ("a.png", png()), ("b.png", png(1))]
    seen = preview_uploads(files, settings=kept)
    assert {one.column: one.role for one in seen.columns} == {"picture": "image", "said": "metadata"}
    assert preview_uploads(files, roles={"said": "text"}, settings=kept).by_modality == {"image": 1, "text": 1}
    assert [s.id for s in seen.skipped] == ["b.png"]


def test_the_command_line_has_the_same(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert not main(["inspect", str(folder), "--preview"])
    said = capsys.readouterr().out
    assert "metadata.csv: words -> metadata" in said and "--role COLUMN=ROLE" in said and "id: 1; " in said
    assert not main(["inspect", str(folder), "--preview", "--role", "words=text", "--json", "-"])
    assert {c["column"]: c["role"] for c in json.loads(capsys.readouterr().out)["columns"]}["words"] == "text"
    assert not main(["inspect", str(folder), "--role", "words=text", "--json", "-"])
    assert json.loads(capsys.readouterr().out)["by_modality"]["text"]["characters"]["max"] == len(TEXTS[1])


def test_encoding_and_aligning_take_roles(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = ["--store", str(tmp_path / "store"), "--json", "-"]
    assert not main(["encode", str(folder), "--role", "title=none", "--role", "words=none", *store])
    assert set(json.loads(capsys.readouterr().out)["by_modality"]) == {"image"}
    assert main(["align", str(folder), "--role", "title=none", "--role", "words=none", *store]) == 2
    assert "no usable text" in capsys.readouterr().err
