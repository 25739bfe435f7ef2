"""A medium's view divided into parts, and the view with some of the parts masked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from mmalign_core.data import Video
from mmalign_core.explain.masks import Part
from mmalign_core.explain.words import phrases, without, word_spans
from mmalign_core.types import BadInput
from mmalign_core.wording import say

MOST_WORDS, MOST_SEGMENTS, MOST_SCENES, FINEST_GRID = 200, 60, 16, 28
"""Most parts. Longer texts are divided into phrases, longer sounds and videos into longer segments. Each part costs
one pass of the encoder or more. Chosen by that cost, not measured."""
FEWEST_PHRASES, CHARACTERS = 20, 150_000
"""A text of n characters has at most CHARACTERS / n parts, or the fewest: one encoding for each takes 2 seconds."""
BLUR = 1 / 14
"""Standard deviation of the blur, relative to the picture's shorter side: half a cell of 7."""
SEGMENT_SECONDS = 0.5
"""Seconds of a segment: about the hop between YAMNet's patches, 0.48 s."""
FADE_SECONDS = 0.02
"""Seconds of the fade at a cut, without which the cut is an audible click that changes the encoding."""


@dataclass(frozen=True)
class MediumParts:
    """A view and its `parts`. `masked` returns the view with only the parts that a mask (p,) bool keeps. The mask that
    keeps all returns `view` itself."""

    modality: str
    view: Any
    parts: tuple[Part, ...]
    masked: Callable[[np.ndarray], Any]


def medium_parts(modality: str, view: Any, *, rate: int = 0, grid: int = 7) -> MediumParts:
    """Return the view of a text as words, of a picture as grid x grid cells, of a sound at `rate` or a video as
    segments.

    BadInput for another modality, or a grid outside 1..28.
    """
    if modality == "text":
        return text_parts(view)
    if modality == "image":
        return picture_parts(view, grid)
    if modality == "audio":
        return sound_parts(view, rate)
    if modality == "video":
        return video_parts(view)
    raise BadInput(
        say(
            "there is no map for {modality}: only texts, pictures, sounds and videos can be seen in parts",
            modality=modality,
        )
    )


def text_parts(text: str, most: int = MOST_WORDS) -> MediumParts:
    """Return words, or phrases if there are more than `most` (fewer in long texts). A masked word is removed with the
    punctuation after it."""
    afford = max(FEWEST_PHRASES, CHARACTERS // max(len(text), 1))
    spans = phrases(word_spans(text), min(most, afford))
    parts = tuple(Part(text[start:end], (start, end)) for start, end in spans)
    return MediumParts("text", text, parts, lambda mask: without(text, spans, [bool(kept) for kept in mask]))


def check_grid(grid: int) -> None:
    """Raise BadInput unless there are 1 to FINEST_GRID cells per side."""
    if not 1 <= grid <= FINEST_GRID:
        raise BadInput(
            say("a grid of {grid}: ask for 1 to {finest_grid} cells a side", grid=grid, finest_grid=FINEST_GRID)
        )


def picture_parts(pixels: np.ndarray, grid: int) -> MediumParts:
    """Return cells row by row. A masked cell is blurred beyond recognition. `pixels` (h, w, 3) uint8.

    Over 12 photographs maps made with blurred cells were as far above chance as those made with the mean colour or
    slightly farther, measured by masks of either kind (.22 and .23 against .21 and .21): no significant difference.
    """
    check_grid(grid)
    rows, columns = (np.linspace(0, side, grid + 1).round().astype(int) for side in pixels.shape[:2])
    blurred = _blurred(pixels)

    def masked(mask: np.ndarray) -> np.ndarray:
        if mask.all():
            return pixels
        seen = pixels.copy()
        for cell in np.flatnonzero(~np.asarray(mask, bool)):
            row, column = divmod(int(cell), grid)
            box = slice(rows[row], rows[row + 1]), slice(columns[column], columns[column + 1])
            seen[box] = blurred[box]
        return seen

    return MediumParts("image", pixels, cell_parts(grid), masked)


def _blurred(pixels: np.ndarray) -> np.ndarray:
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(BLUR * min(pixels.shape[:2]))))


