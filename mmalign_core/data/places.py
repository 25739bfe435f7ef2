"""Where the file references of a manifest may lead: below its folder, or among the files that were uploaded."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from mmalign_core.data.names import shown
from mmalign_core.types import BadInput


def find_below(root: Path, reference: str, *, absolute: bool) -> Path:
    """The file that `reference` names relative to `root`; BadInput if it is missing or leaves the folder.

    `absolute` allows absolute paths (a manifest of the user's own; never one out of an archive or upload).
    """
    if os.path.isabs(reference):
        if not absolute:
            raise BadInput(f"'{shown(reference)}' is an absolute path, which an archive or upload may not use")
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
    """The listed file of that name, or the only one whose last part has that name; BadInput if there is none."""
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
    """The path in the spelling that exists: as written, or with composed or decomposed Unicode."""
    for form in (None, "NFC", "NFD"):
        candidate = Path(unicodedata.normalize(form, str(path))) if form else path
        try:
            if candidate.exists():
                return candidate
        except OSError as error:
            raise BadInput(f"'{shown(reference)}' cannot be opened: {error.strerror}") from error
    raise BadInput(f"'{shown(reference)}' is missing; correct the path or add the file")
