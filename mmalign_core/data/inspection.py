"""Inspection of a collection: every medium is decoded once, usable media are counted, duplicates are found."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import combinations
from typing import Any

import numpy as np

from mmalign_core.data.duplicates import Fingerprint, fingerprint, normalised_text
from mmalign_core.data.faults import Fault, count_blanks, count_duplicates, find_blanks, find_duplicates
from mmalign_core.data.media.images import decode_image, image_size
from mmalign_core.data.media.levels import PictureLevels, SoundLevels, picture_levels, sound_levels
from mmalign_core.data.media.sounds import read_audio
from mmalign_core.data.media.videos import decode_video
from mmalign_core.settings import Settings
from mmalign_core.types import MODALITIES, BadInput, Collection, Media, Progress, Skipped, no_progress

_AHEAD = 8
"""Media queued per thread; our choice: no thread is idle, and memory stays small."""
_MEDIA_PER_REPORT = 25
"""Media from one report of the progress to the next; our choice."""
_SMALL = (64, 64)
"""Pixels that a JPEG keeps when it is decoded at reduced scale: the cells of its levels, twice a thumbnail's side."""
_VIDEO_FRAMES = 8
"""Frames decoded to see that a video can be read: the fewest that `decode_video` keeps of a longer one."""


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
        skipped = [{"id": s.id, "modality": s.modality, "reason": s.reason} for s in self.skipped]
        metadata = [dict(m) for m in self.metadata]
        whole = asdict(self) | {"skipped": skipped, "metadata": metadata, "notes": list(self.notes)}
        lists = ("all_duplicates", "all_blank", "damaged")
        return {name: value for name, value in whole.items() if name not in lists} | {"blank": self.blank}


@dataclass(frozen=True)
class _Facts:
    """Facts of one decoded medium: numbers by name, the key by which near duplicates are found, and its levels."""

    numbers: Mapping[str, float]
    near: Fingerprint | str | None = None
    levels: PictureLevels | SoundLevels | None = None


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
    usable, facts, failed = [], [], []
    for medium, result in _decoded(collection.media, settings, progress, threads or settings.threads):
        if isinstance(result, BadInput):
            failed.append(Skipped(medium.item, medium.modality, str(result), medium.path or ""))
        else:
            usable.append(medium)
            facts.append(result)
    skipped = (*collection.skipped, *failed)
    holders = _holders(collection, usable)
    duplicates = find_duplicates(usable, [fact.near for fact in facts])
    return Inspection(
        name=collection.name,
        items=len(collection.items),
        by_modality={m: _modality(m, holders[m], usable, facts, skipped, collection) for m in holders},
        pairs={f"{a}:{b}": len(holders[a] & holders[b]) for a, b in combinations(sorted(holders), 2)},
        skipped=skipped,
        duplicates=count_duplicates(duplicates),
        metadata=tuple(_column(collection, name) for name in collection.items.columns),
        interactions=_interactions(collection),
        attribution=collection.attribution,
        notes=collection.notes,
        all_duplicates=duplicates,
        all_blank=find_blanks(usable, [fact.levels for fact in facts]),
        damaged=tuple(failed),
    )


def _decoded(
    media: Sequence[Media], settings: Settings, progress: Progress, threads: int
) -> Iterator[tuple[Media, _Facts | BadInput]]:
    """Every medium in order with its facts, or with the error; the threads decode a few ahead."""
    workers = ThreadPoolExecutor(threads, thread_name_prefix="inspect")
    waiting: deque[tuple[Media, Future[_Facts | BadInput]]] = deque()
    try:
        for number, medium in enumerate(media):
            waiting.append((medium, workers.submit(_facts, medium, settings)))
            if len(waiting) > threads * _AHEAD:
                first, future = waiting.popleft()
                yield first, future.result()
            if number % _MEDIA_PER_REPORT == 0:
                progress(number / len(media), f"decoding {number:,} of {len(media):,}")
        while waiting:
            first, future = waiting.popleft()
            yield first, future.result()
        progress(1.0, f"{len(media):,} decoded")
    finally:
        workers.shutdown(wait=True, cancel_futures=True)


