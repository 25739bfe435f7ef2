"""Queries to a hub for the files of a repository and their sizes, with a time limit."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from importlib import import_module
from threading import Thread
from time import monotonic
from typing import Any, TypeVar

from mmalign_core.data.names import shown
from mmalign_core.model_files.catalogue import KNOWN, nearest
from mmalign_core.types import BadInput

PATIENCE = 20.0
"""Seconds without an answer after which a hub counts as unreachable. Chosen: as long as a person waits."""

LONGEST = 32 << 20
"""Bytes of a description that are read. Chosen: 200 bytes a file leave room for 160,000 files."""
_CHUNK = 1 << 16
"""Bytes of a description that are read at a time; our choice."""
_DIGEST = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

_NO_HUB = (ValueError, TypeError, LookupError, AttributeError)
"""Errors that the hub's library raises for an answer that is not a hub's, such as a login page."""

T = TypeVar("T")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository: size in bytes and digest, which is SHA-256 if `sha256`, else git's SHA-1."""

    name: str
    size: int
    digest: str
    sha256: bool


@dataclass(frozen=True)
class Repository:
    """A repository at one commit. `licence`: '' if its card states none."""

    name: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]


def endpoint() -> str:
    """The hub's address: HF_ENDPOINT, else the public hub."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def repository_info(name: str, patience: float = PATIENCE) -> Repository:
    """Return the repository at its main branch. Raises BadInput if the hub is unreachable or has no such model."""
    info = _answer(name, lambda: _described(name, patience), patience)
    files = tuple(_file(name, entry) for entry in info.siblings or ())
    if not _DIGEST.fullmatch(str(info.sha)):
        raise BadInput(f"the hub at {endpoint()} names no commit of '{name}'; set HF_ENDPOINT to another")
    card = info.card_data.to_dict() if info.card_data else {}
    stated = str(card.get("license") or "")
    named = str(card.get("license_name") or "") if stated in ("", "other") else ""
    return Repository(name, str(info.sha), named or stated, files)


def _described(name: str, patience: float) -> Any:
    """The hub's description of a repository, read up to LONGEST bytes and for `patience` seconds at most.

    The library's own request reads whatever a server sends. Raises ValueError for an answer that is longer, and as
    the library does for the others.
    """
    from huggingface_hub import get_session
    from huggingface_hub.hf_api import ModelInfo
    from huggingface_hub.utils import build_hf_headers, hf_raise_for_status, validate_repo_id

    validate_repo_id(name)
    until = monotonic() + patience
    options: dict[str, Any] = {"headers": build_hf_headers(), "params": {"blobs": True}, "timeout": patience / 2}
    with get_session().stream("GET", f"{endpoint()}/api/models/{name}", **options) as response:
        content = bytearray()
        for chunk in response.iter_bytes(_CHUNK):
            content += chunk
            if len(content) > LONGEST or monotonic() > until:
                raise ValueError("the answer does not end")
        response._content = bytes(content)  # what `read` would keep, for the messages of the next line
        hf_raise_for_status(response)
    return ModelInfo(**json.loads(content))


def _file(repository: str, entry: Any) -> HubFile:
    large = entry.lfs
    digest, size = (large.sha256, large.size) if large else (entry.blob_id, entry.size)
    if not _DIGEST.fullmatch(str(digest)) or not isinstance(size, int) or size < 0:
        name = f"'{shown(entry.rfilename)}' of '{repository}'"
        raise BadInput(f"the hub at {endpoint()} gives no digest and size for {name}; set HF_ENDPOINT to another")
    return HubFile(entry.rfilename, size, str(digest), bool(large))


def hub_http() -> Any:
    """The HTTP library of the installed huggingface_hub: httpx, or httpx2 from its version 2 on."""
    from huggingface_hub.utils import get_session

    return import_module(type(get_session()).__module__.partition(".")[0])


def _answer(name: str, request: Callable[[], T], patience: float) -> T:
    """The result of `request` within `patience` seconds, a hanging name server included. Raises BadInput on failure."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
    from huggingface_hub.errors import RepositoryNotFoundError as NotFound

    http = hub_http()
    try:
        return _within(request, patience)
    except GatedRepoError as error:
        raise BadInput(f"'{name}' requires that its terms are accepted; see {endpoint()}/{name}, and log in") from error
    except NotFound as error:
        near = nearest(name, (other for models in KNOWN.values() for other in models))
        raise BadInput(f"the hub at {endpoint()} has no model '{name}'{near}; check the name") from error
    except OfflineModeIsEnabled as error:
        raise BadInput("HF_HUB_OFFLINE is set, so nothing is fetched; unset it, or copy the model's folder") from error
    except HFValidationError as error:
        raise BadInput(f"'{shown(name)}' is no name on the hub; give ORGANISATION/NAME") from error
    except (HfHubHTTPError, http.HTTPError, TooLate, OSError, *_NO_HUB) as error:
        raise BadInput(out_of_reach(error)) from error


def out_of_reach(error: Any) -> str:
    """The message about a hub that does not answer, or gives an invalid answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    late = isinstance(error, (hub_http().TimeoutException, TooLate))
    why = "it does not answer as a hub does" if isinstance(error, _NO_HUB) else "no connection"
    why = f"it answers {status}" if status else "no answer in time" if late else why
    return (
        f"the hub at {endpoint()} cannot be reached ({why}); try again when online, set HF_ENDPOINT to a mirror, "
        "or copy the model's folder into the models folder (fetch --list names it)"
    )


def _within(request: Callable[[], T], seconds: float) -> T:
    """The result of `request`. Raises TimeoutError after `seconds`; its thread then ends with the program."""
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(request())
        except Exception as error:  # noqa: BLE001 - raised again by `result.result`
            result.set_exception(error)

    Thread(target=work, daemon=True, name="ask-hub").start()
    return result.result(seconds)
