"""Download of one file from a hub: resumed after an interruption, and verified before it enters the cache."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from mmalign_core.data.names import shown
from mmalign_core.model_files.hub import HubFile, Repository, endpoint, hub_http, out_of_reach
from mmalign_core.model_files.locations import cached_repository, hub_cache
from mmalign_core.store.exchanges import sync
from mmalign_core.store.file_writes import fill_file, write_file
from mmalign_core.store.parts import remove_parts
from mmalign_core.types import BadInput

TRIES = 3
"""Connections in a row without any data after which a download fails. Chosen: a single lost connection is common."""
_CHUNK = 1 << 20
"""Bytes per read. Chosen: 1 MiB, so that progress and cancelling respond at once."""
_LOOK = 0.5
"""Seconds from one look at a lock that another process holds to the next; our choice: cancelling responds at once."""
_WAIT = 15.0
"""Seconds without a byte after which a connection counts as cut."""

Bytes = Callable[[int], None]
"""Callback with the number of bytes on disk. It may raise Cancelled; the downloaded part is kept."""


def blob_path(repository: Repository, file: HubFile) -> Path:
    """The path of the file's content in the cache."""
    return cached_repository(repository.name) / "blobs" / file.digest


def bytes_here(repository: Repository, file: HubFile) -> int:
    """The number of bytes of the file on this machine, complete or partial."""
    whole, part = blob_path(repository, file), _part(repository, file)
    return next((path.stat().st_size for path in (whole, part) if path.is_file()), 0)


@contextmanager
def _on_disk() -> Iterator[None]:
    """Raise errors of the disk (full, read-only, no permission) as BadInput."""
    try:
        yield
    except OSError as error:
        why = error.strerror or type(error).__name__
        words = "make room, or set HF_HUB_CACHE to a folder that can be written; what came is kept"
        raise BadInput(f"cannot write to {shown(hub_cache())} ({why}); {words}") from error


def pointer_name(repository: Repository, file: HubFile) -> str:
    """The name of the file in the repository's folder in the cache, where the hub's libraries look for it."""
    return f"snapshots/{repository.commit}/{file.name}"


@_on_disk()
def download(repository: Repository, file: HubFile, report: Bytes) -> bool:
    """Download the missing part of a file. Return whether this process did: another one may have it ready first.

    Raises BadInput if the connection fails repeatedly, the disk is full, or the content differs from the hub's digest.
    A partial download is kept for the next attempt unless it is wrong. One process at a time fetches a file.
    """
    whole, part = blob_path(repository, file), _part(repository, file)
    if _is_whole(whole, file):
        return False
    part.parent.mkdir(parents=True, exist_ok=True)
    with _alone(repository, file, report):
        if _is_whole(whole, file):
            return False
        _check_space(file.size - bytes_here(repository, file))
        _fill(repository, file, part, report)
        if _digest(part, file) != file.digest:
            part.unlink()
            raise BadInput(f"'{file.name}' of '{repository.name}' arrived damaged and was deleted; fetch it again")
        sync(part)
        part.replace(whole)
        sync(whole.parent)
    return True


def _is_whole(whole: Path, file: HubFile) -> bool:
    return whole.is_file() and whole.stat().st_size == file.size


@contextmanager
def _alone(repository: Repository, file: HubFile, report: Bytes) -> Iterator[None]:
    """Wait until no other process fetches the file. The lock is the one that the hub's library takes."""
    held = cached_repository(repository.name)
    path = hub_cache() / ".locks" / held.name / f"{file.digest}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = FileLock(path)
    while True:
        try:
            lock.acquire(timeout=_LOOK)
            break
        except Timeout:
            report(bytes_here(repository, file))  # it may raise Cancelled
    try:
        yield
    finally:
        lock.release()


@_on_disk()
def link(repository: Repository, file: HubFile) -> None:
    """Link the content into the cache's snapshot of the commit, where the hub's libraries look for it."""
    held = cached_repository(repository.name)
    pointer = held / pointer_name(repository, file)
    pointer.parent.mkdir(parents=True, exist_ok=True)
    if pointer.exists():
        return
    climb = Path(*[".."] * (2 + len(Path(file.name).parts) - 1))
    remove_parts(pointer.parent)
    pointer.unlink(missing_ok=True)  # a link to a content that is gone
    try:
        pointer.symlink_to(climb / "blobs" / file.digest)
    except FileExistsError:  # another process was faster
        return
    except OSError:  # systems or disks without symbolic links
        with (held / "blobs" / file.digest).open("rb") as source:
            fill_file(pointer, lambda out: shutil.copyfileobj(source, out))


@_on_disk()
def name_main(repository: Repository) -> None:
    """Record the commit as the main branch. Call it last, after all files are complete."""
    path = cached_repository(repository.name) / "refs" / "main"
    remove_parts(path.parent)
    write_file(path, repository.commit.encode())


def _part(repository: Repository, file: HubFile) -> Path:
    """The path of the partial download. It is the same in every process, unlike the library's, so it can be resumed."""
    return blob_path(repository, file).with_suffix(".part")


def _check_space(needed: int) -> None:
    free = shutil.disk_usage(next(p for p in (hub_cache(), *hub_cache().parents) if p.is_dir())).free
    if needed > free:
        where = f"{needed / 1e6:,.0f} MB are needed in {hub_cache()} and {free / 1e6:,.0f} MB are free"
        raise BadInput(f"{where}; make room, or set HF_HOME to a folder on another disk")


def _fill(repository: Repository, file: HubFile, part: Path, report: Bytes) -> None:
    """Append the missing bytes to the part. Reconnects while connections bring data, and TRIES times without data."""
    http, left = hub_http(), TRIES
    while (have := part.stat().st_size if part.is_file() else 0) < file.size or not part.is_file():
        cut: Exception | None = None
        try:
            _stream(repository, file, part, have, report)
        except http.HTTPStatusError as error:
            raise BadInput(out_of_reach(error)) from error
        except http.HTTPError as error:
            cut = error
        left = TRIES if part.is_file() and part.stat().st_size > have else left - 1
        if left <= 0:
            kept = f"{have / 1e6:,.1f} of {file.size / 1e6:,.1f} MB of '{file.name}' are kept"
            raise BadInput(f"the connection is cut: {kept}; run the same command again to go on") from cut
    if part.stat().st_size > file.size:
        part.unlink()
        raise BadInput(f"'{file.name}' of '{repository.name}' is longer than the hub says; nothing of it was kept")


def _stream(repository: Repository, file: HubFile, part: Path, have: int, report: Bytes) -> None:
    """Append the bytes of one connection to the part. If the server ignores the range, write it from the start."""
    from huggingface_hub import get_session, hf_hub_url
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repository.name, file.name, revision=repository.commit, endpoint=endpoint())
    headers = {**build_hf_headers(), "Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
    options: dict[str, Any] = {"headers": headers, "timeout": _WAIT, "follow_redirects": True}
    with get_session().stream("GET", url, **options) as response:
        response.raise_for_status()
        resumed = have > 0 and response.status_code == 206
        with part.open("ab" if resumed else "wb") as out:
            for chunk in response.iter_bytes():
                out.write(chunk)
                report(out.tell())
                if out.tell() > file.size:
                    return


def _digest(path: Path, file: HubFile) -> str:
    """The hub's digest of the content: SHA-256 for large files, git's SHA-1 for the others."""
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(b"blob %d\0" % path.stat().st_size)
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
