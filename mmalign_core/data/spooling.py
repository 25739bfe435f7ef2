"""Keeping content that came without a file of its own: under the store, named by its digest."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import IO
from uuid import uuid4

from mmalign_core.data.files import digest_file
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.types import digest_bytes

Content = bytes | Path
"""What came: its bytes, or where they are."""


def spool(content: Content, extension: str, settings: Settings) -> Path:
    """Keep content as settings.root / 'media' / <digest><extension>; the file appears whole or not at all."""
    digest = digest_bytes(content) if isinstance(content, bytes) else digest_file(content)
    extension = extension.lower() if re.fullmatch(r"\.[A-Za-z0-9]{1,8}", extension) else ""
    folder = make_folder(settings.root / "media")
    path = folder / f"{digest}{extension}"
    if not path.exists():
        with writing(folder):
            _write(content, folder / f"spooling-{uuid4().hex}", path)
    return path


def _write(content: Content, draft: Path, path: Path) -> None:
    """Write beside, then rename; nothing is left behind when that fails."""
    try:
        with draft.open("xb") as file:
            copy_content(content, file)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)


def copy_content(content: Content, file: IO[bytes]) -> None:
    """Write content into an open file."""
    if isinstance(content, bytes):
        file.write(content)
        return
    with content.open("rb") as source:
        shutil.copyfileobj(source, file)
