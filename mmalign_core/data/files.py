"""Files that users name or bring: found within bounds, measured and digested undecoded, copied into the store."""

from __future__ import annotations

import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import IO

from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.file_writes import fill_file
from mmalign_core.types import BadInput, digest_bytes, digest_file

Content = bytes | Path
"""Content of a file: its bytes, or the path of a file that holds them."""


def check_size(size: int, name: str, settings: Settings) -> None:
    """Raises BadInput, which calls the file `name`, if `size` in bytes is 0 or above `settings.max_file_bytes`."""
    if not size:
        raise BadInput(f"{name} is empty; replace the file")
    if size > settings.max_file_bytes:
        raise BadInput(
            f"{name} is too large ({size:,} bytes, more than {settings.max_file_bytes:,}); make it smaller "
            "or raise MMALIGN_MAX_FILE_BYTES"
        )


def spool(content: Content, extension: str, settings: Settings) -> Path:
    """Store content as settings.media / <digest><extension> and return this path.

    Other processes see the whole file or none. One that is there is used if it holds that content, else written again.
    An extension of other than 1 to 8 letters and digits is left out.
    """
    digest = digest_bytes(content) if isinstance(content, bytes) else digest_file(content)
    extension = extension.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", extension) else ""
    folder = make_folder(settings.media)
    path = folder / f"{digest}{extension}"
    if not _holds(path, content, digest):
        with writing(folder):
            if path.is_symlink():
                path.unlink()  # a file that a link leads to is somebody else's
            # Not flushed, which would take milliseconds for each of a million: the content is checked before its use.
            fill_file(path, lambda file: copy_content(content, file), durable=False)
    return path


def _holds(path: Path, content: Content, digest: str) -> bool:
    """Whether the file is there and holds the content of that digest."""
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    try:
        found = path.lstat()
        return stat.S_ISREG(found.st_mode) and found.st_size == size and digest_file(path) == digest
    except OSError:
        return False


def copy_content(content: Content, file: IO[bytes]) -> None:
    """Write content to an open file."""
    if isinstance(content, bytes):
        file.write(content)
        return
    with content.open("rb") as source:
        shutil.copyfileobj(source, file)


def find_below(root: Path, reference: str, *, absolute: bool) -> Path:
    """The path of the file that a manifest in the folder `root` calls `reference`.

    `absolute` allows absolute paths: right for a manifest of the user's own, never for one from an archive or upload.
    Raises BadInput if the file is missing, or the reference or a link leads out of the folder.
    """
    if os.path.isabs(reference):
        if not absolute:
            raise BadInput(
                f"'{shown(reference)}' is an absolute path, which may not be used here; name files below the manifest"
            )
        return _existing(Path(reference), reference)
    path = Path(os.path.normpath(root / reference.replace("\\", "/")))
    if not path.is_relative_to(os.path.normpath(root)):
        raise BadInput(f"'{shown(reference)}' leaves the folder; put the file below '{shown(root.name)}'")
    as_written = root / reference
    path = _existing(as_written if as_written.exists() else path, reference)
    if not path.resolve().is_relative_to(root.resolve()):
        raise BadInput(f"'{shown(reference)}' is a link that leaves the folder; put the file itself there")
    return path


def find_listed(listing: Mapping[str, Path], reference: str) -> Path:
    """The path of the uploaded file that a manifest calls `reference`; `listing`: relative name -> path.

    A full relative name comes first, then a file name that only one upload has. Raises BadInput if neither is found.
    """
    name = unicodedata.normalize("NFC", reference.replace("\\", "/").removeprefix("./"))
    if name in listing:
        return listing[name]
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise BadInput(f"'{shown(reference)}' leaves the folder; name files by paths below it")
    same = [path for other, path in listing.items() if PurePosixPath(other).name == PurePosixPath(name).name]
    if len(same) != 1:
        wrong = "is not among the uploaded files; upload it too" if not same else "is the name of several files"
        raise BadInput(f"'{shown(reference)}' {wrong}")
    return same[0]


def _existing(path: Path, reference: str) -> Path:
    """The path in the form that exists: as written, or in Unicode NFC or NFD. Raises BadInput if none exists."""
    for form in (None, "NFC", "NFD"):
        candidate = Path(unicodedata.normalize(form, str(path))) if form else path
        try:
            if candidate.exists():
                return candidate
        except OSError as error:
            raise BadInput(f"'{shown(reference)}' cannot be opened: {error.strerror}") from error
    raise BadInput(f"'{shown(reference)}' is missing; correct the path or add the file")
