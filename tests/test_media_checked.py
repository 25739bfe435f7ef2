"""What was unpacked or spooled is checked before it is used again, and what was lost of it comes back."""

from __future__ import annotations

import io
import shutil
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.data import collect_uploads
from mmalign_core.data.archives import unpack
from mmalign_core.data.files import spool
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.contents import remove_files
from mmalign_core.types import no_progress


def picture(seed: int) -> bytes:
    held = io.BytesIO()
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (16, 16, 3), np.uint8)).save(held, "PNG")
    return held.getvalue()


@pytest.fixture
def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as made:
        for number in range(6):
            made.writestr(f"{'ab'[number % 2]}/{number}.png", picture(number))
            made.writestr(f"{'ab'[number % 2]}/{number}.txt", f"number {number}")
    return held.getvalue()


def test_a_zip_of_which_a_folder_was_deleted_is_whole_at_the_next_upload(tmp_path: Path, archive: bytes) -> None:
    settings = Settings(root=tmp_path)
    first = collect_uploads([("own.zip", archive)], settings=settings)
    (folder,) = (tmp_path / "media").glob("archive-*")
    shutil.rmtree(folder / "a")
    (folder / "b" / "1.txt").write_text("numbed 1")  # of the same size
    (folder / "b" / "3.png").write_bytes(b"")
    again = collect_uploads([("own.zip", archive)], settings=settings)
    assert again.digest == first.digest and len(again.items) == 6 and not again.skipped
    assert (folder / "b" / "1.txt").read_text() == "number 1"
    assert sorted(path.name for path in (tmp_path / "media").glob("archive-*")) == [folder.name]
    remove_files(tmp_path, "media", folder.name)
    assert not list((tmp_path / "media").glob("*archive-*"))


@pytest.mark.parametrize("harm", [b"", b"half", None], ids=["empty", "cut", "other bytes"])
def test_a_spooled_file_of_other_content_is_written_again(tmp_path: Path, harm: bytes | None) -> None:
    settings, content = Settings(root=tmp_path), picture(0)
    path = spool(content, ".png", settings)
    path.write_bytes(content[:-1] + b"x" if harm is None else harm)
    assert spool(content, ".png", settings) == path and path.read_bytes() == content


def test_a_link_in_place_of_a_spooled_file_is_not_written_through(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path / "store")
    path = spool(picture(0), ".png", settings)
    (tmp_path / "mine.png").write_bytes(b"precious")
    path.unlink()
    path.symlink_to(tmp_path / "mine.png")
    assert spool(picture(0), ".png", settings).read_bytes() == picture(0)
    assert (tmp_path / "mine.png").read_bytes() == b"precious" and not path.is_symlink()


def test_many_that_unpack_or_spool_one_content_at_once_all_get_it(tmp_path: Path, archive: bytes) -> None:
    settings, path = Settings(root=tmp_path / "store"), tmp_path / "own.zip"
    path.write_bytes(archive)
    with ThreadPoolExecutor(6) as pool:
        folders = list(pool.map(lambda _: unpack(path, settings, no_progress).folder, range(6)))
        spooled = list(pool.map(lambda _: spool(archive, ".zip", settings), range(6)))
    assert len({*folders}) == len({*spooled}) == 1 and spooled[0].read_bytes() == archive
    assert len(list(folders[0].rglob("*.png"))) == 6
    Store(settings.root)
    assert not list((settings.root / "media").glob(".*.mmalign-part"))
