"""The engine of a Ray cluster: sections are read, blocks encoded and tasks run by many workers.

The workers are actors, which run over ray:// connections too; Ray Data's streaming does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from mmalign_core.data import read_collection
from mmalign_core.data.sections import Section, SectionMedia, find_sections, joined_sections, read_section
from mmalign_core.encoders import Encoder
from mmalign_core.engines import work
from mmalign_core.engines.base import Reading
from mmalign_core.engines.cluster import Workers, connected, explained
from mmalign_core.engines.pool import Pool
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, MediaTable, Progress, Skipped

BLOCK = 256
"""Media of a block at most. Chosen: a killed worker repeats seconds of work, and a fragment is not tiny."""
BLOCKS_EACH = 4
"""Blocks of each worker that what is left makes. Chosen: the first are a quarter of a worker's share at most."""
COMMIT_SECONDS, COMMIT_FRAGMENTS = 5.0, 64
"""A commit is due after either. Chosen: a killed driver loses seconds, and commits stay few beside the work."""

S = TypeVar("S")
T = TypeVar("T")
R = TypeVar("R")
M = TypeVar("M")


class RayEngine:
    """Runs on the workers of a Ray cluster, which the context starts or joins. Failures are BadInput."""

    def __init__(self, workers: Workers) -> None:
        self.workers = workers
        self._stack = ExitStack()
        self._pool: Pool

    def __enter__(self) -> Self:
        self._pool = Pool(self._stack.enter_context(connected(self.workers)), self.workers)
        self._stack.callback(self._pool.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def read(
        self,
        data: str | Path,
        interactions: str | None,
        settings: Settings,
        progress: Progress,
        roles: Mapping[str, str] | None = None,
    ) -> Reading:
        """Read each shard of a data set, or each stretch of a Lance table, on a worker; other data in this process."""
        sections = () if interactions or roles else find_sections(data)
        if not sections:
            found = read_collection(data, interactions=interactions, roles=roles, settings=settings, progress=progress)
            return Reading(found, True)
        parts = dict(self.run_each(_read, settings, sections, progress))
        return Reading(joined_sections(data, sections, [parts[number] for number in range(len(sections))]), False)

    def write_batches(
        self,
        encoder: Encoder,
        media: Sequence[Media],
        *,
        store: Store,
        settings: Settings | None,
        skip: Collection[str],
        progress: Progress,
    ) -> Iterator[Sequence[Skipped]]:
        """Encode blocks of the encoder's batches on the workers and commit their fragments every few seconds.

        The batches are those of one process, so that the vectors are the same.
        """
        own = replace(settings or encoder.settings, threads=self.workers.cpus)
        chosen = work.Encoder(encoder.key, encoder.modality, own, store)
        todo = _first_of_each(MediaTable.of(media), skip)
        commits = _Commits(store, encoder.key)
        done = 0

        def watch(blocks: int) -> None:
            progress(done / len(todo), f"encoding {encoder.modality} {done:,} of {len(todo):,} on Ray")

        with explained(self.workers.address):
            workers = self._pool.count() if todo else 1
            calls = [(chosen, block) for block in blocks_of(todo, encoder.batch_size, workers)]
            try:
                for _, written in self._pool.run("encode", calls, watch):
                    done += written.count
                    commits.add(written.fragments)
                    yield written.skipped
            finally:
                commits.commit()

    def run_each(
        self, function: Callable[[S, T, Progress], R], shared: S, tasks: Sequence[T], progress: Progress
    ) -> Iterator[tuple[int, R]]:
        """Run each task on a worker; its own progress is not shown."""

        def watch(done: int) -> None:
            progress(done / len(tasks), f"{done:,} of {len(tasks):,} done by Ray")

        with explained(self.workers.address):
            common = self._pool.ray.put(shared)
            yield from self._pool.run("run", [(function, common, task) for task in tasks], watch)


def blocks_of(media: Sequence[M], batch: int, workers: int) -> list[Sequence[M]]:
    """The media in whole batches, several to a block; blocks shrink to one batch, so that the workers end together."""
    blocks: list[Sequence[M]] = []
    start = 0
    while start < len(media):
        share = (len(media) - start) // (workers * BLOCKS_EACH * batch)
        size = batch * max(1, min(share, BLOCK // batch))
        blocks.append(media[start : start + size])
        start += size
    return blocks


def _first_of_each(media: MediaTable, skip: Collection[str]) -> MediaTable:
    """The first medium of each digest that is not in `skip`, in order."""
    first: dict[str, int] = {}
    for row, digest in enumerate(media.digests):
        first.setdefault(digest, row)
    return media.take([row for digest, row in first.items() if digest not in skip])


class _Commits:
    """Fragments that wait for a commit."""

    def __init__(self, store: Store, key: str) -> None:
        self.store, self.key = store, key
        self._fragments: list[str] = []
        self._last = time.monotonic()

    def add(self, fragments: Sequence[str]) -> None:
        """Take fragments, and commit if that is due."""
        self._fragments.extend(fragments)
        if len(self._fragments) >= COMMIT_FRAGMENTS or time.monotonic() - self._last > COMMIT_SECONDS:
            self.commit()

    def commit(self) -> None:
        """Commit what waits."""
        fragments, self._fragments = self._fragments, []
        self.store.commit_fragments(self.key, fragments)
        self._last = time.monotonic()


def _read(settings: Settings, section: Section, progress: Progress) -> SectionMedia:
    return read_section(section, settings)
