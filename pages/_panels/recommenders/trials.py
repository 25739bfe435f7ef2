"""The rows of the Recommenders page, and their measurement in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

from mmalign_core.types import Collection, EmbeddingSet, digest_json
from mmalign_core.workflow import (
    Entry,
    Protocol,
    RecommenderRanking,
    Store,
    all_places,
    encode,
    evaluate,
    events_of,
    rank_recommenders,
)
from pages._session import cache
from pages._session.cache import Settings
from pages._session.jobs import Board, Job, within
from pages._session.results_cache import ResultsCache


@dataclass(frozen=True)
class Trial:
    """The recommenders to measure (`names`), the `protocol`, and the data.

    `space` is the space of the session's run. It is None without a run: then items have the vectors of their encoders.
    `source` is the digest of the run or of the collection.
    """

    names: tuple[str, ...]
    protocol: Protocol
    collection: Collection
    space: Mapping[str, EmbeddingSet] | None
    source: str

    @property
    def key(self) -> str:
        """Digest of all but the names: trials that differ in names alone share their rows."""
        return digest_json([self.source, self.space is None, asdict(self.protocol)])


def current(trial: Trial) -> Board:
    """Return the board of the trial in this process."""
    return board_of(trial, cache.results(), cache.store(), cache.settings())


_FASTEST = ("popular", "content", "ease")
"""Recommenders with the fastest fits, under 0.02 s on the demo, that learn from counts, from items and from users."""


def begin(trial: Trial) -> None:
    """Measure the fastest of the chosen recommenders if nothing was measured or begun for this trial."""
    names = tuple(name for name in _FASTEST if name in trial.names)
    board = current(replace(trial, names=names))
    if names and board.job is None and not board.measured.rows:
        board.start()


def board_of(trial: Trial, results: ResultsCache, store: Store, settings: Settings) -> Board:
    """Return the board of the trial. Its facts describe the measured interactions."""

    def measure(names: Sequence[str], board: Board, job: Job[None]) -> None:
        events = events_of(trial.collection, trial.protocol)
        space, start = trial.space, 0.0
        if space is None:
            start = 0.3  # encoding fills this much of the bar: it takes longer than most recommenders
            shown = within(job.progress, 0.0, start)
            space = encode(trial.collection, store=store, settings=settings, progress=shown).sets
        evaluate(
            all_places(trial.collection, space),
            events,
            [Entry(name) for name in names],
            trial.protocol,
            progress=within(job.progress, start, 1.0),
            publish_facts=board.put_facts,
            publish=lambda row: board.put(row["recommender"], row),
            finished=board.finished,
        )

    return Board("trial", trial.key, trial.names, measure, results)


def ranking(board: Board) -> RecommenderRanking:
    """Return the chosen recommenders measured so far, best first, with the random order."""
    measured = board.measured
    rows = [row for name, row in measured.rows.items() if name in board.names or row["baseline"]]
    return rank_recommenders(rows, measured.facts)
