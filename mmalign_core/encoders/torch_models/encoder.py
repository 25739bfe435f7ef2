"""Encoders that run through torch, and those of them whose model is a folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import numpy as np

from mmalign_core.data.names import shown
from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.torch_models.devices import MOST, choose_device, choose_dtype, in_batches, measured_batch
from mmalign_core.model_files import files_stamp, found_model, full_name, model_folder, repository, weights_version
from mmalign_core.model_files.locations import is_repository
from mmalign_core.model_files.requirements import RequiredFiles
from mmalign_core.types import BadInput

R = TypeVar("R")
SAMPLE = ("a dog", "a photograph of two trains in a station", "one, two, three; " * 1500)
"""Texts by which dtype and batch are found; the last is longer than any model reads."""
PASSES = 4
"""Passes through a model for which texts are read at a time: the more, the more alike are the lengths in each."""
_PREPARED_BYTES = 256 * 2**20
"""What one batch of prepared items may take in the machine's memory, where a few batches wait for the GPU."""


class TorchEncoder(Encoder):
    """An encoder whose vectors torch computes.

    Vectors are computed at `dtype`; sequences always at float32, since the dtype is chosen by vectors alone.
    """

    on_cpu: ClassVar[int] = 16
    """Items at a time on the processor, where more make nothing faster; on a GPU memory decides."""
    on_mps: ClassVar[int] = 32
    """Items at a time on an Apple GPU, which shares the machine's memory."""
    most: ClassVar[int] = MOST
    """Items at a time at most."""

    @abstractmethod
    def run_at(self, batch: Sequence[Any], dtype: str) -> np.ndarray:
        """(n, dim) float32 vectors of one batch, computed at that dtype."""

    @abstractmethod
    def sample(self) -> list[Any]:
        """A few unlike items as `run_at` takes them; the last is as large as any."""

    @cached_property
    def device(self) -> str:
        """Where it runs."""
        return choose_device(self.settings.device)

    @cached_property
    def dtype(self) -> str:
        """Name of the dtype it computes at: smaller than float32 only where that leaves the vectors as they are."""
        sample = self.sample() if self.device.startswith("cuda") else []
        return choose_dtype(self.device, lambda dtype: self._vectors(sample, dtype, len(sample)))

    @cached_property
    def at_once(self) -> int:
        """Items in one pass through the model: what a CUDA device's memory holds; halved for good when it runs out."""
        if not self.device.startswith("cuda"):
            return self.on_mps if self.device == "mps" else self.on_cpu
        largest, dtype = self.sample()[-1], self.dtype
        most = min(self.most, max(1, _PREPARED_BYTES // max(1, getattr(largest, "nbytes", 1))))
        return measured_batch(self.device, lambda count: self._vectors([largest] * count, dtype, count), most)

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Media that are prepared and handed over at a time."""
        return self.at_once

    def vectors(self, items: Sequence[Any]) -> np.ndarray:
        """(n, dim) float32 of items as `run_at` takes them."""
        return self._vectors(items, self.dtype, self.at_once)

    def _vectors(self, items: Sequence[Any], dtype: str, size: int) -> np.ndarray:
        parts = in_batches(lambda batch: self.run_at(batch, dtype), items, size, self._halved)
        return np.concatenate(parts) if parts else np.empty((0, self.dim), np.float32)

    def in_turn(self, run: Callable[[Sequence[Any]], R], items: Sequence[Any]) -> list[R]:
        """What `run` gives for each batch."""
        return in_batches(run, items, self.at_once, self._halved)

    def _halved(self, size: int) -> None:
        """Memory ran out: what follows goes in batches of that size from the start."""
        self.at_once = size


def longest_first(texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """The texts by falling length, so that a batch pads little, and (n,) the place that each was given."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    place = np.empty(len(texts), int)
    place[order] = np.arange(len(texts))
    return [texts[i] for i in order], place


class FolderEncoder(TorchEncoder):
    """One folder is one model, and one space."""

    version = "none"
    revision: ClassVar[int] = 1
    """Part of the version: changes when the same files give other vectors here."""
    licence = "the model's own"

    @classmethod
    @abstractmethod
    def check_files(cls, folder: Path) -> None:
        """BadInput unless all files of such a model are there, whole, of one size and without code."""

    @classmethod
    def of_model(cls, model: str, modality: str) -> Self:
        """An instance for that model and modality; BadInput with the command that fetches it if it is not here."""
        cls.folders()
        made: Any = cls()
        made.model, made.folder = found_model(cls.name, model)
        cls.check_files(made.folder)
        made.modality, made.space = modality, cls.space_of(made.model)
        made.version = f"{cls.revision}-{weights_version(made.folder)}"
        return made

    @classmethod
    def full_name(cls, model: str) -> str:
        """A folder's whole path, or ORGANISATION/NAME."""
        return full_name(cls.name, model)

    @classmethod
    def space_of(cls, model: str) -> str:
        """Every model has its own, which its towers share."""
        return f"{cls.name}:{model}"

    @classmethod
    def hub_files(cls, model: str) -> tuple[RequiredFiles, ...]:
        """One repository; BadInput if `model` is no name on the hub."""
        name = repository(cls.name, model)
        if not is_repository(name):
            raise BadInput(f"'{shown(model)}' is no name on the hub; give ORGANISATION/NAME")
        return (RequiredFiles(name),)

    @classmethod
    def stamp(cls, model: str) -> Any:
        """Of the folder's files."""
        return files_stamp(found_model(cls.name, model)[1])

    @cached_property
    def folder(self) -> Path:
        """Where the model's files lie. BadInput if the encoder was given no model, or a package is missing."""
        self.folders()
        return model_folder(self.name, self.model)
