"""Query a hub for the files of a repository and their sizes, within a time limit."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as TooLate
from dataclasses import dataclass
from importlib import import_module
from threading import Thread
from typing import Any, TypeVar

from mmalign_core.data.names import shown
from mmalign_core.model_files.catalogue import KNOWN, nearest
from mmalign_core.types import BadInput

PATIENCE = 20.0
"""Seconds that a hub has to answer a question before it counts as out of reach."""

_DIGEST = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")

_NO_HUB = (ValueError, TypeError, LookupError, AttributeError)
"""What the hub's library raises of an answer that is no hub's: a login page, other JSON."""

T = TypeVar("T")


@dataclass(frozen=True)
class HubFile:
    """A file of a repository: bytes, and the digest that names it (`sha256` of large files, else git's)."""

    name: str
    size: int
    digest: str
    sha256: bool


@dataclass(frozen=True)
class Repository:
    """A repository at one commit; `licence` is '' where its card states none."""

    name: str
    commit: str
    licence: str
    files: tuple[HubFile, ...]


def endpoint() -> str:
    """The hub's address: HF_ENDPOINT, else the public one."""
    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or "https://huggingface.co"


def repository_info(name: str, patience: float = PATIENCE) -> Repository:
    """Return the repository at its main branch. Raises BadInput if the hub is unreachable or has no such model."""
    from huggingface_hub import HfApi

    def request() -> Any:
        return HfApi(endpoint=endpoint()).model_info(name, files_metadata=True, timeout=patience / 2)

    info = _answer(name, request, patience)
    files = tuple(_file(name, found) for found in info.siblings or ())
    if not _DIGEST.fullmatch(str(info.sha)):
        raise BadInput(f"the hub at {endpoint()} names no commit of '{name}'; set HF_ENDPOINT to another")
    card = info.card_data.to_dict() if info.card_data else {}
    return Repository(name, str(info.sha), str(card.get("license") or ""), files)


def _file(repository: str, found: Any) -> HubFile:
    large = found.lfs
    digest, size = (large.sha256, large.size) if large else (found.blob_id, found.size)
    if not _DIGEST.fullmatch(str(digest)) or not isinstance(size, int) or size < 0:
        named = f"'{shown(found.rfilename)}' of '{repository}'"
        raise BadInput(f"the hub at {endpoint()} gives no digest and size for {named}; set HF_ENDPOINT to another")
    return HubFile(found.rfilename, size, str(digest), bool(large))


def hub_http() -> Any:
    """The library through which the installed huggingface_hub speaks: httpx, from its version 2 on httpx2."""
    from huggingface_hub.utils import get_session

    return import_module(type(get_session()).__module__.partition(".")[0])


def _answer(name: str, request: Callable[[], T], patience: float) -> T:
    """The answer, or BadInput in the hub's place; a name server that hangs is waited for no longer than the rest."""
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, HFValidationError, OfflineModeIsEnabled
    from huggingface_hub.errors import RepositoryNotFoundError as NotFound

    http = hub_http()
    try:
        return _within(request, patience)
    except GatedRepoError as error:
        raise BadInput(f"'{name}' wants its terms accepted: do so at {endpoint()}/{name} and log in") from error
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
    """The error message for a hub that does not answer, or gives an invalid answer."""
    answered = getattr(getattr(error, "response", None), "status_code", None)
    late = isinstance(error, (hub_http().TimeoutException, TooLate))
    why = "it does not answer as a hub does" if isinstance(error, _NO_HUB) else "no connection"
    why = f"it answers {answered}" if answered else "no answer in time" if late else why
    return (
        f"the hub at {endpoint()} cannot be reached ({why}); try again when online, set HF_ENDPOINT to a mirror, "
        "or copy the model's folder into the models folder (fetch --list names it)"
    )


def _within(request: Callable[[], T], seconds: float) -> T:
    """What `request` gives, or TimeoutError: the thread that still waits ends with the program."""
    result: Future[T] = Future()

    def work() -> None:
        try:
            result.set_result(request())
        except Exception as error:  # noqa: BLE001 - handed to the caller, who raises it
            result.set_exception(error)

    Thread(target=work, daemon=True, name="ask-hub").start()
    return result.result(seconds)
