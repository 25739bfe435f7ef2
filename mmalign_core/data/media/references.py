"""Media references: a file or an inline text as a `Media` record, checked but not decoded."""

from __future__ import annotations

import os
from pathlib import Path

from mmalign_core.data.files import check_size
from mmalign_core.data.formats import HEAD_BYTES, why_not_modality
from mmalign_core.data.media.texts import read_text
from mmalign_core.data.names import shown
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_bytes, digest_file, digest_stream


def file_media(item: str, modality: str, path: Path, name: str, settings: Settings) -> Media:
    """The record of the file at `path`, which belongs to the item `item` and which messages call `name`.

    A text is read; of any other modality the first bytes and the size are checked and the content is digested. Raises
    BadInput if the file is missing, empty, too large, unreadable or holds content of another kind.
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
    """The record of an inline text, which must be clean already (see `media.texts.clean_text`)."""
    return Media(item, "text", digest_bytes(text.encode()), text=text)


def check_unchanged(medium: Media) -> None:
    """Raises BadInput if the medium's file exists but its content is no longer what the record's digest says."""
    if medium.path is not None and Path(medium.path).is_file() and digest_file(Path(medium.path)) != medium.digest:
        raise BadInput(f"'{shown(Path(medium.path).name)}' has changed since it was encoded; align again to explain it")


def _digest_media(path: Path, name: str, modality: str, settings: Settings) -> str:
    """The digest of a picture, sound or video; raises BadInput if its size or its first bytes are wrong."""
    with path.open("rb") as file:
        check_size(os.fstat(file.fileno()).st_size, name, settings)
        problem = why_not_modality(file.read(HEAD_BYTES), name, modality)
        if problem:
            raise BadInput(problem)
        return digest_stream(file)
