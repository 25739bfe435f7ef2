"""Files that browsers send: streamed to disk by the server, and known to pages by a token in their place."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from streamlit.runtime.uploaded_file_manager import UploadedFile

from mmalign_core.types import BadInput
from mmalign_core.wording import say
from pages._session.visitors import session_id

_MARK = b"mmalign-received:"
_TOKEN = re.compile(re.escape(_MARK) + rb"[0-9a-f]{32}")


@dataclass(frozen=True)
class _Received:
    """A file that was sent in one of Streamlit's sessions."""

    session: str
    path: Path


_FILES: dict[bytes, _Received] = {}
_LOCK = Lock()


def new_file(folder: Path, session: str) -> tuple[bytes, Path]:
    """Return a token that nobody can guess, and the path of the file that it will stand for."""
    name = secrets.token_hex(16)
    token, path = _MARK + name.encode(), folder / name
    with _LOCK:
        _FILES[token] = _Received(session, path)
    return token, path


def bytes_of_session(session: str) -> int:
    """Return the bytes of the files that this session sent and no page has taken."""
    with _LOCK:
        paths = [one.path for one in _FILES.values() if one.session == session]
    return sum(path.stat().st_size for path in paths if path.exists())


def content_of(file: UploadedFile) -> bytes | Path:
    """Return the file that the browser sent, or its bytes where no server streamed it (in tests of pages alone).

    BadInput if it was taken already, or belongs to another session.
    """
    content = file.getvalue()
    if not _TOKEN.fullmatch(content):
        return content
    with _LOCK:
        found = _FILES.get(content)
    if found is None or found.session != session_id() or not found.path.is_file():
        raise BadInput(say("the file '{name}' is no longer here; choose it again", name=file.name))
    return found.path


def drop(token: bytes) -> None:
    """Delete the file that a token stands for, if it is still there."""
    with _LOCK:
        found = _FILES.pop(token, None)
    if found is not None:
        found.path.unlink(missing_ok=True)


def drop_closed(is_open: Callable[[str], bool]) -> None:
    """Delete what closed sessions sent and no page has taken."""
    with _LOCK:
        gone = [token for token, one in _FILES.items() if not is_open(one.session)]
    for token in gone:
        drop(token)
