"""Videos: the frames' vector from an image encoder and the sound's from an audio encoder, concatenated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mmalign_core.data.media.videos import Video
from mmalign_core.encoders.base import ENCODERS, Encoded, Encoder, register
from mmalign_core.encoders.embedded.efficientnet_lite0 import EfficientNetLite0
from mmalign_core.encoders.embedded.yamnet import YamNet
from mmalign_core.encoders.explainable import intervals, overlaps, windows
from mmalign_core.encoders.references import create_encoder, full_reference
from mmalign_core.encoders.video.output_cache import CachedOutputs
from mmalign_core.params import param
from mmalign_core.spaces import parts_of, space_of
from mmalign_core.types import BadInput, Media
from mmalign_core.vectors import unit_rows
from mmalign_core.wording import say


@dataclass(frozen=True)
class PreparedVideo:
    """The prepared frames, the prepared sound (None if there is none), and the `edges` (n + 1,) in seconds of the
    intervals of the video to which the frames belong."""

    frames: tuple[Any, ...]
    sound: Any
    edges: np.ndarray


@register("video-frames")
class VideoFrames(Encoder):
    """[unit(mean over frames) ; unit(mean over sound)], two unit vectors; the second is zero without audible sound.

    A step of its sequence is a frame with the sound in the frame's interval; the mean of the steps is the vector.
    Concepts are those of both encoders: the frames' mean posterior, and the sound's probabilities, scaled to a sum of
    at most 1 and zero without sound. `of_model` takes another image encoder by its reference. One that shares its
    space with texts is used without the sound, so that videos are in that space too.
    """

    version = f"2-{EfficientNetLite0.name}-{EfficientNetLite0.version}-{YamNet.name}-{YamNet.version}"
    modality = "video"
    dim = EfficientNetLite0.dim + YamNet.dim
    space = "video-frames"
    summary = say("Videos by frames (EfficientNet-Lite0) and sound (YAMNet), 2304-d, with the concepts of both")
    licence = "Apache-2.0"
    batch_size = 2
    pooling = "mean"
    rate = YamNet.rate
    heard_from = EfficientNetLite0.dim
    most: int = param(32, 1, 10_000, help="most frames of a video that are encoded")
    per_second: float = param(1.0, 0.001, 100, help="frames per second, if that gives fewer")
    image_encoder: str = EfficientNetLite0.name
    audio_encoder: str = YamNet.name

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance with that image encoder. Raises BadInput if it is unknown or does not read pictures."""
        video: Any = cls()
        if model:
            video.model = video.image_encoder = cls.full_name(model)
            video.space = cls.space_of(video.model)
            if video.space != cls.name:
                video.audio_encoder, video.rate = "", 0
            video.heard_from, video.dim = video._image.dim, sum(part.dim for part in video._parts)
            video.version = "-".join(["2", *(f"{part.name}-{part.version}" for part in video._parts)])
        return video

    @classmethod
    def full_name(cls, model: str) -> str:
        """The normalised reference of the image encoder."""
        return full_reference(model) if model else ""

    @classmethod
    def space_of(cls, model: str) -> str:
        """The space of the image encoder if it shares one with texts, else this encoder's own."""
        return cls.space if not model or space_of(model) == parts_of(model).name else space_of(model)

    @classmethod
    def stamp(cls, model: str) -> Any:
        """The stamp of the image encoder's files."""
        name, _, inner = parts_of(model)
        return ENCODERS.get(name).stamp(inner) if model else None

    @cached_property
    def _image(self) -> Encoder:
        return create_encoder(self.image_encoder, "image")

    @cached_property
    def seen(self) -> CachedOutputs:
        """The image encoder with a cache of its latest outputs."""
        return CachedOutputs(self._image)

    @cached_property
    def _audio(self) -> Encoder | None:
        return create_encoder(self.audio_encoder, "audio") if self.audio_encoder else None

    @cached_property
    def heard(self) -> CachedOutputs | None:
        """The audio encoder with a cache of its latest outputs; None if only frames are encoded."""
        return CachedOutputs(self._audio) if self._audio else None

    @property
    def _parts(self) -> list[Encoder]:
        return [self._image, *([self._audio] if self._audio else [])]

    @property
    def labels(self) -> tuple[str, ...]:
        """The concepts of the image encoder, then those of the audio encoder."""
        return tuple(label for part in self._parts for label in part.labels)

    def load(self) -> None:
        """Load both encoders."""
        for part in self._parts:
            part.settings = self.settings
            part.load()

    def view(self, media: Media) -> Video:
        """The decoded frames with their times, and the sound at `rate`."""
        from mmalign_core.data.media.videos import decode_video

        if media.path is None:
            raise BadInput(f"item '{media.item}': the video has no file; give its path")
        rate = self._audio.rate if self._audio else 0
        return decode_video(media.path, self.settings, most=self.most, per_second=self.per_second, rate=rate)

    def from_view(self, view: Video) -> PreparedVideo:
        """The frames and the sound, each prepared by its encoder."""
        image, audio = self._image, self._audio
        frames = tuple(image.from_view(image.crop(pixels)) for pixels in view.pixels)
        return PreparedVideo(frames, audio.from_view(view.sound) if audio and view.audible else None, view.edges)

    def encode(self, prepared: Sequence[PreparedVideo]) -> Encoded:
        """Vectors (n, dim), and the posterior over the labels of both encoders."""
        parts = [_pooled(self._frame_outputs(prepared))]
        if self._audio and self.heard:
            parts.append(_sound_outputs(self._audio, self.heard, prepared))
        posteriors = [part.posterior for part in parts if part.posterior is not None]
        vectors = np.concatenate([unit_rows(part.vectors) for part in parts], axis=1)
        return Encoded(vectors, np.concatenate(posteriors, axis=1) if posteriors else None)

    def sequences(self, prepared: Sequence[PreparedVideo]) -> list[np.ndarray]:
        """For each video (frames, dim); their mean is the video's vector."""
        frames = [_at_unit_mean(part.vectors) for part in self._frame_outputs(prepared)]
        if self._audio is None:
            return frames
        sounds = [_sound_by_frame(self._audio, video) for video in prepared]
        return [np.concatenate(both, axis=1) for both in zip(frames, sounds)]

    def _frame_outputs(self, prepared: Sequence[PreparedVideo]) -> list[Encoded]:
        """For each video the outputs of its frames. The frames of all videos share the image encoder's batches."""
        run = self.seen.encode([frame for video in prepared for frame in video.frames])
        ends = np.cumsum([len(video.frames) for video in prepared])[:-1]
        vectors = np.split(run.vectors, ends)
        posteriors = [None] * len(vectors) if run.posterior is None else np.split(run.posterior, ends)
        return [Encoded(*pair) for pair in zip(vectors, posteriors)]


