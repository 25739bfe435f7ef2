"""Files of a model repository: from the local cache, else from the hub with a limit on every wait."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

from mmalign_core.types import BadInput

WAIT = 10.0
"""Seconds until a hub that does not answer counts as unreachable."""
TOKENIZER_FILES = (
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "vocab.txt",
    "merges.txt",
    "*.model",
)


def hub_file(repository: str, names: Sequence[str]) -> Path:
    """The first of these files that the repository has: as cached, else downloaded.

    BadInput in one line says what was asked for, where it was looked for and which command fetches it.
    """
    from huggingface_hub import constants, hf_hub_download

    def cached(name: str) -> Path:
        return Path(hf_hub_download(repository, name, cache_dir=constants.HF_HUB_CACHE, local_files_only=True))

    def fetched(name: str) -> Path:
        return Path(hf_hub_download(repository, name, cache_dir=constants.HF_HUB_CACHE, etag_timeout=WAIT))

    found = _first(cached, names, online=False)
    if found is None:
        check_hub(repository)
        found = _asked(repository, lambda: _first(fetched, names, online=True))
    if found is None:
        raise BadInput(f"open-clip: repository '{repository}' on {constants.ENDPOINT} has no {' nor '.join(names)}")
    return found


def hub_tokenizer(repository: str) -> Path:
    """A local folder with the repository's tokenizer and settings; BadInput as `hub_file`. A folder is itself."""
    from huggingface_hub import constants, snapshot_download

    if os.path.isdir(repository):
        return Path(repository)
    where: dict[str, Any] = {"cache_dir": constants.HF_HUB_CACHE, "allow_patterns": list(TOKENIZER_FILES)}
    folder = _first(lambda name: Path(snapshot_download(name, local_files_only=True, **where)), [repository], False)
    if folder is None or not any(folder.glob("*token*")):
        check_hub(repository)
        folder = _asked(repository, lambda: Path(snapshot_download(repository, etag_timeout=WAIT, **where)))
    return folder


def check_hub(repository: str) -> None:
    """BadInput, within `WAIT` seconds, if the hub may not be asked, does not answer or has no such repository.

    Its own client tries six times, which takes minutes where nothing answers.
    """
    from huggingface_hub import constants

    if constants.HF_HUB_OFFLINE:
        raise BadInput(_missing(repository, "HF_HUB_OFFLINE forbids to ask the hub"))
    status = _within(WAIT, lambda: _status(f"{constants.ENDPOINT}/api/models/{repository}"))
    if status is None:
        raise BadInput(_missing(repository, f"{constants.ENDPOINT} does not answer"))
    if status in (401, 403, 404):
        why = f"{constants.ENDPOINT} shows no such repository (status {status}): the name is wrong, or it wants a login"
        raise BadInput(_missing(repository, why))


def _missing(repository: str, why: str) -> str:
    from huggingface_hub import constants

    return (
        f"open-clip: '{repository}' is not in the cache {constants.HF_HUB_CACHE}, and {why}; "
        f"where the hub can be reached: hf download {repository}"
    )


def _first(get: Callable[[str], Path], names: Sequence[str], online: bool) -> Path | None:
    """What `get` gives for the first name that is there; online, a broken connection is no answer and passed on."""
    from huggingface_hub.errors import EntryNotFoundError, LocalEntryNotFoundError

    for name in names:
        try:
            return get(name)
        except (EntryNotFoundError, LocalEntryNotFoundError) as error:
            if online and isinstance(error, LocalEntryNotFoundError):
                raise
    return None


def _asked(repository: str, get: Callable[[], Any]) -> Any:
    """What `get` gives; BadInput for whatever the network, the hub or the disk refuses."""
    import httpx
    from huggingface_hub.errors import HfHubHTTPError

    try:
        return get()
    except (HfHubHTTPError, httpx.HTTPError, OSError, ValueError) as error:
        said = " ".join(str(error).split())[:160]
        raise BadInput(_missing(repository, f"the download failed ({type(error).__name__}: {said})")) from error


def _status(url: str) -> int:
    import httpx

    return httpx.head(url, timeout=WAIT, follow_redirects=True).status_code


def _within(seconds: float, call: Callable[[], int]) -> int | None:
    """What the call gives in that time, else None: looking up a name knows no limit of its own."""
    import httpx

    found: list[int] = []

    def work() -> None:
        try:
            found.append(call())
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return

    worker = Thread(target=work, daemon=True, name="ask the hub")
    worker.start()
    worker.join(seconds)
    return found[0] if found else None
