"""Use case: facts of a collection's media that show which are at fault. Levels are measured once and stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from PIL import Image

from mmalign_core.data import decode_image, decode_video, read_audio
from mmalign_core.data.media.levels import PictureLevels, SoundLevels, picture_levels, sound_levels
from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.spaces import is_known, reference_of
from mmalign_core.store import Store
from mmalign_core.triage.media_facts import MediaFacts, TextFacts, concept_facts, text_facts
from mmalign_core.types import BadInput, Collection, EmbeddingSet, Media, Progress, no_progress
from mmalign_core.wording import say, say_word

_VERSION = 1
"""Part of the keys under which levels are stored; it rises whenever they are measured otherwise."""
_BATCH = 256
"""Media measured from one write to the store to the next; our choice: a cancel loses seconds of work."""
_CELLS = (64, 64)
"""Pixels that a JPEG keeps when it is decoded at reduced scale: the cells of its levels."""
_VIDEO_FRAMES = 8
"""Frames by which a video is called blank: the fewest that `decode_video` keeps of a longer one."""

_Row = tuple[float, ...]


def media_facts(
    collection: Collection,
    encoders: Mapping[str, str],
    *,
    store: Store,
    encoded: Mapping[str, EmbeddingSet] | None = None,
    settings: Settings | None = None,
    progress: Progress = no_progress,
) -> MediaFacts:
    """Facts of the media of these modalities. `encoders`: modality -> encoder, or what made the vectors.

    `encoded`: modality -> vectors as encoded, with what their classifier saw.

    Media that cannot be decoded have no facts: the report on the data names them. Notes say which texts could not be
    measured against what their encoder reads, where its model is not here.
    """
    settings = settings or Settings()
    wanted = [m for m in encoders if m in collection.modalities]
    parts = {m: within(progress, at / len(wanted), (at + 1) / len(wanted)) for at, m in enumerate(wanted)}

    def levels(modality: str) -> dict[str, _Row]:
        if modality not in parts:
            return {}
        return _levels(collection.media_of(modality), modality, store, settings, parts[modality])

    pictures = {digest: _picture(row) for m in ("image", "video") for digest, row in levels(m).items()}
    sounds = {digest: SoundLevels(*row) for digest, row in levels("audio").items()}
    texts, usual, languages, notes = dict[str, TextFacts](), 0.0, tuple[str, ...](), tuple[str, ...]()
    if "text" in wanted:
        media = collection.media_of("text")
        read, languages, notes = _reading(media, encoders["text"], settings)
        texts, usual = text_facts(media, read, languages)
        parts["text"](1.0, say("{n:,} texts measured", n=len(media)))
    concepts = {key: seen for rows in (encoded or {}).values() for key, seen in concept_facts(rows).items()}
    return MediaFacts(pictures, sounds, texts, concepts, usual, languages, notes)


def _levels(
    media: Sequence[Media], modality: str, store: Store, settings: Settings, progress: Progress
) -> dict[str, _Row]:
    """Digest -> levels of the media that can be decoded, from the store where it holds them."""
    key, paths = f"levels-{modality}@{_VERSION}", {m.digest: m.path or "" for m in media}
    digests = [*paths]
    held = store.embeddings(key, digests)
    found = {digests[place]: tuple(row) for place, row in zip(held.rows, held.vectors.tolist())}
    rest = [digest for digest in digests if digest not in found]
    for start in range(0, len(rest), _BATCH):
        progress(start / len(rest), say("measuring {n:,} media: {modality}", n=len(rest), modality=modality))
        batch = rest[start : start + _BATCH]
        rows = dict(_measured([paths[digest] for digest in batch], batch, _MEASURES[modality], settings))
        if rows:
            stored = np.array([*rows.values()], np.float32)
            store.add_embeddings(key, [*rows], stored)
            found |= dict(zip(rows, map(tuple, stored.tolist())))
    progress(1.0, say("{n:,} media measured: {modality}", n=len(digests), modality=say_word(modality)))
    return found


def _measured(
    paths: Sequence[str], digests: Sequence[str], measure: Callable[[str, Settings], _Row], settings: Settings
) -> Iterator[tuple[str, _Row]]:
    def row(path: str) -> _Row | None:
        try:
            return measure(path, settings)
        except BadInput:
            return None  # the report on the data names it

    with ThreadPoolExecutor(settings.threads, thread_name_prefix="levels") as workers:
        for digest, found in zip(digests, workers.map(row, paths), strict=True):
            if found is not None:
                yield digest, found


def _picture_row(path: str, settings: Settings) -> _Row:
    return _row_of(picture_levels(decode_image(path, settings, at_least=_CELLS)))


def _video_row(path: str, settings: Settings) -> _Row:
    """The levels of the frame that shows most: one colour fills least of it."""
    frames = decode_video(path, settings, most=_VIDEO_FRAMES).pixels
    return _row_of(min((picture_levels(Image.fromarray(frame)) for frame in frames), key=lambda seen: seen.share))


def _sound_row(path: str, settings: Settings) -> _Row:
    levels = sound_levels(*read_audio(path, settings))
    return levels.rms, levels.peak, levels.silent


_MEASURES: Mapping[str, Callable[[str, Settings], _Row]] = {
    "image": _picture_row,
    "video": _video_row,
    "audio": _sound_row,
}


def _row_of(seen: PictureLevels) -> _Row:
    """Share, spread and the three parts of the colour, as numbers."""
    return seen.share, seen.spread, *(float(part) for part in bytes.fromhex(seen.colour[1:]))


def _picture(row: _Row) -> PictureLevels:
    share, spread, *colour = row
    return PictureLevels(share, spread, "#" + bytes(int(part) for part in colour).hex())


def _reading(
    media: Sequence[Media], made_by: str, settings: Settings
) -> tuple[dict[str, int], tuple[str, ...], tuple[str, ...]]:
    """Digest -> characters that the encoder reads of texts that may be too long; its languages; notes."""
    reference = reference_of(made_by)
    if not is_known(reference):
        return {}, (), ()
    languages = tuple[str, ...]()
    try:
        model = encoder(reference, "text")
        model.settings, languages = settings, model.languages
        long = {m.digest: m for m in media if len((m.text or "").encode("utf-8", "replace")) > model.surely_read}
        if long:
            model.load()
        views = {digest: _view(model, medium) for digest, medium in long.items()}
        return {digest: len(view) for digest, view in views.items() if isinstance(view, str)}, languages, ()
    except BadInput as error:
        return (
            {},
            languages,
            (say("long texts were not measured against what their encoder reads: {error}", error=error),),
        )


def _view(model: Encoder, medium: Media) -> Any:
    """What the encoder reads of the text; None for one that it cannot use, which is no query."""
    try:
        return model.view(medium)
    except BadInput:
        return None