def cell_parts(grid: int) -> tuple[Part, ...]:
    """Return the cells of a grid, row by row. Places are (left, top, right, bottom) in 0..1."""
    return tuple(
        Part(f"row {row + 1}, column {column + 1}", (column / grid, row / grid, (column + 1) / grid, (row + 1) / grid))
        for row in range(grid)
        for column in range(grid)
    )


def sound_parts(waveform: np.ndarray, rate: int, most: int = MOST_SEGMENTS) -> MediumParts:
    """Return segments of half a second, longer if there were more than `most`. Masked ones are silent, with fades.

    `waveform` (n,) float32. A last piece shorter than half a segment is joined to the one before it.
    """
    seconds = len(waveform) / rate
    length = max(SEGMENT_SECONDS, float(np.ceil(seconds / most / SEGMENT_SECONDS)) * SEGMENT_SECONDS)
    count = max(1, round(seconds / length))
    edges = [*(length * i for i in range(count)), seconds]
    samples = np.array([*(round(edge * rate) for edge in edges[:-1]), len(waveform)])
    fade = round(FADE_SECONDS * rate)

    def masked(mask: np.ndarray) -> np.ndarray:
        return waveform if mask.all() else waveform * _gain(np.asarray(mask, bool), samples, fade)

    return MediumParts("audio", waveform, segment_parts(edges), masked)


def video_parts(video: Video, most: int = MOST_SCENES) -> MediumParts:
    """Return segments of one frame or more: first the pictures of all segments, then their sounds if there is any.

    The frames of a masked picture part are blurred, the sound of a masked sound part is silent.
    """
    count = len(video.times)
    firsts = np.unique(np.linspace(0, count, min(count, most) + 1).astype(int))
    edges = video.edges[firsts]
    samples = np.append(np.rint(edges[:-1] * video.rate), len(video.sound)).clip(max=len(video.sound)).astype(int)
    blurred = np.stack([_blurred(pixels) for pixels in video.pixels])
    senses = ("seen", "heard") if video.audible else ("",)

    def masked(mask: np.ndarray) -> Video:
        if mask.all():
            return video
        by_sense = np.asarray(mask, bool).reshape(len(senses), -1)
        kept = np.repeat(by_sense[0], np.diff(firsts))
        sound = video.sound * _gain(by_sense[-1], samples, round(FADE_SECONDS * video.rate))
        return replace(video, pixels=np.where(kept[:, None, None, None], video.pixels, blurred), sound=sound)

    parts = tuple(part for sense in senses for part in segment_parts(edges.tolist(), sense))
    return MediumParts("video", video, parts, masked)


def segment_parts(edges: Sequence[float], sense: str = "") -> tuple[Part, ...]:
    """Return the segments between these seconds, labelled with the sense if it is given."""
    suffix = f" {sense}" if sense else ""
    spans = list(pairwise(edges))
    digits = 2 if any(end - start < 0.1 for start, end in spans) else 1
    return tuple(Part(f"{span[0]:.{digits}f}–{span[1]:.{digits}f} s{suffix}", span, sense) for span in spans)


def _gain(mask: np.ndarray, samples: np.ndarray, fade: int) -> np.ndarray:
    """Return (n,) float32 in 0..1: 1 for kept segments, with raised-cosine fades of `fade` samples inside them.

    There is no fade beside a masked segment without samples.
    """
    gain = np.repeat(mask.astype(np.float32), np.diff(samples))
    ramp = (0.5 - 0.5 * np.cos(np.pi * (np.arange(fade) + 0.5) / max(fade, 1))).astype(np.float32)
    for segment in np.flatnonzero(np.diff(mask.astype(int))):
        edge, hidden = samples[segment + 1], segment + int(mask[segment])
        if samples[hidden] == samples[hidden + 1]:
            continue
        if mask[segment]:
            start = max(samples[segment], edge - fade)
            gain[start:edge] *= ramp[::-1][fade - (edge - start) :]
        else:
            end = min(samples[segment + 2], edge + fade)
            gain[edge:end] *= ramp[: end - edge]
    return gain
