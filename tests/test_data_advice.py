"""Folders of which a part is not used: it is counted by kind, and the advice in the report works."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.data import read_collection
from mmalign_core.types import BadInput
from tests.sample_files import write
from tests.test_data_layouts import TEXTS, pairs, pictures, told


def test_arrays_beside_each_medium_are_told_of(tmp_path: Path) -> None:
    held = io.BytesIO()
    np.savez(held, image=np.zeros(16))
    write(pictures(tmp_path), {f"{n}.txt": text for n, text in enumerate(TEXTS)})
    write(tmp_path, {f"{n}.npz": held.getvalue() for n in range(4)})
    found = read_collection(tmp_path)
    assert pairs(found) == 4 and [s.count for s in found.skipped] == [4] and "'3.npz'" in told(found)


def test_whatever_is_not_used_is_counted_by_kind(tmp_path: Path) -> None:
    write(
        pictures(tmp_path), {"manifest.csv": "image,text\n0.png,one\n", "notes/a.pdf": b"%PDF", "notes/b.pdf": b"%PDF"}
    )
    found = read_collection(tmp_path)
    assert {(s.source, s.count) for s in found.skipped} == {("1.png", 3), ("notes/a.pdf", 2)}
    assert "not named in 'manifest.csv'" in told(found) and "(3 in all: '1.png', '2.png', '3.png')" in told(found)


def test_the_advice_about_an_unnamed_picture_works(tmp_path: Path) -> None:
    write(pictures(tmp_path), {"manifest.csv": "image,text\n0.png,one\n"})
    assert "add it there to have it read" in told(read_collection(tmp_path))
    lines = "".join(f"{n}.png,{text}\n" for n, text in enumerate(TEXTS))
    write(tmp_path, {"manifest.csv": "image,text\n" + lines})
    assert pairs(read_collection(tmp_path)) == 4 and not read_collection(tmp_path).skipped


def test_the_advice_about_a_table_without_known_columns_works(tmp_path: Path) -> None:
    pictures(tmp_path)
    table = pd.DataFrame({"what": [f"p{n}" for n in range(4)], "words": TEXTS})
    table.to_csv(tmp_path / "extra.csv", index=False)
    assert "call those columns text, image, audio or video" in told(read_collection(tmp_path))
    renamed = pd.DataFrame({"image": [f"{n}.png" for n in range(4)], "text": TEXTS})
    renamed.to_csv(tmp_path / "extra.csv", index=False)
    assert pairs(read_collection(tmp_path)) == 4 and not read_collection(tmp_path).skipped


def test_the_advice_about_columns_of_a_manifest_works(tmp_path: Path) -> None:
    write(tmp_path, {"manifest.csv": "a,b\nsome words,other words\n"})
    with pytest.raises(BadInput, match="rename the column that holds the texts"):
        read_collection(tmp_path)
    write(tmp_path, {"manifest.csv": "text,b\nsome words,other words\n"})
    assert read_collection(tmp_path).modalities == ("text",)
