"""Under which reference each repository was fetched: a hub's own name does not tell ViT-B-32/openai."""

from __future__ import annotations

import json
from pathlib import Path

from mmalign_core.models.places import own_folder
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


def fetched_as(settings: Settings | None = None) -> dict[str, str]:
    """Repository -> the reference it was fetched by; {} where nothing was noted, or the note is damaged."""
    try:
        noted = json.loads(_note(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {k: v for k, v in noted.items() if isinstance(v, str)} if isinstance(noted, dict) else {}


def remember(repository: str, reference: str, settings: Settings | None = None) -> None:
    """Note it, in place of what was noted for the repository before.

    BadInput where the file holds JSON that is no such note: another program wrote it, and it is kept.
    """
    note = _note(settings)
    _refuse_foreign(note)
    note.parent.mkdir(parents=True, exist_ok=True)
    part = note.with_suffix(".part")
    part.write_text(json.dumps(fetched_as(settings) | {repository: reference}, indent=1), encoding="utf-8")
    part.replace(note)


def _note(settings: Settings | None) -> Path:
    return own_folder(settings) / "fetched.json"


def _refuse_foreign(note: Path) -> None:
    """A note that cannot be read as JSON is a damaged one of ours, and is made anew."""
    try:
        found = json.loads(note.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return
    if not isinstance(found, dict) or not all(isinstance(reference, str) for reference in found.values()):
        raise BadInput(f"'{note}' was not written by this program; move it away, then fetch again")
