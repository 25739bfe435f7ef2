"""Uploads that are kept: whole at once, only our own files go with them, and names of files are data."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.store.uploads import add_upload, keep_upload
from mmalign_core.types import BadInput
from pages._session import places, sessions
from pages._session.uploads import query_path, receive_query
from tests.dashboard import dashboard_home
from tests.test_privacy import pairs


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    sessions._HERE.clear()
    with dashboard_home(tmp_path):
        yield tmp_path / "home"


def test_a_file_of_others_in_a_kept_upload_stops_its_removal(tmp_path: Path) -> None:
    digest = add_upload(tmp_path / "uploads", pairs())
    store, folder = Store(tmp_path), tmp_path / "uploads" / digest
    for name in ("notes.txt", "media/notes.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("precious")
        with pytest.raises(BadInput, match=r"notes\.txt' is not as this program wrote it"):
            store.remove("uploads", [digest])
        assert (folder / name).read_text() == "precious" and (folder / "names.json").exists()
        (folder / name).unlink()
    store.remove("uploads", [digest])
    assert not folder.exists()


def test_a_kept_upload_is_whole_at_once_and_marks_do_not_grow_in_both(tmp_path: Path) -> None:
    digest = add_upload(tmp_path / "session", pairs())
    marks = Store(tmp_path / "session" / digest).marks
    marks.folder = tmp_path / "session" / digest / "marks"
    marks.add("x", [{"op": "mark", "id": "1"}])
    kept = keep_upload(tmp_path / "session" / digest, tmp_path / "kept", "somebody")
    marks.add("x", [{"op": "mark", "id": "2"}])
    (log,) = kept.glob("marks/*.jsonl")
    assert log.read_text().count("op") == 1 and not list((tmp_path / "kept").glob(".draft-*"))


def test_names_of_uploads_are_data(tmp_path: Path) -> None:
    files: list[tuple[str, bytes | Path]] = [("../../x.txt", b"one"), ("/etc/y.txt", b"two"), ("a\x00b", b"three")]
    folder = tmp_path / "uploads" / add_upload(tmp_path / "uploads", files)
    assert sorted(path.name for path in folder.iterdir()) == ["000000", "000001", "000002", "names.json"]
    assert add_upload(tmp_path / "uploads", files) == folder.name, "the same again is the same upload"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["uploads"]


def test_a_file_on_disk_is_moved_not_copied(tmp_path: Path) -> None:
    (tmp_path / "sent").write_bytes(b"a cat")
    before = (tmp_path / "sent").stat().st_ino
    digest = add_upload(tmp_path / "uploads", [("cat.txt", tmp_path / "sent")])
    assert (tmp_path / "uploads" / digest / "000000").stat().st_ino == before and not (tmp_path / "sent").exists()


@pytest.mark.parametrize("name", ["../../x.png", "a.p/ng", "no-ending", "x." + "y" * 90, "ü.png"])
def test_a_query_file_never_leaves_its_folder(home: Path, name: str) -> None:
    kept = receive_query(name, b"bytes", Settings())
    assert query_path(kept, Settings()).read_bytes() == b"bytes"
    assert query_path(kept, Settings()).parent == places.folders(home).of("") / "queries"
    with pytest.raises(BadInput, match="upload it again"):
        query_path("../" + kept + "x", Settings())
