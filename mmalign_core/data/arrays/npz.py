"""Reading .npz files safely: every member's header and size are checked before any is unpacked."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path

import numpy as np

from mmalign_core.data.arrays.npy import check_header
from mmalign_core.data.files import check_size
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Progress

_DAMAGE = (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, RuntimeError, LookupError, TypeError)


def read_npz(path: Path, name: str, settings: Settings, progress: Progress) -> dict[str, np.ndarray]:
    """Array by name, in the file's order; BadInput, which calls the file `name`, if one cannot be read.

    Members may be as large as a file may be, and together as large as what an archive unpacks to. Raises BadInput for
    Python objects, shapes that lie and files that are no .npz.
    """
    label = f"'{shown(name)}'"
    try:
        check_size(path.stat().st_size, label, settings)
        with zipfile.ZipFile(path) as archive:
            members = {i.filename.removesuffix(".npy"): i for i in archive.infolist() if i.filename.endswith(".npy")}
            _check_sizes(archive, members, label, settings)
            return {key: _member(archive, members[key], f"{label}, '{shown(key)}'", progress) for key in members}
    except _DAMAGE as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{label} is not a whole .npz file ({shown(error)}); save it again") from error


def _check_sizes(archive: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo], label: str, settings: Settings) -> None:
    if not members:
        raise BadInput(f"{label} holds no arrays; save it with numpy.savez")
    for key, info in members.items():
        check_size(info.file_size, f"{label}, '{shown(key)}'", settings)
        with archive.open(info) as file:
            check_header(file, info.file_size, f"{label}, '{shown(key)}'")
    total = sum(info.file_size for info in members.values())
    if total > settings.max_archive_bytes:
        raise BadInput(
            f"{label} unpacks to {total:,} bytes, more than {settings.max_archive_bytes:,}; split it "
            "or raise MMALIGN_MAX_ARCHIVE_BYTES"
        )


def _member(archive: zipfile.ZipFile, info: zipfile.ZipInfo, label: str, progress: Progress) -> np.ndarray:
    """The array; its content is read no further than its header says."""
    progress(0.0, f"unpacking {label}")
    with archive.open(info) as file:
        header = check_header(file, info.file_size, label)
        content = file.read(header.nbytes)
    if len(content) < header.nbytes:
        raise BadInput(f"{label} is shorter than its shape {header.shape} asks for; save it again")
    order = "F" if header.fortran else "C"
    return np.ndarray(header.shape, header.dtype, content, order=order)
