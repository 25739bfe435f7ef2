"""The embedding cache when its files are damaged, changed or cannot be written: one line, and never wrong numbers."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import lancedb
import numpy as np
import pyarrow as pa
import pytest

from mmalign_core.store import Store
from mmalign_core.types import BadInput
from tests.store_rows import KEY, assert_right, expected

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def damage(root: Path, pattern: str, change) -> Path:
    """Applies `change` to every file of that pattern; returns the table folder."""
    files = [p for p in root.rglob(pattern) if p.is_file()]
    assert files
    for path in files:
        path.write_bytes(change(path.read_bytes()))
    return next(p for p in files[0].parents if p.suffix == ".lance")


def flip(data: bytes) -> bytes:
    """The same file with a stretch in its first page overwritten."""
    return data[:64] + bytes(b ^ 0x55 for b in data[64:256]) + data[256:]


@pytest.mark.parametrize("pattern", ["*/data/*.lance", "*/_versions/*.manifest"])
@pytest.mark.parametrize(
    "change", [lambda d: d[: len(d) // 2], lambda d: b"", lambda d: os.urandom(len(d)), lambda d: d[:10], flip]
)
def test_a_damaged_table_is_one_line_and_others_go_on(store, pattern, change):
    store.add_embeddings(KEY, [f"{i:032x}" for i in range(40)], expected(range(40)), np.abs(expected(range(40))[:, :3]))
    folder = damage(store.root, pattern, change)
    store.add_embeddings("other", ["a"], np.ones((1, 2)))
    try:
        assert_right(store, 40)
    except BadInput as error:
        assert str(folder) in str(error) and "delete that folder" in str(error) and "\n" not in str(error)
    else:
        assert change is flip, "only a small stretch can go unnoticed, and then the rows must be right"
    assert store.embeddings("other", ["a"]).rows.tolist() == [0]
    assert "other" in store.size()
    store.remove_encoder(KEY)
    assert set(store.size()) == {"other"}


def test_a_root_that_cannot_hold_a_store_is_one_line(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(BadInput, match="is a file; give a folder"):
        Store(tmp_path / "file")
    for elsewhere in ("s3://bucket/store", Path("gs://bucket/store")):
        with pytest.raises(BadInput, match="not a folder on this machine"):
            Store(elsewhere)
    assert Store(f"file://{tmp_path}/x").root == tmp_path / "x"
    for root in (tmp_path / "file" / "below", Path("/proc/none")):
        with pytest.raises(BadInput, match="cannot write to '"):
            Store(root).add_embeddings(KEY, ["a"], np.ones((1, 2)))


def test_a_full_disk_is_one_line_and_keeps_what_was_there(tmp_path):
    Store(tmp_path).add_embeddings(KEY, ["a"], np.ones((1, 64)))
    script = (
        "import resource, sys, numpy as np\n"
        "from mmalign_core.store import Store\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))\n"
        f"Store(sys.argv[1]).add_embeddings({KEY!r}, [str(i) for i in range(999)], np.random.rand(999, 64))\n"
    )
    done = subprocess.run([sys.executable, "-c", script, tmp_path], capture_output=True, text=True, cwd=REPOSITORY)
    assert "BadInput: cannot write to '" in done.stderr.splitlines()[-1]
    assert Store(tmp_path).embeddings(KEY, ["a", "1"]).rows.tolist() == [0]


def rewritten(root: Path, change) -> None:
    """Every row of the one table put back as `change` makes them: whole files, valid to LanceDB, wrong to us."""
    (folder,) = (root / "embeddings").iterdir()
    table = lancedb.connect(root / "embeddings").open_table(folder.name.removesuffix(".lance"))
    rows = table.to_arrow()
    changed = pa.table(change({name: rows[name].to_pylist() for name in rows.column_names}), schema=rows.schema)
    lancedb.connect(root / "embeddings").create_table(table.name, changed, mode="overwrite")


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows | {"vector": rows["vector"][::-1]},
        lambda rows: rows | {"vector": [row[::-1] for row in rows["vector"]]},
        lambda rows: rows | {name: rows[name][::-1] for name in rows if name != "digest"},
        lambda rows: rows | {"vector": [[0.0] * 8] * 4, "posterior": [[0.0] * 3] * 4, list(rows)[1]: [0] * 4},
        lambda rows: rows | {"posterior": [row[::-1] for row in rows["posterior"]]},
    ],
    ids=["rows permuted", "numbers permuted", "whole rows permuted", "zeroed", "posterior permuted"],
)
@pytest.mark.parametrize("asked", [range(4), [2]])
def test_rows_of_another_medium_or_order_are_never_returned(store, change, asked):
    store.add_embeddings(KEY, [f"{i:032x}" for i in range(4)], expected(range(4)), np.abs(expected(range(4))[:, :3]))
    rewritten(store.root, lambda rows: rows)
    assert len(assert_right(store, 4)) == 4
    rewritten(store.root, change)
    with pytest.raises(BadInput, match="damaged"):
        store.embeddings(KEY, [f"{i:032x}" for i in asked])


def test_rows_of_another_encoder_are_never_returned(store):
    for value, key in enumerate(("one@1", "other@1")):
        store.add_embeddings(key, ["a"], np.full((1, 2), value))
    one, other = sorted((store.root / "embeddings").iterdir())
    shutil.rmtree(one)
    other.rename(one)
    with pytest.raises(BadInput, match="damaged"):
        store.embeddings("one@1", ["a"])


def test_a_table_of_an_earlier_version_is_made_anew_with_a_warning(store, caplog):
    store.add_embeddings(KEY, ["a"], np.ones((1, 2)))
    (folder,) = (store.root / "embeddings").iterdir()
    rows = lancedb.connect(folder.parent).open_table(folder.stem).to_arrow()
    earlier = rows.rename_columns(["digest", "check", "vector"]).replace_schema_metadata(rows.schema.metadata)
    shutil.rmtree(folder)
    name = folder.stem.removesuffix(".rows")
    lancedb.connect(folder.parent).create_table(name, earlier)
    assert not len(store.embeddings(KEY, ["a"]).rows) and "encoded again" in caplog.text
    rows, size = store.size()[KEY]
    assert rows == 0 and size > 0
    store.add_embeddings(KEY, ["b"], np.zeros((1, 2)))
    assert [p.name for p in folder.parent.iterdir()] == [folder.name]
    assert store.embeddings(KEY, ["a", "b"]).rows.tolist() == [1]