def _pooled(videos: Sequence[Encoded]) -> Encoded:
    """Mean vector and mean posterior over the frames of each video."""
    vectors = np.stack([video.vectors.mean(axis=0) for video in videos])
    posteriors = [video.posterior.mean(axis=0) for video in videos if video.posterior is not None]
    return Encoded(vectors, np.stack(posteriors) if posteriors else None)


def _sound_outputs(audio: Encoder, run: CachedOutputs, prepared: Sequence[PreparedVideo]) -> Encoded:
    """The outputs of the audio encoder; zero rows for videos without sound.

    Independent probabilities with a sum above 1 are scaled to a sum of 1, as in the frames' posterior, so that several
    simultaneous sounds do not outweigh the frames.
    """
    places = [i for i, video in enumerate(prepared) if video.sound is not None]
    sounds = [prepared[i].sound for i in places]
    vectors = np.zeros((len(prepared), audio.dim), np.float32)
    posterior = np.zeros((len(prepared), len(audio.labels)), np.float32)
    if sounds:
        outputs = run.encode(sounds)
        vectors[places] = outputs.vectors
        if outputs.posterior is not None:
            posterior[places] = outputs.posterior / np.maximum(outputs.posterior.sum(axis=1, keepdims=True), 1)
    return Encoded(vectors, posterior if audio.labels else None)


def _sound_by_frame(audio: Encoder, video: PreparedVideo) -> np.ndarray:
    """The sound's steps (frames, d), averaged over each frame's interval and scaled so that their mean has length 1."""
    count = len(video.frames)
    if video.sound is None:
        return np.zeros((count, audio.dim), np.float32)
    steps = audio.sequences([video.sound])[0]
    shares = overlaps(windows(len(steps), *audio.frames), intervals(video.edges))
    shares[-1] += shares.sum(axis=0) == 0  # sound after the last frame's interval
    return _at_unit_mean(shares @ steps)


def _at_unit_mean(steps: np.ndarray) -> np.ndarray:
    """The steps (t, d), scaled so that their mean has length 1. Zero steps stay zero."""
    length = float(np.linalg.norm(steps.mean(axis=0)))
    return (steps / (length or 1.0)).astype(np.float32)
