"""Inspection of a collection: every medium is decoded once, usable media are counted, duplicates are found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from mmalign_core.data.faults import Fault, count_blanks, count_duplicates, find_blanks, find_duplicates
from mmalign_core.data.media_survey import SeenMedia, look_at
from mmalign_core.data.names import shown
from mmalign_core.data.ordered_texts import ordered_texts
from mmalign_core.settings import Settings
from mmalign_core.types import MODALITIES, Collection, EmbeddingSet, Progress, Skipped, Strings, no_progress
from mmalign_core.types.digests import arrow_texts
from mmalign_core.types.skips import count_skipped, one_line_each
from mmalign_core.types.strings import joined_strings

_NAMED = 5
"""Items that a note names; our choice: a line."""


@dataclass(frozen=True)
class Inspection:
    """What a collection holds.

    `items`: how many; `by_modality`: counts, and the lowest, median and highest of each number of the media, such as
    seconds or pixels; `pairs`: "a:b" -> items that have both modalities; `duplicates` and `blank` (pictures and sounds
    in which nothing is to be seen or heard): counts and examples; `all_duplicates` and `all_blank`: every one of them;
    `damaged`: media that cannot be decoded, also in `skipped`; `metadata`: kind, missing and distinct values of each
    column; `interactions`: counts, or None. `report` gives JSON.
    """

    name: str
    items: int
    by_modality: Mapping[str, Mapping[str, Any]]
    pairs: Mapping[str, int]
    skipped: tuple[Skipped, ...]
    duplicates: Mapping[str, Any]
    metadata: tuple[Mapping[str, Any], ...]
    interactions: Mapping[str, int] | None
    attribution: str
    notes: tuple[str, ...] = ()
    all_duplicates: tuple[Fault, ...] = ()
    all_blank: tuple[Fault, ...] = ()
    damaged: tuple[Skipped, ...] = ()

    @property
    def blank(self) -> dict[str, Any]:
        """How many pictures and sounds hold nothing, with the first examples."""
        return count_blanks(self.all_blank)

    def report(self) -> dict[str, Any]:
        """The inspection as the object that `inspect --json` prints: counts and examples, not every duplicate."""
        skipped = [one.report() for one in self.skipped]
        metadata = [dict(m) for m in self.metadata]
        whole = asdict(self) | {"skipped": skipped, "metadata": metadata, "notes": list(self.notes)}
        lists = ("all_duplicates", "all_blank", "damaged")
        return {name: value for name, value in whole.items() if name not in lists} | {"blank": self.blank}


def inspect_collection(
    collection: Collection,
    *,
    settings: Settings | None = None,
    progress: Progress = no_progress,
    threads: int | None = None,
) -> Inspection:
    """Decode every medium in `threads` worker threads (by default `settings.threads`) and describe the collection.

    A medium that cannot be decoded is added to the collection's `skipped`. Exact duplicates have equal bytes. Near
    duplicates are pictures that were resized or saved again, and texts that differ in case and punctuation alone;
    sounds and videos have none. Blank pictures and silent sounds are usable and counted.
    """
    settings = settings or Settings()
    seen, failed = look_at(collection.table, settings, progress, threads or settings.threads)
    skipped = (*collection.skipped, *one_line_each(failed))
    holders = _holders(collection, seen)
    duplicates = find_duplicates(seen)
    return Inspection(
        name=collection.name,
        items=len(collection.items),
        by_modality={
            m: _modality(m, int(held.sum()), seen.get(m), skipped, collection.vectors.get(m))
            for m, held in holders.items()
        },
        pairs={f"{a}:{b}": int((holders[a] & holders[b]).sum()) for a, b in combinations(sorted(holders), 2)},
        skipped=skipped,
        duplicates=count_duplicates(duplicates),
        metadata=tuple(_column(collection, name) for name in collection.items.columns),
        interactions=_interactions(collection),
        attribution=collection.attribution,
        notes=(*collection.notes, *_remarks(seen)),
        all_duplicates=duplicates,
        all_blank=find_blanks(seen),
        damaged=failed,
    )


def _remarks(seen: Mapping[str, SeenMedia]) -> Iterator[str]:
    """Sentences about files of which not all is used, one for each kind, with the first items."""
    for modality, one in seen.items():
        for remark, items in one.remarks.items():
            named = ", ".join(f"'{shown(item)}'" for item in items[:_NAMED])
            yield f"{len(items):,} {modality} file(s): it {remark} ({named}{', …' if len(items) > _NAMED else ''})"


def _holders(collection: Collection, seen: Mapping[str, SeenMedia]) -> dict[str, np.ndarray]:
    """Modality -> (n,) bool: which items have a usable medium or vector of it, for every modality that occurs."""
    given = collection.vectors
    columns = {m: [s.media.items] for m, s in seen.items() if len(s.media)}
    for modality, vectors in given.items():
        columns.setdefault(modality, []).append(Strings.of(vectors.ids))
    every = joined_strings([collection.ids, *(c for held in columns.values() for c in held if c != collection.ids)])
    distinct = every.numbered()[1] if len(every) > len(collection.ids) else every
    return {m: _among(distinct, columns[m]) for m in MODALITIES if m in columns}


def _among(items: Strings, columns: Sequence[Strings]) -> np.ndarray:
    found = np.zeros(len(items), bool)
    for column in columns:
        found |= True if column == items else items.among(column)
    return found


def _modality(
    modality: str, items: int, seen: SeenMedia | None, skipped: Sequence[Skipped], given: EmbeddingSet | None
) -> dict[str, Any]:
    """Counts of one modality, and the lowest, median and highest of each number of its media."""
    numbers = {} if seen is None or not len(seen.media) else dict(seen.numbers)
    usable = 0 if seen is None else len(seen.media)
    counts = {"items": items, "usable": usable, "skipped": count_skipped(skipped, modality)}
    rates = Counter(numbers.pop("rate", np.zeros(0)).astype(int).tolist())
    ranges = {name: _range(values) for name, values in numbers.items()}
    extra: dict[str, Any] = {"rates": {str(rate): count for rate, count in sorted(rates.items())}} if rates else {}
    if given is not None:
        extra["given_vectors"] = {"rows": len(given), "dim": given.vectors.shape[1]}
    return counts | ranges | extra


def _range(values: np.ndarray) -> dict[str, float]:
    return {"min": float(values.min()), "median": float(np.median(values)), "max": float(values.max())}


def _column(collection: Collection, name: str) -> dict[str, Any]:
    """Name, kind, and numbers of missing and distinct values of a metadata column."""
    values = pd.Series(collection.items[name])
    present = values.dropna()
    missing = len(values) - len(present)
    return {"name": name, "kind": _kind(values, present), "missing": missing, "distinct": len(present.unique())}


def _kind(values: pd.Series, present: pd.Series) -> str:
    """What a metadata column holds: boolean, number, date, duration or text."""
    if isinstance(values.dtype, pd.StringDtype):
        ordered = ordered_texts(arrow_texts(values))
        return "text" if ordered is None else ordered.kind
    if len(present) and all(isinstance(value, bool) for value in present.unique().tolist()):
        return "boolean"
    return "number" if pd.api.types.is_numeric_dtype(values) else "text"


def _interactions(collection: Collection) -> dict[str, int] | None:
    frame = collection.interactions
    if frame is None:
        return None
    return {"rows": len(frame), "users": len(frame["user_id"].unique()), "items": len(frame["item_id"].unique())}
