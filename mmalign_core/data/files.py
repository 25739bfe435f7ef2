"""Files that users name or bring: found within bounds, measured and digested undecoded, copied into the store."""

from __future__ import annotations

import os
import re
import shutil
import stat
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import IO

from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.store.file_writes import fill_file
from mmalign_core.types import BadInput, digest_bytes, digest_file
from mmalign_core.wording import say

_FOLDERS = 64
"""Folders whose names are kept for files in another case; our choice: a data set has few."""
Content = bytes | Path
"""Content of a file: its bytes, or the path of a file that holds them."""


def check_size(size: int, name: str, settings: Settings) -> None:
    """Raises BadInput, which calls the file `name`, if `size` in bytes is 0 or above `settings.max_file_bytes`."""
    if not size:
        raise BadInput(say("{name} is empty; replace the file", name=name))
    if size > settings.max_file_bytes:
        raise BadInput(
            say(
                "{name} is too large ({size:,} bytes, more than {most:,}); make it smaller "
                "or raise MMALIGN_MAX_FILE_BYTES",
                name=name,
                size=size,
                most=settings.max_file_bytes,
            )
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
    A file that has no other case than in its reference is found too, since some file systems fold case. Raises BadInput
    if the file is missing, or the reference or a link leads out of the folder.
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
    path = _existing(as_written if as_written.exists() else path, reference, root)
    if not path.resolve().is_relative_to(root.resolve()):
        raise BadInput(f"'{shown(reference)}' is a link that leaves the folder; put the file itself there")
    return path


def find_listed(listing: Mapping[str, Path], reference: str) -> Path:
    """The path of the uploaded file that a manifest calls `reference`; `listing`: relative name -> path.

    A full relative name comes first, then a file name that only one upload has, then either in another case. Raises
    BadInput if none is found.
    """
    name = unicodedata.normalize("NFC", reference.replace("\\", "/").removeprefix("./"))
    if name in listing:
        return listing[name]
    if name.startswith("/") or ".." in PurePosixPath(name).parts:
        raise BadInput(f"'{shown(reference)}' leaves the folder; name files by paths below it")
    same = [path for other, path in listing.items() if PurePosixPath(other).name == PurePosixPath(name).name]
    same = same or [path for other, path in listing.items() if other.casefold() == name.casefold()]
    last = PurePosixPath(name).name.casefold()
    same = same or [path for other, path in listing.items() if PurePosixPath(other).name.casefold() == last]
    if len(same) != 1:
        wrong = "is not among the uploaded files; upload it too" if not same else "is the name of several files"
        raise BadInput(f"'{shown(reference)}' {wrong}")
    return same[0]


def differs_in_case(reference: str, path: Path) -> bool:
    """Whether the path is that of the reference in another case."""
    written, name = (
        unicodedata.normalize("NFC", n) for n in (PurePosixPath(reference.replace("\\", "/")).name, path.name)
    )
    return written != name and written.casefold() == name.casefold()


def _existing(path: Path, reference: str, root: Path | None = None) -> Path:
    """The path in the form that exists: as written, in Unicode NFC or NFD, or below `root` in another case.

    Raises BadInput if none exists.
    """
    for form in (None, "NFC", "NFD"):
        candidate = Path(unicodedata.normalize(form, str(path))) if form else path
        try:
            if candidate.exists():
                return candidate
        except OSError as error:
            raise BadInput(f"'{shown(reference)}' cannot be opened: {error.strerror}") from error
    found = None if root is None else _in_another_case(path, root)
    if found is not None:
        return found
    raise BadInput(f"'{shown(reference)}' is missing; correct the path or add the file")


def _in_another_case(path: Path, root: Path) -> Path | None:
    """The only file below the root whose path differs from this in case alone; None if there is none, or several."""
    found = root
    for part in path.relative_to(root).parts:
        names = _folded_names(found, found.stat().st_mtime_ns) if found.is_dir() else {}
        alike = names.get(_folded(part), ())
        name = part if part in alike else alike[0] if len(alike) == 1 else None
        if name is None:
            return None
        found /= name
    return found


@lru_cache(maxsize=_FOLDERS)
def _folded_names(folder: Path, changed: int) -> Mapping[str, tuple[str, ...]]:
    """Folded name -> the names in the folder. `changed`: when it was changed, so that new files are seen."""
    names: dict[str, tuple[str, ...]] = {}
    for name in os.listdir(folder):
        names[_folded(name)] = (*names.get(_folded(name), ()), name)
    return names


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
