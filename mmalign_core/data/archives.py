"""Archives (.zip and .tar) unpacked safely: no file leaves the target folder or exceeds the limits on sizes."""

from __future__ import annotations

import tarfile
import zipfile
import zlib
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from mmalign_core.data.archive_members import Member, list_members
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
_DEEPEST = 100
"""Folders in one another that are made for a member; our choice: far more than people nest."""
_FILES_PER_REPORT = 50
"""Files from one report of the progress to the next; our choice."""

_NAMING = "by code page"
"""How names are read; what was unpacked with other names is not used again."""
_CHUNK = 1 << 20
"""Bytes copied at a time; our choice."""
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError, RuntimeError, LookupError)


@dataclass(frozen=True)
class Unpacked:
    """The folder with the files of an archive, and (name, reason) for each member that was left out.

    `faults`: what is wrong with the archive as a whole; `remarks`: how it was understood. Both are sentences.
    """

    folder: Path
    left_out: tuple[tuple[str, str], ...]
    faults: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


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
    target = media / f"archive-{digest_json([digest_file(path), limits, _NAMING])}"
    with writing(media), new_folder(target) as folder:
        try:
            found = _write_members(path, folder, name, settings, progress)
        except _DAMAGE as error:
            if isinstance(error, BadInput) or system_code(error) in UNWRITABLE:
                raise
            raise BadInput(f"'{name}' is not a whole archive ({shown(error)}); pack it again") from error
        keep_unpacked(folder, target)
    return Unpacked(target, *found)


def _write_members(
    path: Path, folder: Path, name: str, settings: Settings, progress: Progress
) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...], tuple[str, ...]]:
    """Unpack all members. Return those left out with the reasons, what is wrong with the archive, and remarks."""
    left_out: list[tuple[str, str]] = []
    faults: list[str] = []
    remarks: list[str] = []
    total = count = 0
    with ExitStack() as stack:
        for count, member in enumerate(list_members(path, name, stack, settings, faults, remarks), 1):
            total += member.size
            _check_totals(count, total, name, settings)
            if count % _FILES_PER_REPORT == 1:
                progress(0.0, f"unpacking {name} ({count:,} files)")
            try:
                _write(member, folder, settings)
            except BadInput as error:
                left_out.append((member.name.removeprefix("./"), str(error)))
    if faults and not count:
        raise BadInput(f"{faults[0]}; no member of it is whole")
    return tuple(left_out), tuple(faults), tuple(remarks)


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


def _write(member: Member, folder: Path, settings: Settings) -> None:
    """Unpack one member; raises BadInput with the reason if it is left out."""
    relative = safe_name(member.name)
    if relative.count("/") > _DEEPEST:
        raise BadInput(f"'{shown(relative)}' lies in more than {_DEEPEST} folders; pack it in fewer")
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


def _copy(member: Member, out: IO[bytes], label: str) -> None:
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
