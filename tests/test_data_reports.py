"""One cause is one line of a report, with its count and examples, whichever part of the reading found it."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.__main__ import main
from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import Skipped
from mmalign_core.types.skips import LISTED, one_line_each
from tests.sample_files import png, write


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def test_pixels_in_cells_are_one_line(tmp_path: Path, kept: Settings) -> None:
    pixels = pa.array([[n % 256 for n in range(784)]] * 20, pa.list_(pa.uint8()))
    pq.write_table(pa.table({"image": pixels, "text": [f"t{n}" for n in range(20)]}), tmp_path / "m.parquet")
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert [s.count for s in found.skipped] == [20] and "holds numbers, not paths" in found.skipped[0].reason
    rows = [{"image": list(range(50)), "text": "a"}, {"image": [1, 2], "text": "b"}]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert [s.count for s in read_collection(tmp_path / "m.jsonl").skipped] == [2]


def test_bad_vectors_are_one_line_for_each_cause(tmp_path: Path, kept: Settings) -> None:
    cells = [[0.5, 1.0]] * 40 + [[float("nan"), 1.0]] * 300 + [[1.0, 2.0, 3.0]] * 20
    table = pa.table({"id": [f"i{n}" for n in range(360)], "text_vector": pa.array(cells, pa.list_(pa.float32()))})
    pq.write_table(table, tmp_path / "m.parquet")
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert sorted(s.count for s in found.skipped) == [20, 300] and len(found.ids) == 40
    assert any("(300 in all, such as 'i40' in line 41" in s.reason for s in found.skipped)


@pytest.mark.parametrize("count", [2, 1500])
def test_files_that_are_missing_are_one_line(tmp_path: Path, count: int) -> None:
    rows = pd.DataFrame({"text": [f"t{n}" for n in range(count)], "image": [f"gone/{n}.png" for n in range(count)]})
    rows.to_csv(tmp_path / "m.csv", index=False)
    (one,) = read_collection(tmp_path / "m.csv").skipped
    assert one.count == count and len(one.ids) == min(count, LISTED)
    assert "'gone/0.png' is missing" in one.reason and f"({count:,} in all" in one.reason


def test_many_columns_left_out_are_one_line(tmp_path: Path, kept: Settings) -> None:
    cells = {f"v{n}": pa.array([np.zeros(20)] * 2) for n in range(2000)}
    pq.write_table(pa.table({"text": ["a", "b"]} | cells), tmp_path / "m.parquet")
    found = read_collection(tmp_path / "m.parquet", settings=kept)
    assert [s.count for s in found.skipped] == [2000] and "such as 'v0', 'v1'" in found.skipped[0].reason


def test_damaged_pictures_are_one_line_and_still_known_one_by_one(tmp_path: Path) -> None:
    cut = {f"{n}.png": png(n)[:60] for n in range(5)}
    found = inspect_collection(read_collection(write(tmp_path, cut | {"good.png": png(9)})))
    assert [s.count for s in found.skipped] == [5] and len(found.damaged) == 5
    assert found.by_modality["image"]["skipped"] == 5
    assert [(row["count"], len(row["ids"])) for row in found.report()["skipped"]] == [(5, 5)]


def test_rows_with_nothing_and_rows_of_one_id_are_two_lines(tmp_path: Path) -> None:
    lines = ["id,text", "a,one", *(f"b{n}," for n in range(30)), *("a,again" for _ in range(30))]
    found = read_collection(write(tmp_path, {"m.csv": "\n".join(lines)}) / "m.csv")
    assert [s.count for s in found.skipped] == [30, 30]


def test_inspect_says_how_many_and_one_line_of_each(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, {"a.txt": "a", **{f"{n}.xyz": b"?" for n in range(7)}, **{f"e{n}.png": b"" for n in range(4)}})
    assert not main(["inspect", str(tmp_path)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["1 items, 11 skipped", "  1 with text; none with two of them"] and len(lines) == 4


def test_lines_of_other_causes_stay_apart() -> None:
    told = [Skipped(n, "image", f"'{n}.png' is {why}", f"{n}.png") for n in "ab" for why in ("empty", "missing")]
    lines = one_line_each([*told, Skipped("c", "audio", "'c.png' is empty", "c.png")])
    assert [s.count for s in lines] == [2, 2, 1] and lines[0].reason == "'a.png' is empty (2 in all: 'a.png', 'b.png')"
    assert one_line_each(lines) == lines
