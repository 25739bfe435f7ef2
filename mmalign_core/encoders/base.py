"""The base class of all encoders, and their registry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Self

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
    """Vectors (n, dim) float32 of a batch, and the posterior (n, c) over `Encoder.labels`, or None."""

    vectors: np.ndarray
    posterior: np.ndarray | None = None


class Encoder(ModelChoice, Explainable, ABC):
    """Maps media of one modality to vectors. Construction is cheap; weights load on first use.

    A subclass declares the attributes without a value and defines `load`, `view`, `from_view` and `encode`.
    """

    version: ClassVar[str]
    """It changes whenever the vectors change, by weights, preprocessing or pooling."""
    dim: ClassVar[int]
    summary: ClassVar[str]
    licence: ClassVar[str]
    batch_size: ClassVar[int] = 16
    rate: ClassVar[int] = 0
    """Sample rate in Hz of the view of a sound; 0 for other modalities."""
    languages: ClassVar[tuple[str, ...]] = ()
    """ISO 639 codes of the languages that a text encoder was trained on; () where they are unknown."""

    @cached_property
    def settings(self) -> Settings:
        """Limits and threads. Assign others before the first use. They do not change the vectors."""
        return Settings()

    def under(self, settings: Settings) -> Self:
        """This encoder under these limits. Where it sends, another instance may be returned: see `ServerEncoder`."""
        self.settings = settings
        return self

    @property
    def key(self) -> str:
        """'name[param=value,…][:model]@version': the store's key, which contains the encoder's reference."""
        return f"{self.refer(self.params, self.model)}@{self.version}"

    @classmethod
    def refer(cls, params: Mapping[str, Any], model: str) -> str:
        """The reference 'name[param=value,…][:model]', with the parameters that differ from their defaults.

        Raises BadInput for a parameter that is unknown or out of range.
        """
        changed = write_assignments(cls.changed_params(params))
        return f"{cls.name}{f'[{changed}]' if changed else ''}{':' * bool(model)}{model}"

    @property
    def labels(self) -> tuple[str, ...]:
        """Names of the c concepts of the posterior; () for encoders that do not classify."""
        return ()

    @abstractmethod
    def load(self) -> None:
        """Load the weights. Raises BadInput with the command that installs or fetches them if they are missing.

        All methods load them on first use. Callers that encode many media call this first, so that a missing package
        is one error and not one for each medium.
        """

    @property
    def surely_read(self) -> int:
        """Bytes of UTF-8 up to which a text is surely read to its end; 0 if only its view tells.

        A token is a byte or more, so this is the limit of tokens less the special ones.
        """
        return 0

    def prepare(self, media: Media) -> Any:
        """Decode and preprocess one medium, in a worker thread. Raises BadInput if it cannot be decoded."""
        return self.from_view(self.view(media))

    @abstractmethod
    def view(self, media: Media) -> Any:
        """The part of the medium that the encoder reads, in human-readable form. Raises BadInput if undecodable.

        A text: str. A picture: uint8 pixels (height, width, 3) after any crop. A sound: mono float32 samples (n,) in
        -1..1 at `rate`. A video: a `Video`. Explanations mask parts of it and show maps over it.
        """

    def crop(self, pixels: np.ndarray) -> np.ndarray:
        """The pixels (h, w, 3) that `view` keeps of a picture: all, unless the encoder crops. Used for frames."""
        return pixels

    @abstractmethod
    def from_view(self, view: Any) -> Any:
        """The input of `encode` for a view, whose parts may be masked: an empty text, one colour or silence too."""

    @abstractmethod
    def encode(self, prepared: Sequence[Any]) -> Encoded:
        """Vectors of a batch of prepared media. A medium's vector does not depend on the batch."""

    @abstractmethod
    def sequences(self, prepared: Sequence[Any]) -> list[np.ndarray]:
        """For each medium the vectors (t, d) before pooling: tokens, map cells (row by row) or frames."""


ENCODERS: Registry[Encoder] = spaces.ENCODERS
ENCODERS.base = Encoder
register = ENCODERS.register
