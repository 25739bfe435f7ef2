"""Base classes of encoders that run through torch: any, and those whose model is a folder."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar, TypeVar

import numpy as np

from mmalign_core.encoders.base import Encoder
from mmalign_core.encoders.folder_model import FolderModel
from mmalign_core.encoders.torch_models.devices import MOST, choose_device, choose_dtype, in_batches, measured_batch

R = TypeVar("R")
SAMPLE = ("a dog", "a photograph of two trains in a station", "one, two, three; " * 1500)
"""Texts for the choice of dtype and batch size. The last is longer than any model reads."""
PASSES = 4
"""Passes through the model per batch of texts. Chosen: sorting more texts makes lengths within a pass more equal."""
_PREPARED_BYTES = 256 * 2**20
"""Most bytes of a batch of prepared items in main memory. Chosen: a few batches wait for the GPU at a time."""


class TorchEncoder(Encoder):
    """An encoder whose vectors torch computes.

    Vectors are computed in `dtype`, sequences in float32, since only vectors are compared in the choice of the dtype.
    """

    on_cpu: ClassVar[int] = 16
    """Items per pass on a CPU, where larger batches are not faster. On a GPU its memory decides."""
    on_mps: ClassVar[int] = 32
    """Items per pass on an Apple GPU, which shares the machine's memory."""
    most: ClassVar[int] = MOST
    """Most items per pass."""

    @abstractmethod
    def run_at(self, batch: Sequence[Any], dtype: str) -> np.ndarray:
        """Vectors (n, dim) float32 of one batch, computed in `dtype`."""

    @abstractmethod
    def sample(self) -> list[Any]:
        """A few different inputs of `run_at`. The last has the largest possible size."""

    @cached_property
    def device(self) -> str:
        """The device of the model."""
        return choose_device(self.settings.device)

    @cached_property
    def dtype(self) -> str:
        """Name of the dtype of computation, from `choose_dtype`."""
        sample = self.sample() if self.device.startswith("cuda") else []
        return choose_dtype(self.device, lambda dtype: self._vectors(sample, dtype, len(sample)))

    @cached_property
    def at_once(self) -> int:
        """Items per pass through the model, by a CUDA device's memory. Permanently halved when memory runs out."""
        if not self.device.startswith("cuda"):
            return self.on_mps if self.device == "mps" else self.on_cpu
        largest, dtype = self.sample()[-1], self.dtype
        most = min(self.most, max(1, _PREPARED_BYTES // max(1, getattr(largest, "nbytes", 1))))
        return measured_batch(self.device, lambda count: self._vectors([largest] * count, dtype, count), most)

    @property
    def batch_size(self) -> int:  # pyright: ignore[reportIncompatibleVariableOverride] - of the instance, not the class
        """Media per prepared batch."""
        return self.at_once

    def vectors(self, items: Sequence[Any]) -> np.ndarray:
        """Vectors (n, dim) float32 of inputs of `run_at`."""
        return self._vectors(items, self.dtype, self.at_once)

    def _vectors(self, items: Sequence[Any], dtype: str, size: int) -> np.ndarray:
        parts = in_batches(lambda batch: self.run_at(batch, dtype), items, size, self._halved)
        return np.concatenate(parts) if parts else np.empty((0, self.dim), np.float32)

    def in_turn(self, run: Callable[[Sequence[Any]], R], items: Sequence[Any]) -> list[R]:
        """The result of `run` for each batch, in order."""
        return in_batches(run, items, self.at_once, self._halved)

    def _halved(self, size: int) -> None:
        """Use batches of `size` items from now on."""
        self.at_once = size


def longest_first(texts: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return the texts by falling length, which reduces padding, and the place (n,) of each original text."""
    order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
    place = np.empty(len(texts), int)
    place[order] = np.arange(len(texts))
    return [texts[i] for i in order], place


class FolderEncoder(FolderModel, TorchEncoder):
    """An encoder that torch computes, whose model is one folder."""
