"""Use case: captions for pictures without a text, by a model on a server, each marked as made by it."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.media.images import decode_image
from mmalign_core.encoders.servers.base import NotAsked
from mmalign_core.language.captions import PROMPT, CaptionServer
from mmalign_core.servers.requests import NoAnswer
from mmalign_core.settings import Settings
from mmalign_core.types import MODALITIES, BadInput, Collection, Media, Progress, Skipped, no_progress
from mmalign_core.workflow.alignment.model_texts import TEXT_BY

__all__ = ["PROMPT", "CaptionServer", "Captions", "caption_items"]

_FAILED_IN_A_ROW = 3
"""Pictures in a row without a caption after which a server counts as gone; our choice."""


@dataclass(frozen=True)
class Captions:
    """Captions by item, who made them, what was left out, and why it ended early ('' if it did not)."""

    collection: Collection
    texts: Mapping[str, str]
    made_by: str
    skipped: tuple[Skipped, ...]
    wanted: int
    ended: str = ""

    def report(self) -> dict[str, Any]:
        """The output of `caption --json`."""
        return {
            "items": len(self.collection.ids),
            "without_text": self.wanted,
            "captioned": len(self.texts),
            "made_by": self.made_by,
            "skipped": [one.report() for one in self.skipped],
            "ended": self.ended,
        }

    def manifest(self, folder: Path) -> pd.DataFrame:
        """A row for each item: its texts, files (relative to `folder` where they lie below it) and metadata.

        The column text_by names the model for captions and is empty for texts of people.
        """
        held = _by_item(self.collection)
        earlier = _strings(self.collection.items, TEXT_BY)
        present = [m for m in MODALITIES[1:] if m in self.collection.modalities or m == "image"]
        rows = []
        for item in self.collection.ids:
            media, made = held.get(item, {}), item in self.texts
            texts = [self.texts[item]] if made else [one.text or "" for one in media.get("text", ())]
            row = {"id": item, "text": _cell(texts), TEXT_BY: self.made_by if made else earlier.get(item, "")}
            rows.append(row | {m: _cell([_place(one, folder) for one in media.get(m, ())]) for m in present})
        table = pd.DataFrame(rows, columns=["id", "text", TEXT_BY, *present])
        others = self.collection.items.drop(columns=[c for c in table.columns if c in self.collection.items.columns])
        return pd.concat([table, others.reset_index(drop=True)], axis=1)


def caption_items(
    collection: Collection,
    server: CaptionServer,
    *,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> Captions:
    """Captions for the items that have a picture and no text, by the first picture of each.

    What was made before a server went is returned, with the reason. Raises NotAsked with the number of pictures before
    anything is sent, unless the settings allow it, and BadInput if every item has a text.
    """
    settings = settings or Settings()
    held = _by_item(collection)
    wanted = [media["image"][0] for media in held.values() if "image" in media and "text" not in media]
    if not wanted:
        raise BadInput(f"every picture of '{collection.name}' has a text already; there is nothing to describe")
    if not settings.send:
        raise NotAsked(
            f"{len(wanted):,} pictures would be sent to {server.address.host} for '{server.model}', one a request, at "
            "the server's price; nothing was sent: add --send if it may, or set MMALIGN_SEND=yes"
        )
    return _asked(collection, server, wanted, settings, progress)


def _asked(
    collection: Collection, server: CaptionServer, wanted: Sequence[Media], settings: Settings, progress: Progress
) -> Captions:
    texts: dict[str, str] = {}
    skipped: list[Skipped] = []
    failed, ended = 0, ""
    for place, medium in enumerate(wanted):
        progress(place / len(wanted), f"describing {place:,} of {len(wanted):,} pictures")
        try:
            pixels = _pixels(medium, settings)
        except BadInput as error:
            skipped.append(Skipped(medium.item, "image", str(error), medium.path or ""))
            continue
        try:
            texts[medium.item], failed = server.caption(pixels), 0
        except BadInput as error:
            failed += 1
            skipped.append(Skipped(medium.item, "image", str(error), medium.path or ""))
            if isinstance(error, NoAnswer) or failed == _FAILED_IN_A_ROW:
                ended = str(error)
                break
    progress(1.0, f"{len(texts):,} pictures described")
    return Captions(collection, texts, server.made_by, tuple(skipped), len(wanted), ended)


def _pixels(medium: Media, settings: Settings) -> np.ndarray:
    if medium.path is None:
        raise BadInput(f"item '{medium.item}': the picture has no file; give its path")
    return np.asarray(decode_image(medium.path, settings))


def _by_item(collection: Collection) -> dict[str, dict[str, list[Media]]]:
    found: dict[str, dict[str, list[Media]]] = {}
    for medium in collection.media:
        found.setdefault(medium.item, {}).setdefault(medium.modality, []).append(medium)
    return found


def _strings(items: pd.DataFrame, column: str) -> dict[str, str]:
    return {} if column not in items.columns else {str(k): str(v) for k, v in items[column].dropna().items()}


def _place(medium: Media, folder: Path) -> str:
    path = Path(os.path.abspath(medium.path or ""))
    return str(path.relative_to(folder)) if path.is_relative_to(folder) else str(path)


def _cell(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else json.dumps(list(values), ensure_ascii=False) if values else ""
