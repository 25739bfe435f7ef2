"""Archives (.zip and .tar) unpacked safely: no file leaves the target folder or exceeds the limits on sizes."""

from __future__ import annotations

import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mmalign_core.data.files import check_size
from mmalign_core.data.names import is_system_file, safe_name, shown
from mmalign_core.settings import Settings
from mmalign_core.store.contents import keep_unpacked
from mmalign_core.store.errors import UNWRITABLE, make_folder, system_code, writing
from mmalign_core.store.parts import new_folder
from mmalign_core.types import BadInput, Progress, digest_file, digest_json

RATIO_LIMIT = 200
"""Largest growth factor of a member larger than RATIO_FROM bytes; our choice: below deflate's maximum of 1032."""
RATIO_FROM = 16 << 20
"""Bytes up to which any growth factor is accepted; our choice."""
_FILES_PER_REPORT = 50
"""Files from one report of the progress to the next; our choice."""

_ENCRYPTED, _UTF8 = 0x1, 0x800
"""Bits 0 and 11 of the general purpose flags of a .zip member (PKWARE APPNOTE, 4.4.4)."""
_CHUNK = 1 << 20
"""Bytes copied at a time; our choice."""
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RuntimeError, LookupError)


@dataclass(frozen=True)
class _Member:
    """A file in an archive: `size` and `packed` in bytes; `problem`: why it is not unpacked, or ''.

    `open()` gives its content.
    """

    name: str
    size: int
    packed: int
    problem: str
    open: Callable[[], IO[bytes] | None]


@dataclass(frozen=True)
class Unpacked:
    """The folder with the files of an archive, and (name, reason) for each member that was left out."""

    folder: Path
    left_out: tuple[tuple[str, str], ...]


def unpack(path: Path, settings: Settings, progress: Progress, name: str = "") -> Unpacked:
    """Unpack the archive at `path` into a folder in settings.media that is named after its content.

    Members that would leave the folder, are links, devices, encrypted, empty, larger than `settings.max_file_bytes` or
    grow more than RATIO_LIMIT times are left out. Other processes see the whole folder or none; what was lost of one
    that was unpacked before is put back. Raises BadInput, which calls the archive `name`, if it is none, is damaged, or
    unpacks to more bytes or files than the settings allow.
    """
    name = shown(name or path.name)
    media = make_folder(settings.media)
    limits = [settings.max_file_bytes, settings.max_archive_bytes, settings.max_archive_files]
    target = media / f"archive-{digest_json([digest_file(path), limits])}"
    with writing(media), new_folder(target) as folder:
        try:
            left_out = _write_members(path, folder, name, settings, progress)
        except _DAMAGE as error:
            if isinstance(error, BadInput) or system_code(error) in UNWRITABLE:
                raise
            raise BadInput(f"'{name}' is not a whole archive ({shown(error)}); pack it again") from error
        keep_unpacked(folder, target)
    return Unpacked(target, tuple(left_out))


def _write_members(
    path: Path, folder: Path, name: str, settings: Settings, progress: Progress
) -> list[tuple[str, str]]:
    left_out: list[tuple[str, str]] = []
    total = 0
    with ExitStack() as stack:
        for count, member in enumerate(_members(path, stack), 1):
            total += member.size
            _check_totals(count, total, name, settings)
            if count % _FILES_PER_REPORT == 1:
                progress(0.0, f"unpacking {name} ({count:,} files)")
            try:
                _write(member, folder, settings)
            except BadInput as error:
                left_out.append((member.name.removeprefix("./"), str(error)))
    return left_out


def _check_totals(count: int, total: int, name: str, settings: Settings) -> None:
    if count > settings.max_archive_files:
        raise BadInput(
            f"'{name}' holds more than {settings.max_archive_files:,} files; split it "
            "or raise MMALIGN_MAX_ARCHIVE_FILES"
        )
    if total > settings.max_archive_bytes:
        raise BadInput(
            f"'{name}' unpacks to more than {settings.max_archive_bytes:,} bytes; split it "
            "or raise MMALIGN_MAX_ARCHIVE_BYTES"
        )


def _write(member: _Member, folder: Path, settings: Settings) -> None:
    """Unpack one member; raises BadInput with the reason if it is left out."""
    relative = safe_name(member.name)
    if is_system_file(relative):
        return
    label = f"'{shown(relative)}'"
    if member.problem:
        raise BadInput(f"{label} {member.problem}")
    check_size(member.size, label, settings)
    if member.size > RATIO_FROM and member.size > RATIO_LIMIT * max(member.packed, 1):
        raise BadInput(f"{label} grows more than {RATIO_LIMIT} times when unpacked; unpack it yourself if you trust it")
    target = folder / relative
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as out:
            _copy(member, out, label)
    except (FileExistsError, NotADirectoryError) as error:
        raise BadInput(f"{label} is in the archive twice; the first is used") from error
    except _DAMAGE as error:
        target.unlink(missing_ok=True)
        if isinstance(error, BadInput) or system_code(error) in UNWRITABLE:
            raise
        raise BadInput(f"{label} is damaged and cannot be unpacked; pack it again") from error


def _copy(member: _Member, out: IO[bytes], label: str) -> None:
    """Copy the content; raises BadInput if it is not of the size that the archive states."""
    stream = member.open()
    if stream is None:
        raise BadInput(f"{label} cannot be unpacked")
    left = member.size
    with stream:
        while left and (chunk := stream.read(min(_CHUNK, left))):
            out.write(chunk)
            left -= len(chunk)
        if left or stream.read(1):
            raise BadInput(f"{label} has another size than the archive states; pack it again")


def _members(path: Path, stack: ExitStack) -> Iterator[_Member]:
    if zipfile.is_zipfile(path):
        archive = stack.enter_context(zipfile.ZipFile(path))
        return (_zip_member(archive, info) for info in archive.infolist() if not info.is_dir())
    tar = stack.enter_context(tarfile.TarFile.open(path, "r:*"))
    return (_tar_member(tar, info) for info in tar if not info.isdir())


def _zip_member(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> _Member:
    mode = info.external_attr >> 16
    problem = ""
    if info.flag_bits & _ENCRYPTED:
        problem = "is encrypted; pack the archive without a password"
    elif stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        problem = "is a link or device, which is never unpacked; pack the file itself"
    return _Member(_zip_name(info), info.file_size, info.compress_size, problem, lambda: archive.open(info))


def _zip_name(info: zipfile.ZipInfo) -> str:
    """The name of a member.

    Many programs write UTF-8 without setting its flag (bit 11), which reads as code page 437.
    """
    if info.flag_bits & _UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _tar_member(tar: tarfile.TarFile, info: tarfile.TarInfo) -> _Member:
    problem = "" if info.isreg() else "is a link or device, which is never unpacked; pack the file itself"
    return _Member(info.name, info.size if info.isreg() else 0, info.size, problem, lambda: tar.extractfile(info))
