"""Archives: what is inside reads like a folder, nothing is ever written outside, bombs and damage are refused."""

import io
import os
import resource
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from tests.sample_files import png, wav, write


@pytest.fixture
def nearly_full() -> Iterator[None]:
    """No file may grow beyond 30 kB: the system refuses to write as it does on a full disk."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


FILES = {"cat.png": png(), "cat.txt": "A cat", "sub/猫🐈.txt": "猫", "sub/猫🐈.wav": wav()}


def make_zip(path: Path, files: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo("x")
            info.filename, info.compress_type = name, compression
            archive.writestr(info, content)
    return path


def make_tar(path: Path, files: dict[str, bytes | str], *special: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz" if path.suffix in (".gz", ".tgz") else "w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            raw = content.encode() if isinstance(content, str) else content
            info.size = len(raw)
            archive.addfile(info, io.BytesIO(raw))
        for info in special:
            archive.addfile(info)
    return path


def everything_below(folder: Path) -> set[str]:
    return {str(p.relative_to(folder)) for p in folder.rglob("*")}


@pytest.mark.parametrize("name", ["set.zip", "set.tar", "set.tar.gz", "set.tgz", "SET.ZIP"])
@pytest.mark.parametrize("prefix", ["", "top/", "top/inner/"])
def test_archives_read_like_the_folder(tmp_path: Path, name: str, prefix: str) -> None:
    make = make_zip if name.lower().endswith(".zip") else make_tar
    path = make(tmp_path / name, {prefix + n: c for n, c in FILES.items()})
    settings = Settings(root=tmp_path / "root")
    collection = read_collection(path, settings=settings)
    assert collection.digest == read_collection(write(tmp_path / "folder", FILES)).digest
    assert read_collection(path, settings=settings).media == collection.media
    assert not [p for p in everything_below(tmp_path / "root") if "unpacking" in p]


def test_a_manifest_inside_may_not_name_absolute_paths(tmp_path: Path) -> None:
    outside = write(tmp_path, {"secret.png": png(9)}) / "secret.png"
    manifest = f"id,image\na,pics/a.png\nb,{outside}\nc,../../secret.png\n"
    path = make_zip(
        tmp_path / "m.zip",
        {"manifest.csv": manifest, "pics/a.png": png(), "interactions.csv": "user_id,item_id\nu,a\n"},
    )
    collection = read_collection(path, settings=Settings(root=tmp_path / "root"))
    assert collection.ids == ("a",) and collection.interactions is not None
    found = {s.id: s.reason for s in collection.skipped}
    assert "absolute path" in found["b"] and "leaves the folder" in found["c"]


def test_webdataset_stems_end_at_the_first_dot(tmp_path: Path) -> None:
    files = {
        "000.jpg": png(),
        "000.txt": "one",
        "000.json": '{"year": 3}',
        "001.left.png": png(1),
        "001.txt": "two",
        "001.cls": "7",
    }
    collection = read_collection(make_tar(tmp_path / "w.tar", files), settings=Settings(root=tmp_path / "root"))
    assert (
        collection.ids == ("000", "001")
        and len(collection.media) == 4
        and set(collection.items.columns) == {"year", "cls"}
    )


def test_members_that_may_not_be_unpacked(tmp_path: Path) -> None:
    link, hard, device = (tarfile.TarInfo(n) for n in ("link.txt", "hard.txt", "device.txt"))
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/hostname"
    hard.type, hard.linkname = tarfile.LNKTYPE, "/etc/hostname"
    device.type = tarfile.CHRTYPE
    path = make_tar(
        tmp_path / "w.tar", FILES | {"../up.txt": "x", "/abs.txt": "x", "a/../../b.txt": "x"}, link, hard, device
    )
    collection = read_collection(path, settings=Settings(root=tmp_path / "root"))
    reasons = {item: s.reason for s in collection.skipped for item in s.items}
    assert {n for n, r in reasons.items() if "leaves the folder" in r} == {"../up.txt", "/abs.txt", "a/../../b.txt"}
    assert {n for n, r in reasons.items() if "link or device" in r} == {"link.txt", "hard.txt", "device.txt"}


def test_zip_links_twins_and_empty_members(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", FILES | {"empty.txt": "", "C:\\win.txt": "x", "..\\up.txt": "x"})
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("cat.txt", "another")
        info = zipfile.ZipInfo("link.txt")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/hostname")
        archive.writestr("cat.txt/under.txt", "a file as a folder")
    collection = read_collection(path, settings=Settings(root=tmp_path / "root"))
    reasons = {item: s.reason for s in collection.skipped for item in s.items}
    assert collection.media[0].text == "A cat" and "twice" in reasons["cat.txt"] and "link" in reasons["link.txt"]
    assert "empty" in reasons["empty.txt"] and "leaves" in reasons["C:\\win.txt"] and "leaves" in reasons["..\\up.txt"]
    assert "cat.txt/under.txt" in reasons


def test_names_in_utf8_without_the_flag(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"猫.txt": "猫"})
    path.write_bytes(path.read_bytes().replace(b"\x00\x08\x08\x00", b"\x00\x00\x08\x00"))
    assert read_collection(path, settings=Settings(root=tmp_path / "root")).ids == ("猫",)


def test_bombs_are_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    path = make_zip(tmp_path / "z.zip", FILES | {"zeros.wav": bytes(17 << 20)})
    collection = read_collection(path, settings=Settings(root=root))
    assert [s.id for s in collection.skipped] == ["zeros.wav"] and "grows" in collection.skipped[0].reason
    for limit, words in (
        ({"max_archive_bytes": 1000}, "MAX_ARCHIVE_BYTES"),
        ({"max_archive_files": 3}, "MAX_ARCHIVE_FILES"),
    ):
        with pytest.raises(BadInput, match=words):
            read_collection(path, settings=Settings(root=root, **limit))
    tar = make_tar(tmp_path / "t.tar.gz", {"zeros.wav": bytes(17 << 20)})
    with pytest.raises(BadInput, match="MAX_ARCHIVE_BYTES"):
        read_collection(tar, settings=Settings(root=root, max_archive_bytes=1 << 20))
    kept = read_collection(path, settings=Settings(root=root, max_file_bytes=5000))
    assert {"too large" in s.reason for s in kept.skipped} == {True}


def test_a_lying_size_is_noticed(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "z.zip", {"good.txt": "good", "liar.txt": "x" * 5000})
    raw = path.read_bytes()
    path.write_bytes(raw.replace((5000).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    collection = read_collection(path, settings=Settings(root=tmp_path / "root"))
    assert collection.ids == ("good",) and [s.id for s in collection.skipped] == ["liar.txt"]


def test_damaged_archives(tmp_path: Path) -> None:
    settings = Settings(root=tmp_path / "root")
    whole = make_zip(tmp_path / "z.zip", FILES).read_bytes()
    for name, content in (
        ("a.zip", b""),
        ("b.zip", b"text"),
        ("c.zip", whole[:200]),
        ("d.tar", b"text"),
        ("e.tgz", b"\x1f\x8b\x08"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(BadInput, match=name):
            read_collection(tmp_path / name, settings=settings)
    assert everything_below(tmp_path / "root") <= {"media"}


NAMES = st.lists(
    st.sampled_from(["..", ".", "", "a", "b.txt", "/", "\\", "C:", "猫🐈.txt", "\0", "~", " "]), min_size=1, max_size=5
)


@hypothesis_settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(NAMES, st.sampled_from(["", "text"])), max_size=6), st.booleans())
@example([([".."] * 5 + ["b.txt"], "text"), (["", "b.txt"], "text")], True)
def test_nothing_is_written_outside(tmp_path_factory: pytest.TempPathFactory, members: list, as_zip: bool) -> None:
    base = tmp_path_factory.mktemp("archive")
    root = base / "deep" / "deeper" / "root"
    make = make_zip if as_zip else make_tar
    path = make(base / ("x.zip" if as_zip else "x.tar"), {"/".join(n): c for n, c in members} | {"zz.txt": "zz"})
    before = set(os.listdir(base.parent))
    try:
        read_collection(path, settings=Settings(root=root))
    except BadInput as error:
        assert "nothing usable" in str(error) or "whole archive" in str(error)
    written = {p for p in base.rglob("*") if p.is_file()} - {path}
    assert all(p.is_relative_to(root / "media") for p in written)
    assert set(os.listdir(base.parent)) == before and not Path("/b.txt").exists()


def test_a_full_disk_is_no_fault_of_the_archive(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    path = make_zip(tmp_path / "a.zip", {"cat.txt": "A cat", "long.txt": "x" * 60_000})
    request.getfixturevalue("nearly_full")
    with pytest.raises(BadInput, match=r"cannot write to '.*media'"):
        read_collection(path, settings=Settings(root=tmp_path / "root"))
    assert os.listdir(tmp_path / "root" / "media") == []


def test_a_store_that_is_a_file_is_named(tmp_path: Path) -> None:
    path = make_zip(tmp_path / "a.zip", {"cat.txt": "A cat"})
    with pytest.raises(BadInput, match=r"cannot write to '.*a\.zip/media'"):
        read_collection(path, settings=Settings(root=path))
