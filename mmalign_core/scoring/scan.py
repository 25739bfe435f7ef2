"""One pass over blocks of scores that answers both directions: counts of scores above bars, and the best candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmalign_core.progress import remaining
from mmalign_core.scoring.corrections.scores import Scores
from mmalign_core.types import Cancelled, Progress, no_progress

ROWS, COLUMNS = 1024, 4096
"""Scores of one block: 16 MB. Measured: narrower blocks cost the matrix product half its speed, larger ones leave the
cache."""
_PAIRS = 128
"""Pairs whose scores are computed at once, as a square of which the diagonal counts. Measured: smaller squares are
computed by other instructions, which round otherwise than those of a block."""
_LOWEST = np.finfo(np.float32).min
"""Below every score."""

Partial = Callable[[np.ndarray, np.ndarray], str]
"""Called where a pass is stopped, with the sources that met all targets (s,), a random sample, and their counts (t, s).
Returns what they say in words."""


@dataclass(frozen=True)
class Asked:
    """What one direction wants of a pass over its q queries and n candidates.

    `bars` (t, q) float32: t bars of each query, +inf for a query of which nothing is counted. `best`: number of best
    candidates to keep. `allowed` (n,) bool: the candidates that may be among them.
    """

    bars: np.ndarray
    best: int = 0
    allowed: np.ndarray | None = None


@dataclass(frozen=True)
class Tallies:
    """The answer to `Asked`. `counts` (t, q): candidates that score at least the bar. `scores` and `candidates`
    (q, min(best, n)): the best ones in falling order; of equal scores it is open which one comes first, or is kept."""

    counts: np.ndarray
    scores: np.ndarray
    candidates: np.ndarray


def scan(
    blocks: Blocks,
    forward: Asked,
    backward: Asked | None = None,
    *,
    progress: Progress = no_progress,
    partial: Partial = lambda sources, counts: "",
) -> tuple[Tallies, Tallies | None]:
    """Return the tallies of the sources as queries, and of the targets as queries where `backward` asks for them.

    Each score is computed once. The memory is that of one block and of the answers. The sources are passed in random
    order, so that those done when `progress` stops the pass are a sample of all. What `partial` says of them becomes a
    note of the exception.
    """
    m, n = len(blocks.sources), len(blocks.targets)
    order = np.random.default_rng(0).permutation(m)
    ahead = _Direction(forward, n, order)
    back = None if backward is None else _Direction(backward, m, None, order)
    report = remaining(progress)
    for start in range(0, len(order), ROWS):
        rows = order[start : start + ROWS]
        sources = blocks.sources[rows]
        for first in range(0, n, COLUMNS):
            columns = slice(first, min(first + COLUMNS, n))
            block = blocks.block(sources, rows, columns)
            ahead.meet(block, slice(start, start + len(rows)), columns)
            if back is not None:
                back.meet_across(block, slice(start, start + len(rows)), columns)
            try:
                done = (start + len(rows) * columns.stop / n) / m
                report(done, f"{start:,} of {m:,} queries against {n:,} candidates")
            except (Cancelled, KeyboardInterrupt) as stop:
                stop.add_note(partial(order[:start], ahead.counts[:, :start]))
                raise
    return ahead.tallies(), None if back is None else back.tallies()


class Blocks:
    """The scores of any sources and targets, whose vectors are prepared once."""

    def __init__(self, scores: Scores) -> None:
        self._scores = scores
        self.sources, self.targets = (scores.similarity.prepare(x) for x in (scores.sources, scores.targets))

    def block(self, sources: np.ndarray, rows: np.ndarray, columns: slice) -> np.ndarray:
        """Return the scores (r, c) of prepared `sources` (r, d), which are the source `rows`, and target `columns`."""
        block = self._scores.similarity.compare(sources, self.targets[columns])
        return self._scores.corrected(block, rows, columns)

    def of_pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the score (p,) of each source row with its own target column, with the bits that it has in a block."""
        found = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _PAIRS):
            part = slice(start, start + _PAIRS)
            pairs = np.resize(rows[part], _PAIRS), np.resize(columns[part], _PAIRS)
            square = self._scores.similarity.compare(self.sources[pairs[0]], self.targets[pairs[1]])
            found[part] = np.diag(square)[: len(found[part])]
        return self._scores.corrected_pairs(found, rows, columns)


class _Direction:
    """The counts and best candidates of one direction so far. `order` numbers its queries, `names` its candidates."""

    def __init__(
        self, asked: Asked, candidates: int, order: np.ndarray | None, names: np.ndarray | None = None
    ) -> None:
        self._order, self._names = order, names
        bars = np.asarray(asked.bars, np.float32)
        self._bars = np.ascontiguousarray(bars if order is None else bars[:, order])
        self.counts = np.zeros(bars.shape, np.int32)
        many = bars.shape[1], min(asked.best, candidates)
        self._best, self._who = np.full(many, _LOWEST), np.zeros(many, np.int32)
        allowed = np.ones(candidates, bool) if asked.allowed is None else np.array(asked.allowed, bool)
        self._allowed = allowed if names is None else allowed[names]

    def meet(self, block: np.ndarray, rows: slice, columns: slice) -> None:
        """Take a block whose rows are queries of this direction."""
        from mmalign_core.scoring.kernels import offer_rows, on_all_cores, tally_rows

        bars, counts = np.ascontiguousarray(self._bars[:, rows]), np.zeros((len(self._bars), len(block)), np.int32)
        best, who, allowed = self._best[rows], self._who[rows], self._allowed[columns]

        def work(lo: int, hi: int) -> None:
            tally_rows(block, bars, counts, lo, hi)
            if best.shape[1]:
                offer_rows(block, allowed, columns.start, best, who, lo, hi)

        on_all_cores(len(block), work)
        self.counts[:, rows] += counts

    def meet_across(self, block: np.ndarray, rows: slice, columns: slice) -> None:
        """Take a block whose columns are queries of this direction."""
        from mmalign_core.scoring.kernels import offer_columns, on_all_cores, tally_columns

        bars = np.ascontiguousarray(self._bars[:, columns])
        counts = np.zeros(bars.shape, np.int32)
        best, who, allowed = self._best[columns], self._who[columns], self._allowed[rows]

        def work(lo: int, hi: int) -> None:
            tally_columns(block, bars, counts, lo, hi)
            if best.shape[1]:
                offer_columns(block, allowed, rows.start, best, who, lo, hi)

        on_all_cores(block.shape[1], work)
        self.counts[:, columns] += counts

    def tallies(self) -> Tallies:
        """Return what was found, by the given numbers of queries and candidates."""
        places = slice(None) if self._order is None else np.argsort(self._order)
        who = self._who if self._names is None else self._names[self._who]
        return Tallies(self.counts[:, places], self._best[places], who[places].astype(np.int64))
