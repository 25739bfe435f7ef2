"""Pictures, sounds and videos through any sentence-transformers model that reads them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from mmalign_core.data.media.videos import Video
from mmalign_core.encoders.base import Encoded
from mmalign_core.encoders.sentence_transformers.model import SentenceModel
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.encoders.torch_models.media_input import (
    mean_of_windows,
    media_view,
    sample_pixels,
    sample_sounds,
    sample_videos,
    sound_windows,
)
from mmalign_core.types import BadInput, Media

_USUAL_RATE = 16_000
"""Hz, where a processor states none: the rate of most models of sounds."""
_SOUND_SECONDS = 30.0
"""Seconds of the sounds by which the batch size is chosen; our choice."""


@dataclass(frozen=True)
class Prepared:
    """What the library is given for one medium: `parts`, and the share (p,) of each in the vector."""

    parts: tuple[dict[str, Any], ...]
    shares: np.ndarray


class SentenceMedia(SentenceModel):
    """Vectors of `model.encode_document`, or of `encode_query` with the parameter for queries.

    A sound that is longer than the model's processor states is read in windows, whose mean is the vector.
    """

    on_cpu = 4

    @cached_property
    def rate(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - known once the model is loaded
        """Sample rate in Hz of a sound's view."""
        return int(getattr(self._extractor, "sampling_rate", 0) or _USUAL_RATE) if self.modality == "audio" else 0

    @cached_property
    def _window(self) -> int:
        """Most samples that the processor takes; 0 if it states no limit. Raises BadInput for a fused CLAP."""
        if getattr(self._extractor, "truncation", "") == "fusion":
            raise BadInput(f"model '{self.model}' reads long sounds by chance; choose it as clap:{self.model}")
        stated = (getattr(self._extractor, name, 0) for name in ("nb_max_samples", "n_samples"))
        return int(next((one for one in stated if one), 0))

    @cached_property
    def _extractor(self) -> Any:
        """The part of the processor that reads sounds."""
        processor = getattr(next(iter(self.loaded)), "processor", None)
        return getattr(processor, "feature_extractor", processor)

    def load(self) -> None:
        """Load the weights, which all modalities share."""
        _ = self.loaded, self.dim, self.rate
        if self.modality == "audio":
            _ = self._window

    def view(self, media: Media) -> Any:
        """Upright pixels (h, w, 3) uint8, mono samples (n,) float32 at `rate`, or the frames of a video."""
        return media_view(media, self.settings, rate=self.rate)

    def from_view(self, view: Any) -> Prepared:
        """The library's input; a name of a file or an address in it is never opened."""
        if self.modality == "image":
            from PIL import Image

            return _whole({"image": [Image.fromarray(view)]})  # else some processors take a batch for one item
        if self.modality == "video":
            return _whole({"video": _frames(view)})
        parts, shares = sound_windows(view, self._window)
        return Prepared(tuple({"audio": {"array": part, "sampling_rate": self.rate}} for part in parts), shares)

    def sample(self) -> list[Any]:
        """A few inputs, the last of the largest size."""
        if self.modality == "image":
            return [self.from_view(pixels).parts[0] for pixels in sample_pixels()]
        if self.modality == "video":
            return [self.from_view(video).parts[0] for video in sample_videos()]
        seconds = self._window / self.rate or _SOUND_SECONDS
        return [self.from_view(samples).parts[0] for samples in sample_sounds(self.rate, seconds)]

    def run_at(self, batch: Sequence[dict[str, Any]], dtype: str) -> np.ndarray:
        """Vectors (n, dim) of one batch, computed in `dtype`."""
        with at_dtype(self.device, dtype):
            return self.cut(self.run_whole(batch))

    def run_whole(self, batch: Sequence[dict[str, Any]]) -> np.ndarray:
        """Vectors (n, whole) by the library."""
        read = self.loaded.encode_query if self.read_as == "query" else self.loaded.encode_document
        options: dict[str, Any] = {"batch_size": len(batch), "show_progress_bar": False}
        if self.modality == "video":  # the frames were chosen already
            options["processing_kwargs"] = {"video": {"do_sample_frames": False}}
        return np.asarray(read(list(batch), **options), np.float32)

    def encode(self, prepared: Sequence[Prepared]) -> Encoded:
        """Vectors (n, dim), normalised if the model normalises them."""
        rows = self.vectors([part for one in prepared for part in one.parts])
        ends = np.cumsum([len(one.parts) for one in prepared])[:-1]
        each = np.split(rows, ends)
        return Encoded(np.stack([mean_of_windows(part, one.shares) for part, one in zip(each, prepared)]))

    def sequences(self, prepared: Sequence[Prepared]) -> list[np.ndarray]:
        """Raises BadInput: the library gives one vector for a medium of this kind."""
        raise BadInput(f"model '{self.model}' gives one vector for a whole {self.modality}: it has no sequences")


def _whole(part: dict[str, Any]) -> Prepared:
    return Prepared((part,), np.ones(1))


def _frames(video: Video) -> dict[str, Any]:
    """The frames of a video with their times, as the library takes decoded videos."""
    count = len(video.pixels)
    rate = count / video.seconds if video.seconds > 0 else 1.0
    times = {"fps": rate, "total_num_frames": count, "duration": video.seconds, "frames_indices": list(range(count))}
    return {"array": video.pixels, "video_metadata": times}
