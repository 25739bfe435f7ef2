"""Archives by their bytes: under a wrong ending, a .tar with a .zip at its end, cut off, names in a code page."""

import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data import read_collection
from mmalign_core.data.archive_names import decoded_names
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png
from tests.test_data_archives import make_tar, make_zip

FILES: dict[str, bytes | str] = {f"{key}.{end}": body for key in "abc" for end, body in (("png", png()), ("txt", key))}


@pytest.fixture
def kept(tmp_path: Path) -> Settings:
    return Settings(root=tmp_path / "store")


def npz() -> bytes:
    body = io.BytesIO()
    np.savez(body, clip=np.zeros(8, np.float32))
    return body.getvalue()


def read(path: Path, kept: Settings) -> Collection:
    return read_collection(path, settings=kept)


@pytest.mark.parametrize("packed", ["w", "w:gz", "w:bz2", "w:xz"])
def test_a_tar_is_a_tar_under_any_ending(packed: str, tmp_path: Path, kept: Settings) -> None:
    with tarfile.open(tmp_path / "a.zip", packed) as tar:
        for name, body in FILES.items():
            content = body if isinstance(body, bytes) else body.encode()
            info = tarfile.TarInfo(name.replace(".png", ".cat.png"))
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    assert list(read(tmp_path / "a.zip", kept).ids) == ["a", "b", "c"]  # stems end at the first dot, as in a .tar


def test_a_zip_is_a_zip_under_any_ending_and_behind_a_program(tmp_path: Path, kept: Settings) -> None:
    make_zip(tmp_path / "a.zip", FILES).rename(tmp_path / "a.tar")
    assert list(read(tmp_path / "a.tar", kept).ids) == ["a", "b", "c"]
    (tmp_path / "b.zip").write_bytes(b"MZ a program\n" * 100 + (tmp_path / "a.tar").read_bytes())
    assert list(read(tmp_path / "b.zip", kept).ids) == ["a", "b", "c"]


def test_a_tar_that_ends_in_a_zip_is_read_as_the_tar(tmp_path: Path, kept: Settings) -> None:
    make_tar(tmp_path / "a.tar", {**FILES, "c.npz": npz()})
    assert zipfile.is_zipfile(tmp_path / "a.tar")
    found = read(tmp_path / "a.tar", kept)
    assert list(found.ids) == ["a", "b", "c"] and any("c.npz" in s.reason for s in found.skipped)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"Rar!\x1a\x07\x01\x00" + bytes(600), "is a RAR archive"),
        (b"7z\xbc\xaf\x27\x1c" + bytes(600), "is a 7-Zip archive"),
        (b"no archive at all " * 50, "is cut off, or no .zip or .tar; download it again"),
    ],
)
@pytest.mark.parametrize("name", ["a.zip", "a.tar"])
def test_what_is_no_archive_is_called_what_it_is(
    name: str, content: bytes, words: str, tmp_path: Path, kept: Settings
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInput, match=f"'{name}' {words}"):
        read(tmp_path / name, kept)


@pytest.mark.parametrize("share", [0.5, 0.7, 0.95])
@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_the_whole_members_of_a_zip_cut_off_are_used(
    share: float, compression: int, tmp_path: Path, kept: Settings
) -> None:
    whole = make_zip(tmp_path / "whole.zip", FILES, compression).read_bytes()
    (tmp_path / "a.zip").write_bytes(whole[: int(len(whole) * share)])
    found = read(tmp_path / "a.zip", kept)
    assert 0 < len(found.table) <= 6 and next(iter(found.ids)) == "a"
    assert any("'a.zip' ends early" in s.reason for s in found.skipped)
    (tmp_path / "b.zip").write_bytes(whole[:40])
    with pytest.raises(BadInput, match=r"'b.zip' ends early.*no member of it is whole"):
        read(tmp_path / "b.zip", kept)


