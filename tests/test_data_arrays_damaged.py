"""Arrays that lie, swell or are damaged anywhere: one line, or finite vectors, within the limits."""

import io
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import npy, npz, write

VECTORS = np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)
IDS = ["a", "b", "c", "d"]


def test_headers_that_lie_allocate_nothing(tmp_path: Path) -> None:
    header = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 100000), }"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + b"\0" * 64
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("image.npy", content)
    for name, body in (("image.npy", content), ("v.npz", buffer.getvalue())):
        with pytest.raises(BadInput, match="shorter than its shape"):
            read_collection(write(tmp_path, {name: body}) / name)


def test_bombs_stay_within_the_limits(tmp_path: Path) -> None:
    write(tmp_path, {"v.npz": npz(image=np.zeros((1000, 100)), text=np.zeros((1000, 100)))})
    assert (tmp_path / "v.npz").stat().st_size < 10_000
    with pytest.raises(BadInput, match=r"too large.*MMALIGN_MAX_FILE_BYTES"):
        read_collection(tmp_path, settings=Settings(max_file_bytes=500_000))
    with pytest.raises(BadInput, match="MMALIGN_MAX_ARCHIVE_BYTES"):
        read_collection(tmp_path, settings=Settings(max_archive_bytes=1_000_000))


@settings(deadline=None, max_examples=150)
@given(st.integers(0, 400), st.integers(0, 255), st.integers(0, 400))
def test_damage_anywhere_gives_one_line_or_vectors(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int, length: int
) -> None:
    folder = tmp_path_factory.mktemp("damaged")
    for name, whole in (("image.npy", npy(VECTORS)), ("v.npz", npz(packed=False, ids=np.array(IDS), image=VECTORS))):
        content = bytearray(whole[: len(whole) - max(length - 350, 0)])
        content[at % len(content)] = value
        write(folder, {name: bytes(content), "ids.txt": "a\nb\nc\nd"})
        try:
            found = read_collection(folder / name)
            assert np.isfinite(found.vectors["image"].vectors).all()
        except BadInput as error:
            assert "\n" not in str(error)


def test_records_give_their_fields_as_arrays(tmp_path: Path) -> None:
    records = np.zeros(3, [("id", "U2"), ("image", ">f4", (4,)), ("text", "f2", (2,)), ("label", "i4")])
    records["id"], records["image"], records["text"] = ["a", "b", "c"], np.eye(3, 4), np.eye(3, 2) + 1
    (tmp_path / "vectors.npy").write_bytes(npy(records))
    found = read_collection(tmp_path)
    assert list(found.ids) == ["a", "b", "c"] and found.vectors["image"].vectors.tolist() == np.eye(3, 4).tolist()
    assert found.vectors["text"].vectors.shape == (3, 2)
    assert len(found.skipped) == 1 and "label" in found.skipped[0].id + found.skipped[0].reason
