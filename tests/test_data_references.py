"""How tables name files, and in which shapes JSON holds rows: file addresses, several in a cell, columns as lists."""

import base64
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png, write

TEXTS = ["a red field", "a blue field", "a green field", "a brown field"]
FRAME = pd.DataFrame({"image": [f"{n}.png" for n in range(4)], "caption": TEXTS})


def held(found: Collection) -> list[tuple[str, str]]:
    return [(medium.item, Path(str(medium.path)).name) for medium in found.media_of("image")]


def pictures(folder: Path, name: str = "{}.png") -> Path:
    return write(folder, {name.format(n): png(n) for n in range(4)})


def manifest(folder: Path, images: list[str]) -> Collection:
    rows = pd.DataFrame({"id": [f"i{n}" for n in range(len(images))], "image": images, "caption": TEXTS[: len(images)]})
    rows.to_csv(folder / "manifest.csv", index=False)
    return read_collection(folder)


def test_addresses_of_files_are_paths(tmp_path: Path) -> None:
    pictures(tmp_path, "a {}.png")
    found = manifest(tmp_path, [(tmp_path / f"a {n}.png").as_uri() for n in range(4)])
    assert held(found) == [(f"i{n}", f"a {n}.png") for n in range(4)] and not found.skipped


def test_addresses_of_files_stay_below_the_folder_where_paths_must(tmp_path: Path) -> None:
    write(tmp_path, {"secret.png": png(9)})
    pictures(tmp_path / "data")
    (tmp_path / "data/manifest.csv").write_text(f"image,caption\nfile://{tmp_path}/secret.png,a\n0.png,b\n")
    found = read_collection(tmp_path / "data", settings=Settings(data_roots=(tmp_path / "data",)))
    assert held(found) == [("2", "0.png")] and "absolute path" in found.skipped[0].reason


@pytest.mark.parametrize(
    "written, name", [("a%20picture%20{}.png", "a picture {}.png"), ("{}.jpg", "{}.png"), ("img/{}.JPEG", "img/{}.png")]
)
def test_names_written_otherwise_are_found_and_said(written: str, name: str, tmp_path: Path) -> None:
    pictures(tmp_path, name)
    found = manifest(tmp_path, [written.format(n) for n in range(4)])
    assert [Path(one).name for _, one in held(found)] == [Path(name.format(n)).name for n in range(4)]
    assert any("4 files are named otherwise than in the table" in note for note in found.notes)


@pytest.mark.parametrize("mark", [";", "|", ",", ", ", "\n"])
def test_several_files_in_one_cell_are_several_pictures(mark: str, tmp_path: Path) -> None:
    pictures(tmp_path)
    found = manifest(tmp_path, [mark.join(("0.png", "1.png")), mark.join(("2.png", "3.png"))])
    assert held(found) == [("i0", "0.png"), ("i0", "1.png"), ("i1", "2.png"), ("i1", "3.png")]


def test_a_name_with_such_a_mark_in_it_is_one_file(tmp_path: Path) -> None:
    write(tmp_path, {"a.png,b.png": png(1)})
    assert held(manifest(tmp_path, ["a.png,b.png"])) == [("i0", "a.png,b.png")]


def test_the_content_of_a_file_in_a_cell_is_called_so(tmp_path: Path) -> None:
    coded = base64.b64encode(png(0) * 3).decode()
    found = manifest(tmp_path, [coded, f"data:image/png;base64,{coded}"])
    assert {"is the content of a file written as text" in one.reason for one in found.skipped} == {True}
    assert all(len(one.reason) < 300 for one in found.skipped) and not held(found)


def shapes() -> dict[str, str]:
    orients: list[Any] = ["columns", "split", "records", "table"]
    found = {orient: FRAME.to_json(orient=orient) for orient in orients}
    found["lists"] = json.dumps(FRAME.to_dict("list"))
    found["by id"] = json.dumps({f"k{n}": row for n, row in enumerate(FRAME.to_dict("records"))})
    found["indented"] = json.dumps(FRAME.to_dict("records"), indent=2)
    return found


@pytest.mark.parametrize("shape", shapes())
def test_json_holds_rows_in_the_shapes_that_programs_write(shape: str, tmp_path: Path) -> None:
    write(pictures(tmp_path), {"manifest.json": shapes()[shape]})
    found = read_collection(tmp_path)
    assert [m.text for m in found.media_of("text")] == TEXTS and [name for _, name in held(found)] == [*FRAME["image"]]
    assert list(found.ids) == ([f"k{n}" for n in range(4)] if shape == "by id" else ["1", "2", "3", "4"])


@pytest.mark.parametrize("between, indent", [("\n", 2), (",\n", None), (",\n", 1), ("\n\n", None), ("", 2)])
def test_objects_one_after_the_other_are_rows(between: str, indent: int | None, tmp_path: Path) -> None:
    lines = [json.dumps(row, indent=indent) for row in FRAME.to_dict("records")]
    write(pictures(tmp_path), {"manifest.jsonl": between.join(lines)})
    found = read_collection(tmp_path)
    assert [m.text for m in found.media_of("text")] == TEXTS and not found.skipped


def test_a_broken_line_among_lines_is_one_problem(tmp_path: Path) -> None:
    lines = [json.dumps(row) for row in FRAME.to_dict("records")]
    write(pictures(tmp_path), {"manifest.jsonl": "\n".join([*lines[:2], "{bad", *lines[2:]])})
    found = read_collection(tmp_path)
    assert len(found.ids) == 4 and "line 3 is not JSON" in found.skipped[0].reason


@pytest.mark.parametrize(
    "content", ['{"a": [1], "b": [1, 2]}', '{"a": {}, "b": {}}', '{"columns": 3, "data": [[1]]}', "{}"]
)
def test_other_objects_are_no_tables(content: str, tmp_path: Path) -> None:
    write(tmp_path, {"m.json": content})
    with pytest.raises(BadInput):
        read_collection(tmp_path / "m.json")
