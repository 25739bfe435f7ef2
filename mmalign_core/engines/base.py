"""The interface of engines, and the engine of this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Protocol, Self, TypeVar

from mmalign_core.data import read_collection
from mmalign_core.encoders.batched.embedding_sets import WriteBatches, write_batches
from mmalign_core.progress import within
from mmalign_core.settings import Settings
from mmalign_core.types import Collection as Items
from mmalign_core.types import Progress

ENGINES = ("local", "ray")

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")


class Reading(NamedTuple):
    """What an engine read. `whole`: with all columns, so that the store may keep its table."""

    collection: Items
    whole: bool


class Engine(AbstractContextManager["Engine"], Protocol):
    """Reads, encodes and runs tasks; a context manager, which ends what it started."""

    def read(
        self,
        data: str | Path,
        interactions: str | None,
        settings: Settings,
        progress: Progress,
        roles: Mapping[str, str] | None = None,
    ) -> Reading:
        """Read the collection at a path; raises as `read_collection` does."""
        ...

    @property
    def write_batches(self) -> WriteBatches:
        """What encodes media into the store."""
        ...

    def run_each(
        self, function: Callable[[S, T, Progress], R], shared: S, tasks: Sequence[T], progress: Progress
    ) -> Iterator[tuple[int, R]]:
        """Yield (number of the task, `function(shared, task, progress)`) as the tasks finish."""
        ...


class LocalEngine:
    """Everything in this process, one task after the other."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def read(
        self,
        data: str | Path,
        interactions: str | None,
        settings: Settings,
        progress: Progress,
        roles: Mapping[str, str] | None = None,
    ) -> Reading:
        """Read the collection in this process."""
        found = read_collection(data, interactions=interactions, roles=roles, settings=settings, progress=progress)
        return Reading(found, whole=True)

    write_batches = staticmethod(write_batches)

    def run_each(
        self, function: Callable[[S, T, Progress], R], shared: S, tasks: Sequence[T], progress: Progress
    ) -> Iterator[tuple[int, R]]:
        """Run the tasks in order."""
        for number, task in enumerate(tasks):
            part = within(progress, number / len(tasks), (number + 1) / len(tasks))
            yield number, function(shared, task, part)
