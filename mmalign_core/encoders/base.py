"""The base class of all encoders, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from mmalign_core import spaces
from mmalign_core.encoders.explainable import Explainable
from mmalign_core.encoders.model_choice import ModelChoice
from mmalign_core.params import write_assignments
from mmalign_core.registry import Registry
from mmalign_core.settings import Settings
from mmalign_core.types import Media


@dataclass(frozen=True)
class Encoded:
    """Vectors (n, dim) float32 of a batch, and the posterior (n, c) over `Encoder.labels` where there is one."""

    vectors: np.ndarray
    posterior: np.ndarray | None = None


class Encoder(ModelChoice, Explainable, ABC):
    """Turns media of one modality into vectors. Construction is cheap; weights load on first use.

    A new one declares what stands here without a value, and says how it loads, views, prepares and encodes.
    """

    version: ClassVar[str]
    """Changes whenever the vectors change: weights, preprocessing or pooling."""
    dim: ClassVar[int]
    summary: ClassVar[str]
    licence: ClassVar[str]
    batch_size: ClassVar[int] = 16
    rate: ClassVar[int] = 0
    """Samples a second in the view of a sound; 0 for other modalities."""

    @cached_property
    def settings(self) -> Settings:
        """Limits and threads in force; assign another before first use. They never change what a vector is."""
        return Settings()

    @property
    def key(self) -> str:
        """'name[param=value,…][:model]@version': the store's key, and the reference that leads back to this."""
        return f"{self.refer(self.params, self.model)}@{self.version}"

    @classmethod
    def refer(cls, params: Mapping[str, Any], model: str) -> str:
        """'name[param=value,…][:model]' with the parameters that differ from their defaults, in declared order.

        BadInput for a parameter that is not declared or is out of range.
        """
        changed = write_assignments(cls.changed_params(params))
        return f"{cls.name}{f'[{changed}]' if changed else ''}{':' * bool(model)}{model}"

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


ENCODERS: Registry[Encoder] = spaces.ENCODERS
ENCODERS.base = Encoder
register = ENCODERS.register
