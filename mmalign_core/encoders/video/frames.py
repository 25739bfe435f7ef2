"""Videos: their frames by an image encoder and their sound by an audio encoder, side by side in one vector."""

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


@dataclass(frozen=True)
class PreparedVideo:
    """Frames as the image encoder prepares them, the sound as the audio encoder does (None where there is none), and
    `edges` (n + 1,) seconds between which each frame stands for the video."""

    frames: tuple[Any, ...]
    sound: Any
    edges: np.ndarray


@register("video-frames")
class VideoFrames(Encoder):
    """[unit(mean of frames) ; unit(mean of sound)]: halves of one length, the second zero where nothing is heard.

    Of a step of its sequence, which is a frame, the second half is what the sound adds while that frame stands for the
    video, so that the steps' mean is the vector. Concepts are those of both encoders: the frames' mean posterior and
    the sound's probabilities as one of at most the same mass, zero without sound. `of_model` takes another image
    encoder by its reference; one that shares its space with texts is used alone, without the sound, so that videos lie
    in that space too.
    """

    version = f"2-{EfficientNetLite0.name}-{EfficientNetLite0.version}-{YamNet.name}-{YamNet.version}"
    modality = "video"
    dim = EfficientNetLite0.dim + YamNet.dim
    space = "video-frames"
    summary = "Videos by frames (EfficientNet-Lite0) and sound (YAMNet), 2304-d, with the concepts of both"
    licence = "Apache-2.0"
    batch_size = 2
    pooling = "mean"
    rate = YamNet.rate
    heard_from = EfficientNetLite0.dim
    most: int = param(32, 1, 10_000, help="frames of a video that are encoded at most")
    per_second: float = param(1.0, 0.001, 100, help="frames a second, where that makes fewer")
    image_encoder: str = EfficientNetLite0.name
    audio_encoder: str = YamNet.name

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """With that image encoder. BadInput if it is unknown or reads no pictures."""
        made: Any = cls()
        if model:
            made.model = made.image_encoder = cls.full_name(model)
            made.space = cls.space_of(made.model)
            if made.space != cls.name:
                made.audio_encoder, made.rate = "", 0
            made.heard_from, made.dim = made._image.dim, sum(part.dim for part in made._parts)
            made.version = "-".join(["2", *(f"{part.name}-{part.version}" for part in made._parts)])
        return made

    @classmethod
    def full_name(cls, model: str) -> str:
        """The image encoder's reference, in full."""
        return full_reference(model) if model else ""

    @classmethod
    def space_of(cls, model: str) -> str:
        """That of the image encoder where it shares one with texts, else its own."""
        return cls.space if not model or space_of(model) == parts_of(model).name else space_of(model)

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Of the image encoder's files."""
        name, _, inner = parts_of(model)
        return ENCODERS.get(name).stamp(inner) if model else None

    @cached_property
    def _image(self) -> Encoder:
        return create_encoder(self.image_encoder, "image")

    @cached_property
    def seen(self) -> CachedOutputs:
        """The image encoder with what it saw last."""
        return CachedOutputs(self._image)

    @cached_property
    def _audio(self) -> Encoder | None:
        return create_encoder(self.audio_encoder, "audio") if self.audio_encoder else None

    @cached_property
    def heard(self) -> CachedOutputs | None:
        """The audio encoder with what it heard last."""
        return CachedOutputs(self._audio) if self._audio else None

    @property
    def _parts(self) -> list[Encoder]:
        return [self._image, *([self._audio] if self._audio else [])]

    @property
    def labels(self) -> tuple[str, ...]:
        """The names of the image encoder's concepts, then those of the audio encoder's."""
        return tuple(label for part in self._parts for label in part.labels)

    def load(self) -> None:
        """Load both encoders."""
        for part in self._parts:
            part.settings = self.settings
            part.load()

    def view(self, media: Media) -> Video:
        """Frames at the size they are decoded to, with their times, and the sound at `rate`."""
        from mmalign_core.data.media.videos import decode_video

        if media.path is None:
            raise BadInput(f"item '{media.item}': the video has no file; give its path")
        rate = self._audio.rate if self._audio else 0
        return decode_video(media.path, self.settings, most=self.most, per_second=self.per_second, rate=rate)

    def from_view(self, view: Video) -> PreparedVideo:
        """Each frame as the image encoder prepares a picture, the sound as the audio encoder prepares one."""
        image, audio = self._image, self._audio
        frames = tuple(image.from_view(image.crop(pixels)) for pixels in view.pixels)
        return PreparedVideo(frames, audio.from_view(view.sound) if audio and view.audible else None, view.edges)

    def encode(self, prepared: Sequence[PreparedVideo]) -> Encoded:
        """(n, dim) vectors, and the posterior over the labels of both."""
        parts = [_pooled(self._looked_at(prepared))]
        if self._audio and self.heard:
            parts.append(_heard(self._audio, self.heard, prepared))
        seen = [part.posterior for part in parts if part.posterior is not None]
        vectors = np.concatenate([unit_rows(part.vectors) for part in parts], axis=1)
        return Encoded(vectors, np.concatenate(seen, axis=1) if seen else None)

    def sequences(self, prepared: Sequence[PreparedVideo]) -> list[np.ndarray]:
        """Per video (frames, dim); their mean is the video's vector."""
        frames = [_at_unit_mean(part.vectors) for part in self._looked_at(prepared)]
        if self._audio is None:
            return frames
        sounds = [_spread(self._audio, video) for video in prepared]
        return [np.concatenate(both, axis=1) for both in zip(frames, sounds)]

    def _looked_at(self, prepared: Sequence[PreparedVideo]) -> list[Encoded]:
        """Every frame of every video, in batches of the image encoder's own size whichever videos they are of."""
        run = self.seen.encode([frame for video in prepared for frame in video.frames])
        ends = np.cumsum([len(video.frames) for video in prepared])[:-1]
        vectors = np.split(run.vectors, ends)
        posteriors = [None] * len(vectors) if run.posterior is None else np.split(run.posterior, ends)
        return [Encoded(*pair) for pair in zip(vectors, posteriors)]


