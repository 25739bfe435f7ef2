"""Files of a collection: measured and digested without decoding, and content without a file kept in the store."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from pathlib import Path
from typing import IO
from uuid import uuid4

from mmalign_core.data.formats import HEAD_BYTES, MOVING_PICTURE_HEADS, sniff
from mmalign_core.data.media.images import not_a_picture
from mmalign_core.data.media.texts import read_text
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.store.errors import make_folder, writing
from mmalign_core.types import BadInput, Media, digest_bytes

_CHUNK = 1 << 20
Content = bytes | Path
"""Content of a file: its bytes, or the path where they lie."""


def digest_file(path: Path) -> str:
    """`digest_bytes` of the file's content, read in pieces."""
    with path.open("rb") as file:
        return _digest_stream(file, os.fstat(file.fileno()).st_size)


def check_unchanged(medium: Media) -> None:
    """BadInput if a medium's file is there and holds something else than when it was taken into its collection."""
    if medium.path is not None and Path(medium.path).is_file() and digest_file(Path(medium.path)) != medium.digest:
        raise BadInput(f"'{shown(Path(medium.path).name)}' has changed since it was encoded; align again to explain it")


def file_media(item: str, modality: str, path: Path, name: str, settings: Settings) -> Media:
    """The medium that a file is, or BadInput in one sentence: missing, empty, too large, not what it claims to be.

    `name` is what the user calls the file.
    """
    name = f"'{shown(name)}'"
    try:
        if not path.is_file():
            raise BadInput(f"{name} is missing or not a file; correct the path")
        if modality == "text":
            return text_media(item, read_text(path, name, settings))
        return Media(item, modality, _digest_media(path, name, modality, settings), path=str(path))
    except (OSError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def text_media(item: str, text: str) -> Media:
    """The medium of an inline text."""
    return Media(item, "text", digest_bytes(text.encode()), text=text)


def check_size(size: int, name: str, settings: Settings) -> None:
    """BadInput if a file of `size` bytes is empty or larger than the limit."""
    if not size:
        raise BadInput(f"{name} is empty; replace the file")
    if size > settings.max_file_bytes:
        raise BadInput(
            f"{name} is too large ({size:,} bytes, more than {settings.max_file_bytes:,}); make it smaller "
            "or raise MMALIGN_MAX_FILE_BYTES"
        )


def _digest_media(path: Path, name: str, modality: str, settings: Settings) -> str:
    """Digest of a picture, sound or video whose first bytes look right."""
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        check_size(size, name, settings)
        problem = _not_what_it_claims(file.read(HEAD_BYTES), name, modality)
        if problem:
            raise BadInput(problem)
        file.seek(0)
        return _digest_stream(file, size)


def _digest_stream(file, size: int) -> str:
    h = hashlib.blake2b(size.to_bytes(8, "little"), digest_size=16)
    while chunk := file.read(_CHUNK):
        h.update(chunk)
    return h.hexdigest()


def _not_what_it_claims(head: bytes, name: str, modality: str) -> str:
    if modality == "image":
        return not_a_picture(head, name)
    kind = sniff(head)
    words = {"text": "text", "image": "a picture", "svg": "a drawing", "heic": "a picture"}
    wanted = "video" if modality == "video" else "sound"
    if wanted == "video" and head.startswith(MOVING_PICTURE_HEADS):
        return ""
    return f"{name} holds {words[kind]}, not {wanted}; replace the file" if kind in words else ""


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
