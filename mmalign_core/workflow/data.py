"""Use case: open a collection, from files or the embedded demo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmalign_core.data import read_collection
from mmalign_core.data.demo import VERSION, write_demo
from mmalign_core.settings import Settings
from mmalign_core.triage.repair import Action, Change, changed_collection
from mmalign_core.types import Collection, Progress, no_progress
from mmalign_core.wording import say

DEMO_NAME = say("Demo collection")
"""What the demo is called wherever it is shown: the name of its folder is a version."""
PLANTED_NAME = "Demo with planted wrong pairs"
PLANTED, SWAPPED, OWN = "planted", "caption of another item", "its own caption"
"""The column that says which captions were exchanged, and its two values."""
_PLANTED_SHARE, _SEED = 0.1, 7
"""Share of the captions that are exchanged, as in benchmarks/planted_faults.py, and the seed that draws them. Our
choice."""


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


def demo_folder(settings: Settings) -> Path:
    """Where the embedded demo lies, or will be written on first use."""
    return settings.root / "demo" / VERSION


def open_demo(*, settings: Settings | None = None, progress: Progress = no_progress) -> Collection:
    """Return the embedded demo. It is written below the store's root on first use (about seven seconds)."""
    settings = settings or Settings()
    written = write_demo(demo_folder(settings), progress=progress)
    return replace(read_collection(written, settings=settings), name=DEMO_NAME)


def open_planted_demo(*, settings: Settings | None = None, progress: Progress = no_progress) -> Collection:
    """Return the demo with one caption in ten exchanged among themselves, the same in every process.

    It shows what finding and repairing wrong pairs is worth where the wrong ones are known. The column "planted" says
    which they are; nothing that judges pairs reads it.
    """
    demo = open_demo(settings=settings, progress=progress)
    drawn = np.random.default_rng(_SEED).choice(len(demo.ids), round(_PLANTED_SHARE * len(demo.ids)), replace=False)
    wrong = [demo.ids[int(at)] for at in drawn]
    lent = zip(wrong, [wrong[-1], *wrong[:-1]])
    swapped = changed_collection(demo, [Change(item, "text", Action.REPLACE, other) for item, other in lent])
    said = dict.fromkeys(wrong, SWAPPED)
    items = demo.items.assign(**{PLANTED: [said.get(item, OWN) for item in demo.ids]})
    return replace(swapped, items=items, skipped=demo.skipped, name=PLANTED_NAME, digest="")
