"""Lance tables on disk, as LanceDB writes them, under any name."""

import os
import shutil
from pathlib import Path
from typing import Any

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.data.prints import prints_held_back
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import png, wav, write

VECTORS = np.random.default_rng(0).standard_normal((4, 5)).astype(np.float32)


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def table(kind: pa.DataType | None = None) -> pa.Table:
    vectors = pa.FixedSizeListArray.from_arrays(pa.array(VECTORS.ravel()).cast(kind or pa.float32()), 5)
    return pa.table({"id": list("abcd"), "text": ["one", "two", "three", "four"], "vector": vectors})


def write_lance(folder: Path, rows: pa.Table, **options: Any) -> None:
    """The table as a folder of that name, which need not be one that LanceDB would give it."""
    lancedb.connect(folder.parent).create_table("written", rows, **options)
    (folder.parent / "written.lance").rename(folder)


def content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.mark.parametrize("name", ["plain.lance", "with space and é.lance", "no_ending"])
@pytest.mark.parametrize("kind", [pa.float32(), pa.float16(), pa.float64()])
def test_a_table_is_read_and_left_as_it_is(tmp_path: Path, kept: Settings, name: str, kind: pa.DataType) -> None:
    write_lance(tmp_path / name, table(kind))
    before = content(tmp_path / name)
    found = read_collection(tmp_path / name, settings=kept)
    assert found.ids == tuple("abcd") and not found.skipped and "text_vector from 'vector'" in found.notes[0]
    assert np.allclose(found.vectors["text"].vectors, VECTORS, atol=1e-2 if kind == pa.float16() else 1e-7)
    assert content(tmp_path / name) == before


def test_media_are_kept_under_the_store(tmp_path: Path, kept: Settings) -> None:
    rows = {"img": pa.array([png(1), png(2), None], pa.large_binary()), "sound": [wav(1), wav(2), b"no sound"]}
    write_lance(tmp_path / "m.lance", pa.table(rows))
    report = inspect_collection(read_collection(tmp_path / "m.lance", settings=kept), settings=kept).report()
    assert {m: v["usable"] for m, v in report["by_modality"].items()} == {"image": 2, "audio": 2}
    assert [s["modality"] for s in report["skipped"]] == ["audio"]


@pytest.mark.parametrize("options", [{}, {"storage_options": {"new_table_data_storage_version": "2.1"}}])
def test_blobs_kept_apart_are_not_used_and_said(tmp_path: Path, kept: Settings, options: dict[str, Any]) -> None:
    field = pa.field("image", pa.large_binary(), metadata={"lance-encoding:blob": "true"})
    rows = pa.table({"text": ["a"], "image": [png(1)]}, schema=pa.schema([pa.field("text", pa.string()), field]))
    write_lance(tmp_path / "b.lance", rows, **options)
    found = read_collection(tmp_path / "b.lance", settings=kept)
    assert found.modalities == ("text",)
    assert "'image' is not used: its bytes are no plain cells" in found.skipped[0].reason


def test_a_database_of_one_table_is_that_table(tmp_path: Path, kept: Settings) -> None:
    base = lancedb.connect(tmp_path / "db")
    base.create_table("first", table())
    expected = read_collection(tmp_path / "db", settings=kept)
    assert len(expected.ids) == 4
    archive = shutil.make_archive(str(tmp_path / "packed"), "zip", tmp_path, "db")
    assert read_collection(archive, settings=kept).digest == expected.digest
    base.create_table("second", table())
    with pytest.raises(BadInput, match=r"2 Lance tables \('first.lance', 'second.lance'\); give the path of one"):
        read_collection(tmp_path / "db", settings=kept)
    assert read_collection(tmp_path / "db" / "second.lance", settings=kept).digest == expected.digest


def test_the_newest_version_without_deleted_rows_is_read(tmp_path: Path, kept: Settings) -> None:
    written = lancedb.connect(tmp_path).create_table("t", table())
    written.delete("id = 'b'")
    written.add(table().slice(0, 1).set_column(0, "id", [["e"]]))
    assert read_collection(tmp_path / "t.lance", settings=kept).ids == ("a", "c", "d", "e")


def test_likes_and_attribution_lie_in_the_folder_of_the_database(tmp_path: Path, kept: Settings) -> None:
    lancedb.connect(tmp_path / "db").create_table("t", table())
    write(tmp_path / "db", {"interactions.csv": "user_id,item_id\nu,a\nu,b\n", "ATTRIBUTION.txt": "by me"})
    found = read_collection(tmp_path / "db", settings=kept)
    assert found.interactions is not None and len(found.interactions) == 2 and found.attribution == "by me"


def damaged(folder: Path, part: str) -> None:
    """Cut every file of that part in half, or remove the folder's versions."""
    if part == "versions":
        shutil.rmtree(folder / "_versions")
        return
    for path in (folder / part).rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize("part", ["versions", "data", "_versions"])
def test_damaged_tables_are_refused_in_one_line(tmp_path: Path, kept: Settings, part: str) -> None:
    write_lance(tmp_path / "t.lance", table())
    damaged(tmp_path / "t.lance", part)
    for path in (tmp_path / "t.lance", tmp_path):
        with pytest.raises(BadInput) as caught:
            read_collection(path, settings=kept)
        assert "\n" not in str(caught.value)


def test_a_panic_of_the_library_is_not_printed(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A damaged name of a type; Rust's own lines about it are no words for a person. Other lines still come through."""
    write_lance(tmp_path / "a.lance", pa.table({"text": ["one"], "tags": pa.array([["x"]])}))
    for path in (tmp_path / "a.lance" / "_versions").glob("*.manifest"):
        path.write_bytes(path.read_bytes().replace(b"list", b"li3t"))
    with pytest.raises(BadInput, match=r"'a.lance' is not a readable Lance table"):
        read_collection(tmp_path / "a.lance")
    assert capfd.readouterr().err == ""
    with prints_held_back():
        os.write(2, b"a line of another thread\nthread 'x' (7) panicked at a.rs:1:2:\nwhy\nnote: run with `RUST`\n")
        os.write(2, b"[2026-01-01T00:00:00Z WARN  lance::dataset] Failed to decode\n")
    assert capfd.readouterr().err == "a line of another thread\n"
