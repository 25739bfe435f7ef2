"""Members of archives: listed by the archive's bytes, not by its ending, as far as it goes where it is cut off."""

from __future__ import annotations

import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

from mmalign_core.data.archive_names import decoded_names, unicode_path
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput

_ENCRYPTED, _UTF8, _SIZES_LATER = 0x1, 0x800, 0x8
"""Bits 0, 11 and 3 of the general purpose flags of a .zip member (PKWARE APPNOTE, 4.4.4)."""
_LOCAL = struct.Struct("<4s5H3L2H")
"""The header before each member of a .zip (PKWARE APPNOTE, 4.3.7)."""
_ZIP, _ZIPS = b"PK\x03\x04", (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_PACKED_TARS = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
_OTHERS = {b"Rar!": "a RAR archive", b"7z\xbc\xaf": "a 7-Zip archive", b"\x28\xb5\x2f\xfd": "packed with Zstandard"}
"""First bytes of archives that are not opened, and what they are."""
_AGAIN = "download it again"
_BLOCK = 512
"""Bytes of a block of a .tar (POSIX.1-2017, pax)."""
_CHUNK = 1 << 16
"""Bytes read at a time; our choice."""
_CUT = (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, OSError, struct.error, OverflowError)
"""What reading raises where an archive ends early."""


_LONGEST_HEADER = 1 << 20
"""Bytes of names and attributes before a member, which tarfile reads as a whole; our choice: paths have 4,096."""


class _Info(tarfile.TarInfo):
    """A header of a .tar that is no member itself, but describes the next one, is read up to a size."""

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        describes = self.type in (*tarfile.GNU_TYPES[:2], tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE)
        if describes and self.size > _LONGEST_HEADER:
            raise tarfile.InvalidHeaderError("a name or attributes of more than a megabyte")  # pyright: ignore
        return super()._proc_member(archive)  # type: ignore[misc]


@dataclass(frozen=True)
class Member:
    """A file in an archive: `size` and `packed` in bytes; `problem`: why it is not unpacked, or ''.

    `open()` gives its content.
    """

    name: str
    size: int
    packed: int
    problem: str
    open: Callable[[], IO[bytes] | None]


def archive_kind(path: Path, name: str) -> str:
    """'zip' or 'tar' by the first bytes, a .zip behind a program included.

    Raises BadInput, which calls the archive `name`, if it is neither.
    """
    with path.open("rb") as file:
        head = file.read(_BLOCK)
    if head.startswith(_ZIPS):
        return "zip"
    if head.startswith(_PACKED_TARS) or _is_tar_header(head):
        return "tar"
    if zipfile.is_zipfile(path):
        return "zip"
    other = next((words for mark, words in _OTHERS.items() if head.startswith(mark)), "cut off, or no .zip or .tar")
    raise BadInput(f"'{name}' is {other}; download it again, or pack it as .zip or .tar")


def list_members(
    path: Path, name: str, stack: ExitStack, settings: Settings, faults: list[str], remarks: list[str]
) -> Iterator[Member]:
    """The members of an archive, whose files stay open as long as the stack.

    Sentences, which call it `name`, on what is wrong with the whole archive are added to `faults`, and one on the code
    page of its names to `remarks`. Of one that is larger than the settings allow no more is listed than shows it.
    Raises BadInput if it is no archive.
    """
    if archive_kind(path, name) == "tar":
        return _tar_members(path, name, stack, settings, faults, remarks)
    try:
        archive = stack.enter_context(zipfile.ZipFile(path))
    except _CUT:
        faults.append(f"'{name}' ends early, without the list of its members; those before are used; {_AGAIN}")
        return _named(list(_whole_local_members(path)), name, remarks)
    infos = [info for info in archive.infolist() if not info.is_dir()]
    return _named([(info, _opener(archive, info)) for info in infos], name, remarks)


def _opener(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    return lambda: archive.open(info)


def _named(
    found: list[tuple[zipfile.ZipInfo, Callable[[], IO[bytes]]]], archive: str, remarks: list[str]
) -> Iterator[Member]:
    raw = {n: info.filename.encode("cp437") for n, (info, _) in enumerate(found) if not info.flag_bits & _UTF8}
    names, code = decoded_names(list(raw.values()))
    if code:
        remarks.append(f"'{archive}': its names are read as {code}")
    read = dict(zip(raw, names))
    for number, (info, opened) in enumerate(found):
        own = unicode_path(info.extra, raw[number]) if number in raw else None
        name = own or read.get(number, info.filename)
        yield Member(name, info.file_size, info.compress_size, _zip_problem(info), opened)


def _zip_problem(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.flag_bits & _ENCRYPTED:
        return "is encrypted; pack the archive without a password"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "is a link or device, which is never unpacked; pack the file itself"
    return ""


def _whole_local_members(path: Path) -> Iterator[tuple[zipfile.ZipInfo, Callable[[], IO[bytes]]]]:
    """The members that lie whole in a .zip without its list at the end, by the headers before each."""
    size, at = path.stat().st_size, 0
    with path.open("rb") as file:
        while at + _LOCAL.size <= size:
            file.seek(at)
            mark, _, flags, method, *_, crc, packed, unpacked, name_size, extra_size = _LOCAL.unpack(
                file.read(_LOCAL.size)
            )
            if mark != _ZIP:
                return
            name, extra = file.read(name_size), file.read(extra_size)
            start = file.tell()
            if flags & _SIZES_LATER:
                measured = _measured(file) if method == zipfile.ZIP_DEFLATED else None
                if measured is None:
                    return
                packed, unpacked, crc = measured
            info = zipfile.ZipInfo(name.decode("utf-8" if flags & _UTF8 else "cp437", "replace"))
            info.flag_bits, info.compress_type, info.CRC, info.extra = flags, method, crc, extra
            info.compress_size, info.file_size = packed, unpacked
            at = start + packed + (_descriptor(file, start + packed) if flags & _SIZES_LATER else 0)
            if start + packed > size:
                return
            if not info.is_dir():
                yield info, _part_opener(path, start, info)


def _part_opener(path: Path, start: int, info: zipfile.ZipInfo) -> Callable[[], IO[bytes]]:
    def opened() -> IO[bytes]:
        file = path.open("rb")
        file.seek(start)
        return cast(IO[bytes], zipfile.ZipExtFile(file, "r", info, close_fileobj=True))

    return opened


def _measured(file: IO[bytes]) -> tuple[int, int, int] | None:
    """Packed and unpacked bytes and checksum of a deflated member whose header does not tell them; None if cut off."""
    unpacker, packed, unpacked, crc = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0, 0
    while not unpacker.eof:
        chunk = unpacker.unconsumed_tail or file.read(_CHUNK)
        if not chunk:
            return None
        packed += 0 if unpacker.unconsumed_tail else len(chunk)
        content = unpacker.decompress(chunk, _CHUNK << 4)
        unpacked, crc = unpacked + len(content), zlib.crc32(content, crc)
    return packed - len(unpacker.unused_data), unpacked, crc


def _descriptor(file: IO[bytes], at: int) -> int:
    """Bytes of the sizes behind a member: with or without a mark of their own."""
    file.seek(at)
    return 16 if file.read(4) == b"PK\x07\x08" else 12


def _tar_members(
    path: Path, name: str, stack: ExitStack, settings: Settings, faults: list[str], remarks: list[str]
) -> Iterator[Member]:
    try:
        tar: Any = stack.enter_context(tarfile.TarFile.open(path, "r:*", tarinfo=_Info))
    except (tarfile.TarError, zlib.error, EOFError) as error:
        raise BadInput(f"'{name}' is no whole archive: nothing in it can be read; {_AGAIN}") from error
    infos: list[tarfile.TarInfo] = []
    total = 0
    try:
        for info in tar:
            infos.append(info)
            total += info.size
            if total > settings.max_archive_bytes or len(infos) > settings.max_archive_files:
                break
        else:
            _check_end(tar, infos, name, faults)
    except _CUT:
        faults.append(f"'{name}' ends early; the members before are used; {_AGAIN}")
    names, code = decoded_names([info.name.encode("utf-8", "surrogateescape") for info in infos])
    if code:
        remarks.append(f"'{name}': its names are read as {code}")
    for own, info in zip(names, infos):
        if not info.isdir():
            yield _tar_member(tar, info, own)


def _tar_member(tar: Any, info: tarfile.TarInfo, name: str) -> Member:
    problem = "" if info.isreg() else "is a link or device, which is never unpacked; pack the file itself"
    return Member(name, info.size if info.isreg() else 0, info.size, problem, lambda: tar.extractfile(info))


def _check_end(tar: Any, infos: list[tarfile.TarInfo], name: str, faults: list[str]) -> None:
    """Note an archive that ends without the blocks of zeros that close it, or goes on with something else."""
    tar.fileobj.seek(tar.offset)
    block = tar.fileobj.read(_BLOCK)
    last = f" after '{shown(infos[-1].name)}'" if infos else ""
    if len(block) < _BLOCK:
        faults.append(f"'{name}' ends early{last}; the members before are used; {_AGAIN}")
    elif block.strip(b"\0"):
        faults.append(f"'{name}' is damaged{last}; what follows is not used; {_AGAIN}")
    elif _is_second(tar.fileobj):
        faults.append(f"'{name}' holds another archive{last}, which is not used; pack both as one")


def _is_second(file: Any) -> bool:
    """Whether another archive begins behind the end of the first, which is padded to records of 20 blocks."""
    return any(_is_tar_header(file.read(_BLOCK)) for _ in range(2 * tarfile.RECORDSIZE // _BLOCK))


def _is_tar_header(block: bytes) -> bool:
    try:
        tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "surrogateescape")
    except tarfile.HeaderError:
        return False
    return True
