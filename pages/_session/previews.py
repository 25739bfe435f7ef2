"""The preview of a session: which folder or upload a person looks at before opening it, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mmalign_core.types import BadInput
from mmalign_core.wording import say
from mmalign_core.workflow import Preview, preview_collection, preview_uploads, upload_files
from pages._session import cache, state
from pages._session.links import roles_text

_ASKED, _SEEN, _GIVEN = "preview.source", "preview.seen", "preview.given"


def ask(kind: str, value: str) -> None:
    """Look at a folder, by its path, or at an upload, by its digest."""
    state.kept()[_ASKED] = {"kind": kind, "value": value}
    state.kept()[_SEEN] = {}
    state.kept()[_GIVEN] = {}


def asked() -> Mapping[str, str] | None:
    """What is looked at: its kind and value; None if nothing is."""
    return state.kept().get(_ASKED)


def close() -> None:
    """Look at nothing."""
    state.kept().pop(_ASKED, None)
    state.kept().pop(_SEEN, None)
    state.kept().pop(_GIVEN, None)


def given() -> Mapping[str, str]:
    """Column -> the role that the person gave it."""
    return state.kept()[_GIVEN]


def give(roles: Mapping[str, str]) -> None:
    """Keep the roles that the person gave so far."""
    state.kept()[_GIVEN] = dict(roles)


def look(source: Mapping[str, str], roles: Mapping[str, str]) -> Preview:
    """What reading the source with these roles of columns would give; kept until another is asked for.

    BadInput as `mmalign_core.workflow.preview_collection` raises it.
    """
    seen: dict[str, Any] = state.kept()[_SEEN]
    key = roles_text(roles)
    if key not in seen:
        seen[key] = _looked(source, roles)
    return seen[key]


def _looked(source: Mapping[str, str], roles: Mapping[str, str]) -> Preview:
    settings = cache.settings_for(source)
    if source["kind"] == "folder":
        return preview_collection(source["value"], roles=roles, settings=settings)
    if settings.scratch is None:
        raise BadInput(say("these uploaded files are no longer here; upload them again"))
    return preview_uploads(upload_files(settings.scratch), roles=roles, settings=settings)
