"""Under which reference each repository was fetched: a hub's own name does not tell ViT-B-32/openai."""

from __future__ import annotations

import json
from pathlib import Path

from mmalign_core.models.places import own_folder
from mmalign_core.settings import Settings


def fetched_as(settings: Settings | None = None) -> dict[str, str]:
    """Repository -> the reference it was fetched by; {} where nothing was noted, or the note is damaged."""
    try:
        noted = json.loads(_note(settings).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {k: v for k, v in noted.items() if isinstance(v, str)} if isinstance(noted, dict) else {}


def remember(repository: str, reference: str, settings: Settings | None = None) -> None:
    """Note it, in place of what was noted for the repository before."""
    note = _note(settings)
    note.parent.mkdir(parents=True, exist_ok=True)
    part = note.with_suffix(".part")
    part.write_text(json.dumps(fetched_as(settings) | {repository: reference}, indent=1), encoding="utf-8")
    part.replace(note)


def _note(settings: Settings | None) -> Path:
    return own_folder(settings) / "fetched.json"