def test_members_whose_sizes_stand_behind_them_are_found_too(tmp_path: Path, kept: Settings) -> None:
    class Pipe(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError("a pipe")

    made = Pipe()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in FILES.items():
            archive.writestr(name, body)
    (tmp_path / "a.zip").write_bytes(made.getvalue()[:-30])
    assert list(read(tmp_path / "a.zip", kept).ids) == ["a", "b", "c"]


@pytest.mark.parametrize("packed", ["w", "w:gz"])
def test_a_tar_cut_off_anywhere_says_so(packed: str, tmp_path: Path, kept: Settings) -> None:
    with tarfile.open(tmp_path / "whole.tar", packed) as tar:
        for name, body in FILES.items():
            content = body if isinstance(body, bytes) else body.encode()
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    whole = (tmp_path / "whole.tar").read_bytes()
    shares = (len(whole) * 19 // 20,) if packed == "w:gz" else (1024 * 3, 1024 * 4 + 200, 512 * 12, 512 * 11)
    for number, size in enumerate(shares):
        path = tmp_path / f"{number}.tar"
        path.write_bytes(whole[:size])
        found = read(path, kept)
        assert found.ids and any(f"'{number}.tar' ends early" in s.reason for s in found.skipped)
    assert not read(tmp_path / "whole.tar", kept).skipped


def test_two_tars_in_one_file_are_said(tmp_path: Path, kept: Settings) -> None:
    one, two = (make_tar(tmp_path / name, {f"{name}.txt": name}).read_bytes() for name in ("one.tar", "two.tar"))
    (tmp_path / "both.tar").write_bytes(one + two)
    found = read(tmp_path / "both.tar", kept)
    assert len(found.ids) == 1 and any("holds another archive" in s.reason for s in found.skipped)


def test_headers_and_paths_that_are_no_end_are_refused(tmp_path: Path, kept: Settings) -> None:
    make_tar(tmp_path / "a.tar", {"a.txt": "a"})
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 8 << 30
    whole = (tmp_path / "a.tar").read_bytes()
    (tmp_path / "b.tar").write_bytes(whole[:1024] + header.tobuf(tarfile.GNU_FORMAT) + bytes(4096))
    assert any("is damaged after 'a.txt'" in s.reason for s in read(tmp_path / "b.tar", kept).skipped)
    make_zip(tmp_path / "deep.zip", {"a/" * 1200 + "x.txt": "x", "top.txt": "top"})
    found = read(tmp_path / "deep.zip", kept)
    assert list(found.ids) == ["top"] and any("more than 100 folders" in s.reason for s in found.skipped)


class Unflagged(zipfile.ZipInfo):
    """A member whose name is written as the bytes that it is in code page 437, without the flag of UTF-8."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode("cp437"), self.flag_bits & ~0x800


NAMES = {
    "gb18030": ["图片/狗.png", "图片/猫.png", "说明.png"],
    "cp932": ["写真/表示.png", "さくら.png", "カタカナ.png"],
    "cp1252": ["château.png", "été.png", "noël.png"],
    "cp437": ["été.png", "niño.png", "señor.png"],
}


@pytest.mark.parametrize("codec", NAMES)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_names_in_a_code_page_are_read(codec: str, kind: str, tmp_path: Path, kept: Settings) -> None:
    names = NAMES[codec]
    rows = "".join(f"{number},{name}\n" for number, name in enumerate(names))
    if kind == "zip":
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("manifest.csv", f"id,image\n{rows}")
            for name in names:
                archive.writestr(Unflagged(name.encode(codec).decode("cp437")), png())
    else:
        path = tmp_path / "a.tar"
        with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, encoding=codec) as tar:
            for name, body in (("manifest.csv", f"id,image\n{rows}".encode()), *((name, png()) for name in names)):
                info = tarfile.TarInfo(name)
                info.size = len(body)
                tar.addfile(info, io.BytesIO(body))
    found = read(path, kept)
    assert len(found.table) == 3 and not found.skipped
    assert any("its names are read as" in note for note in found.notes)


def test_names_that_are_utf8_stay_so() -> None:
    assert decoded_names(["日本.txt".encode(), b"plain.txt"]) == (["日本.txt", "plain.txt"], "")


@pytest.mark.parametrize("packed, name", [("w:bz2", "a.tar.bz2"), ("w:xz", "a.txz"), ("w:xz", "A.TAR.XZ")])
def test_tars_under_the_endings_of_their_packing_are_read(
    packed: str, name: str, tmp_path: Path, kept: Settings
) -> None:
    with tarfile.open(tmp_path / name, packed) as tar:
        for file, body in FILES.items():
            content = body if isinstance(body, bytes) else body.encode()
            info = tarfile.TarInfo(file)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    assert list(read(tmp_path / name, kept).ids) == ["a", "b", "c"]


@pytest.mark.parametrize("name", ["a.tar.zst", "a.7z", "a.rar"])
def test_archives_that_are_not_opened_are_called_what_they_are(name: str, tmp_path: Path, kept: Settings) -> None:
    heads = {"zst": b"\x28\xb5\x2f\xfd", "7z": b"7z\xbc\xaf\x27\x1c", "rar": b"Rar!\x1a\x07\x01"}
    (tmp_path / name).write_bytes(heads[name.rsplit(".", 1)[1]] + bytes(600))
    with pytest.raises(BadInput, match=r"Zstandard|7-Zip|RAR"):
        read(tmp_path / name, kept)


def packed(folder: Path, files: dict[str, bytes | str]) -> bytes:
    return make_zip(folder / "inner.zip", files).read_bytes()


def test_archives_in_an_archive_are_unpacked_one_level(tmp_path: Path, kept: Settings) -> None:
    pictures = packed(tmp_path, {name: body for name, body in FILES.items() if name.endswith("png")})
    texts = packed(tmp_path, {name: body for name, body in FILES.items() if name.endswith("txt")})
    make_zip(tmp_path / "a.zip", {"images.zip": pictures, "texts.zip": texts})
    found = read(tmp_path / "a.zip", kept)
    assert list(found.ids) == ["a", "b", "c"] and len(found.media) == 6 and not found.skipped
    assert any("archives in the archive are unpacked too: 2" in note for note in found.notes)
    likes = "user_id,item_id\n1,a\n1,b\n"
    make_zip(tmp_path / "b.zip", {"set/images.zip": pictures, "set/texts.zip": texts, "set/interactions.csv": likes})
    events = read(tmp_path / "b.zip", kept).interactions
    assert events is not None and len(events) == 2


def test_a_second_level_is_reported(tmp_path: Path, kept: Settings) -> None:
    deep = packed(tmp_path, {"more.zip": packed(tmp_path, FILES), "note.txt": "words"})
    make_zip(tmp_path / "a.zip", {"x.zip": deep})
    found = read(tmp_path / "a.zip", kept)
    assert len(found.ids) == 1 and "more.zip" in found.skipped[0].reason


def test_archives_in_an_archive_keep_the_limit_together(tmp_path: Path) -> None:
    inner = {f"{n}.zip": packed(tmp_path, {"a.txt": bytes([65 + n]) * 60_000}) for n in range(4)}
    make_zip(tmp_path / "a.zip", inner)
    with pytest.raises(BadInput, match="too large together"):
        read(tmp_path / "a.zip", Settings(root=tmp_path / "store", max_archive_bytes=150_000))