def _pooled(videos: Sequence[Encoded]) -> Encoded:
    """Means over the frames of each video."""
    seen = [video.posterior.mean(axis=0) for video in videos if video.posterior is not None]
    return Encoded(np.stack([video.vectors.mean(axis=0) for video in videos]), np.stack(seen) if seen else None)


def _heard(audio: Encoder, run: CachedOutputs, prepared: Sequence[PreparedVideo]) -> Encoded:
    """The sounds by the audio encoder; zero rows where there is none.

    Independent probabilities that sum to more than 1 are scaled to 1, as the frames' posterior does: what is heard says
    no more than what is seen only because several things can be heard at once.
    """
    places = [i for i, video in enumerate(prepared) if video.sound is not None]
    sounds = [prepared[i].sound for i in places]
    vectors = np.zeros((len(prepared), audio.dim), np.float32)
    posterior = np.zeros((len(prepared), len(audio.labels)), np.float32)
    if sounds:
        found = run.encode(sounds)
        vectors[places] = found.vectors
        if found.posterior is not None:
            posterior[places] = found.posterior / np.maximum(found.posterior.sum(axis=1, keepdims=True), 1)
    return Encoded(vectors, posterior if audio.labels else None)


def _spread(audio: Encoder, video: PreparedVideo) -> np.ndarray:
    """(frames, d): what is heard while each frame stands for the video, scaled so that the mean has length 1."""
    count = len(video.frames)
    if video.sound is None:
        return np.zeros((count, audio.dim), np.float32)
    steps = audio.sequences([video.sound])[0]
    shares = overlaps(windows(len(steps), *audio.frames), intervals(video.edges))
    shares[-1] += shares.sum(axis=0) == 0  # sound that goes on after the last frame
    return _at_unit_mean(shares @ steps)


def _at_unit_mean(steps: np.ndarray) -> np.ndarray:
    """The steps (t, d) scaled so that their mean has length 1; zero steps stay zero."""
    length = float(np.linalg.norm(steps.mean(axis=0)))
    return (steps / (length or 1.0)).astype(np.float32)
