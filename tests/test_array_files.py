"""Named arrays come back as they were, also from the disk, and safetensors' own reader and writer agree."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from mmalign_core.store import array_files
from mmalign_core.store.array_files import read_arrays, write_arrays
from mmalign_core.types import BadInput

RNG = np.random.default_rng(0)
ARRAYS = {
    "rows": RNG.standard_normal((50, 3)).astype(np.float32),
    "one": np.array(3),
    "none": np.zeros((0, 4), np.float32),
    "é": np.array([True, False]),
    "columns first": np.asfortranarray(RNG.standard_normal((7, 5))),
    "every other": np.arange(20, dtype=np.uint16)[::2],
    "other order": np.arange(5, dtype=">i4"),
}


def assert_equal(found: dict[str, np.ndarray]) -> None:
    assert found.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found[name].shape == array.shape and found[name].dtype == array.dtype.newbyteorder("=")
        assert (found[name] == array).all()


def mapped(array: np.ndarray) -> bool:
    return isinstance(array, np.memmap) or (isinstance(array.base, np.ndarray) and mapped(array.base))


@pytest.mark.parametrize("from_bytes", [1 << 30, 100])
@pytest.mark.parametrize("at_once", [1, 64, 1 << 20])
def test_arrays_come_back_from_memory_and_from_the_disk(
    tmp_path: Path, from_bytes: int, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(array_files, "_MAPPED_FROM", from_bytes)
    monkeypatch.setattr(array_files, "_AT_ONCE", at_once)
    write_arrays(tmp_path / "all", ARRAYS)
    assert_equal(load_file(tmp_path / "all"))
    found = read_arrays(tmp_path / "all")
    assert_equal(found)
    assert not any(array.flags.writeable for array in found.values())
    assert mapped(found["rows"]) == (from_bytes == 100) and not mapped(found["one"])
    (tmp_path / "all").unlink()
    assert_equal(found)  # what is mapped outlives the name of its file


def test_files_of_the_format_s_own_writer_are_mapped_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "_MAPPED_FROM", 1)
    save_file({"a": ARRAYS["rows"], "b": np.arange(9)}, tmp_path / "theirs", metadata={"who": "them"})
    found = read_arrays(tmp_path / "theirs")
    assert (found["a"] == ARRAYS["rows"]).all() and (found["b"] == np.arange(9)).all()


def test_a_file_that_is_cut_or_lies_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(array_files, "_MAPPED_FROM", 1)
    write_arrays(tmp_path / "all", ARRAYS)
    whole = (tmp_path / "all").read_bytes()
    for damaged in (whole[:-1], whole[:20], b"", whole.replace(b"[50,3]", b"[99,3]"), b"\xff" * 40):
        (tmp_path / "damaged").write_bytes(damaged)
        with pytest.raises((SafetensorError, OSError)):
            read_arrays(tmp_path / "damaged")
    with pytest.raises(BadInput, match="of type object"):
        write_arrays(tmp_path / "texts", {"texts": np.array(["a"], object)})
