"""Where the files of an OpenCLIP model's repositories lie on this machine; no network is asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmalign_core.data.names import shown
from mmalign_core.models.locations import hub_cache, is_repository, own_folder, snapshot
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput


def repository_file(repository: str, names: Sequence[str], reference: str, settings: Settings | None = None) -> Path:
    """The first of these files that the repository's copy among our models, or in the hub's cache, holds.

    BadInput if none is here: what was asked for, where it was looked for, and the command that fetches all that
    `reference` needs.
    """
    if not isinstance(repository, str) or not is_repository(repository):
        named = f"the settings of '{shown(reference)}' name '{shown(repository)}'"
        raise BadInput(f"open-clip: {named}, which is no repository; refused")
    own = own_folder(settings) / repository
    for folder in (own, snapshot(repository)):
        found = [folder / name for name in names if folder and (folder / name).is_file()]
        if found:
            return found[0]
    raise BadInput(
        f"model '{shown(reference)}' is not here: {' or '.join(names)} of '{repository}' was looked for in {own} "
        f"and in the hub's cache {hub_cache()}; get it with: python -m mmalign_core fetch {reference}"
    )
