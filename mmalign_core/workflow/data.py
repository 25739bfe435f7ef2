"""Use case: open a collection, from files or the embedded demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mmalign_core.data import read_collection
from mmalign_core.data.demo import VERSION, write_demo
from mmalign_core.settings import Settings
from mmalign_core.types import Collection, Progress, no_progress
from mmalign_core.wording import say

DEMO_NAME = say("Demo collection")
"""What the demo is called wherever it is shown: the name of its folder is a version."""


def open_collection(
    data: str | Path,
    *,
    interactions: str | Path | None = None,
    roles: Mapping[str, str] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Collection:
    """Read a folder, manifest, zip or tar; see `mmalign_core.data.read_collection`."""
    settings = settings or Settings()
    return read_collection(data, interactions=interactions, roles=roles, settings=settings, progress=progress)


def open_demo(*, settings: Settings | None = None, progress: Progress = no_progress) -> Collection:
    """Return the embedded demo. It is written below the store's root on first use (about ten seconds)."""
    settings = settings or Settings()
    folder = settings.root / "demo" / VERSION
    return replace(read_collection(write_demo(folder, progress=progress), settings=settings), name=DEMO_NAME)