def _facts(medium: Media, settings: Settings) -> _Facts | BadInput:
    try:
        return _DESCRIBE[medium.modality](medium, settings)
    except BadInput as error:
        return error


def _text_facts(medium: Media, settings: Settings) -> _Facts:
    return _Facts({"characters": len(medium.text or "")}, normalised_text(medium.text or ""))


def _image_facts(medium: Media, settings: Settings) -> _Facts:
    image = decode_image(medium.path or "", settings, at_least=_SMALL)
    width, height = image_size(medium.path or "")
    return _Facts({"width": width, "height": height}, fingerprint(image), picture_levels(image))


def _audio_facts(medium: Media, settings: Settings) -> _Facts:
    samples, rate = read_audio(medium.path or "", settings)
    numbers = {"seconds": round(len(samples) / rate, 3), "rate": rate}
    return _Facts(numbers, levels=sound_levels(samples, rate))


def _video_facts(medium: Media, settings: Settings) -> _Facts:
    seen = decode_video(medium.path or "", settings, most=_VIDEO_FRAMES)
    return _Facts({"width": seen.width, "height": seen.height, "seconds": round(seen.seconds, 3)})


_DESCRIBE: dict[str, Callable[[Media, Settings], _Facts]] = {
    "text": _text_facts,
    "image": _image_facts,
    "audio": _audio_facts,
    "video": _video_facts,
}


def _holders(collection: Collection, usable: Sequence[Media]) -> dict[str, set[str]]:
    """Modality -> ids of the items with a usable medium or vector of it, for every modality that occurs."""
    holders: dict[str, set[str]] = {}
    for modality in MODALITIES:
        items = {m.item for m in usable if m.modality == modality}
        items |= set(collection.vectors[modality].ids) if modality in collection.vectors else set()
        if items:
            holders[modality] = items
    return holders


def _modality(
    modality: str,
    items: set[str],
    usable: Sequence[Media],
    facts: Sequence[_Facts],
    skipped: Sequence[Skipped],
    collection: Collection,
) -> dict[str, Any]:
    """Counts of one modality, and the lowest, median and highest of each number of its media."""
    of_it = [f.numbers for m, f in zip(usable, facts) if m.modality == modality]
    given = collection.vectors.get(modality)
    counts = {"items": len(items), "usable": len(of_it), "skipped": sum(s.modality == modality for s in skipped)}
    rates = Counter(int(n["rate"]) for n in of_it if "rate" in n)
    ranges = {name: _range([n[name] for n in of_it]) for name in (of_it[0] if of_it else ()) if name != "rate"}
    extra: dict[str, Any] = {"rates": {str(rate): count for rate, count in sorted(rates.items())}} if rates else {}
    if given is not None:
        extra["given_vectors"] = {"rows": len(given), "dim": given.vectors.shape[1]}
    return counts | ranges | extra


def _range(values: Sequence[float]) -> dict[str, float]:
    return {"min": float(min(values)), "median": float(np.median(values)), "max": float(max(values))}


def _column(collection: Collection, name: str) -> dict[str, Any]:
    """Name, kind, and numbers of missing and distinct values of a metadata column."""
    values = collection.items[name]
    kind = {"b": "boolean", "i": "number", "u": "number", "f": "number"}.get(values.dtype.kind, "text")
    present = values.dropna()
    missing = len(values) - len(present)
    return {"name": name, "kind": kind, "missing": missing, "distinct": len(present.unique())}


def _interactions(collection: Collection) -> dict[str, int] | None:
    frame = collection.interactions
    if frame is None:
        return None
    return {"rows": len(frame), "users": len(frame["user_id"].unique()), "items": len(frame["item_id"].unique())}
