"""Loose uploads: any mixture becomes one collection, kept by content."""

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mmalign_core.data import collect_uploads
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, digest_bytes
from tests.sample_files import png, wav


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "root")


def zipped(files: dict[str, bytes | str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def test_mixed_files_pair_by_stem(settings: Settings, tmp_path: Path) -> None:
    on_disk = tmp_path / "temporary"
    on_disk.write_bytes(wav())
    files = [
        ("cat.png", png()),
        ("cat.txt", b"A cat"),
        ("cat.wav", on_disk),
        ("more.zip", zipped({"dog.png": png(1), "cat.2.png": png(2)})),
    ]
    collection = collect_uploads(
        [*files, ("猫🐈.txt", "猫".encode()), ("bad.png", b"text"), ("../up.txt", b"x")], settings=settings
    )
    assert collection.ids == ("cat", "dog", "猫🐈") and len(collection.media) == 6 and collection.name == "uploads"
    media = settings.root / "media"
    assert (media / f"{digest_bytes(png())}.png").read_bytes() == png()
    assert all(Path(m.path).is_relative_to(media) for m in collection.media if m.path)
    reasons = {s.id: s.reason for s in collection.skipped}
    assert (
        "'bad.png' holds text" in reasons["bad"] and "leaves the folder" in reasons["../up.txt"] and len(reasons) == 2
    )
    assert not [p.name for p in media.iterdir() if p.name.startswith(("upload-", "spooling-", "unpacking-"))]


def test_manifest_with_interactions(settings: Settings) -> None:
    table = b"id,text,image\na,one,pics/a.png\nb,two,a.png\nc,three,/etc/hostname\nd,,nowhere.png\n"
    likes = b"user_id,item_id\nu,a\n"
    files = [
        ("items.csv", table),
        ("a.png", png()),
        ("left.png", png(1)),
        ("likes.csv", likes),
        ("ATTRIBUTION.txt", b"By us"),
    ]
    collection = collect_uploads(files, settings=settings)
    assert collection.ids == ("a", "b", "c") and len(collection.media_of("image")) == 2
    assert (
        collection.interactions is not None and len(collection.interactions) == 1 and collection.attribution == "By us"
    )
    reasons = {s.id: s.reason for s in collection.skipped}
    assert "leaves the folder" in reasons["c"] and "not among the uploaded" in reasons["d"]
    assert "not named in 'items.csv'" in reasons["left.png"] and len(reasons) == 3


def test_one_archive_alone_reads_as_archive(settings: Settings) -> None:
    collection = collect_uploads([("set.zip", zipped({"top/a.txt": "a", "top/b/a.txt": "b"}))], settings=settings)
    assert collection.ids == ("a", "b/a") and collection.name == "set"


def test_twins_are_reported(settings: Settings) -> None:
    collection = collect_uploads([("a.txt", b"one"), ("a.txt", b"two"), ("a.txt", b"one")], settings=settings)
    assert [m.text for m in collection.media] == ["one"] and [s.count for s in collection.skipped] == [2]


def test_nothing_to_use(settings: Settings) -> None:
    with pytest.raises(BadInput, match="no files were uploaded"):
        collect_uploads([], settings=settings)
    with pytest.raises(BadInput, match="nothing usable"):
        collect_uploads([("a.png", b"")], settings=settings)
    with pytest.raises(BadInput, match=r"bad\.zip"):
        collect_uploads([("bad.zip", b"no zip")], settings=settings)
    kept = collect_uploads([("bad.zip", b"no zip"), ("a.txt", b"a")], settings=settings)
    assert kept.ids == ("a",) and "bad.zip" in kept.skipped[0].reason


NAMES = st.text(max_size=12) | st.sampled_from(
    ["a.txt", "a.png", "m.csv", "interactions.csv", "z.zip", "t.tar", "j.json"]
)


@hypothesis_settings(deadline=None, max_examples=80)
@given(st.lists(st.tuples(NAMES, st.binary(max_size=40) | st.sampled_from([png(), b"id,text\na,b\n"])), max_size=5))
def test_any_upload_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    base = tmp_path_factory.mktemp("any")
    try:
        collect_uploads(files, settings=Settings(root=base / "root"))
    except BadInput as error:
        assert "\n" not in str(error)
    assert {p.name for p in base.iterdir()} <= {"root"}
