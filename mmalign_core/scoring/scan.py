"""One pass over blocks of scores that answers both directions: counts of scores above bars, and the best candidates."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from mmalign_core.progress import remaining
from mmalign_core.scoring.scores import Scores
from mmalign_core.types import Cancelled, Progress, no_progress

ROWS, COLUMNS = 1024, 4096
"""Scores of one block: 16 MB. Measured: narrower blocks cost the matrix product half its speed, larger ones leave the
cache."""
_PAIRS = 256
"""Pairs whose scores are computed at once, as a square of which the diagonal counts. Measured: smaller squares are
computed by other instructions, which round otherwise than those of a block."""
Rows = slice | np.ndarray
"""Numbers of rows."""
_LOWEST = np.finfo(np.float32).min
"""Below every score."""

Partial = Callable[[np.ndarray, np.ndarray], str]
"""Called where a pass is stopped, with the sources that met all targets (s,), a random sample, and their counts (t, s).
Returns what they say in words."""


@dataclass(frozen=True)
class Asked:
    """What one direction wants of a pass over its q queries and n candidates.

    `scores`: their scores, made of the similarities that both directions share and of biases of its own. `bars` (t, q)
    float32: t bars of each query, +inf for a query of which nothing is counted. `best`: number of best candidates to
    keep. `allowed` (n,) bool: the candidates that may be among them.
    """

    scores: Scores
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

    Each similarity is computed once. The memory is that of one block and of the answers. The sources are passed in
    random order, so that those done when `progress` stops the pass are a sample of all. What `partial` says of them
    becomes a note of the exception.
    """
    m, n = len(blocks.sources), len(blocks.targets)
    order = np.random.default_rng(0).permutation(m)
    ahead = _Direction(forward, n, order)
    back = None if backward is None else _Direction(backward, m, None, order)
    report, met = remaining(progress), 0
    try:
        for met in range(0, m, ROWS):
            rows = order[met : met + ROWS]
            sources, places = blocks.sources[rows], slice(met, met + len(rows))
            for first in range(0, n, COLUMNS):
                columns = slice(first, min(first + COLUMNS, n))
                block = blocks.block(sources, columns)
                ahead.meet(block, places, columns)
                if back is not None:
                    back.meet_across(block, places, columns)
                done = (met + len(rows) * columns.stop / n) / m
                report(done, f"{met:,} of {m:,} queries against {n:,} candidates")
    except (Cancelled, KeyboardInterrupt) as stop:
        stop.add_note(partial(order[:met], ahead.counts[:, :met]))
        raise
    return ahead.tallies(), None if back is None else back.tallies()


class Blocks:
    """The similarities of any sources and targets, whose vectors are prepared once."""

    def __init__(self, scores: Scores) -> None:
        self._similarity = scores.similarity
        self.sources, self.targets = (scores.similarity.prepare(x) for x in (scores.sources, scores.targets))

    def block(self, sources: np.ndarray, columns: slice) -> np.ndarray:
        """Return the similarities (r, c) of prepared `sources` (r, d) and the target `columns`."""
        return self._similarity.compare(sources, self.targets[columns])

    def of_pairs(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return the similarity (p,) of each source row and its own target column, with the bits it has in a block."""
        found = self._dots(rows, columns) if len(rows) > _PAIRS else None
        if found is None or not np.array_equal(found[:_PAIRS], self._diagonals(rows[:_PAIRS], columns[:_PAIRS])):
            found = self._diagonals(rows, columns)
        return found

    def _dots(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return inner products, which are the similarities if the matrix product rounds in the usual order."""
        from mmalign_core.scoring.kernels import dot_pairs, on_all_cores

        found = np.empty(len(rows), np.float32)
        rows, columns = np.array(rows, np.int64), np.array(columns, np.int64)
        on_all_cores(len(rows), lambda lo, hi: dot_pairs(self.sources, self.targets, rows, columns, found, lo, hi))
        return found

    def _diagonals(self, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return similarities as the diagonals of square blocks."""
        found = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _PAIRS):
            part = slice(start, start + _PAIRS)
            pairs = np.resize(rows[part], _PAIRS), np.resize(columns[part], _PAIRS)
            square = self._similarity.compare(self.sources[pairs[0]], self.targets[pairs[1]])
            found[part] = np.diag(square)[: len(found[part])]
        return found


class _Direction:
    """The counts and best candidates of one direction so far. `order` numbers its queries, `names` its candidates."""

    def __init__(
        self, asked: Asked, candidates: int, order: np.ndarray | None, names: np.ndarray | None = None
    ) -> None:
        self._scores, self._order, self._names = asked.scores, order, names
        bars = np.asarray(asked.bars, np.float32)
        self._bars = np.ascontiguousarray(bars if order is None else bars[:, order])
        self.counts = np.zeros(bars.shape, np.int32)
        many = bars.shape[1], min(asked.best, candidates)
        self._best, self._who = np.full(many, _LOWEST), np.zeros(many, np.int32)
        allowed = np.ones(candidates, bool) if asked.allowed is None else np.array(asked.allowed, bool)
        self._allowed = allowed if names is None else allowed[names]

    def meet(self, block: np.ndarray, rows: slice, columns: slice) -> None:
        """Take a block of similarities whose rows are queries of this direction."""
        from mmalign_core.scoring.kernels import offer_rows, on_all_cores, tally_rows

        queries = rows if self._order is None else self._order[rows]
        block = _corrected(self._scores, block, queries, columns)
        bars, counts = np.ascontiguousarray(self._bars[:, rows]), np.zeros((len(self._bars), len(block)), np.int32)
        best, who, allowed = self._best[rows], self._who[rows], self._allowed[columns]

        def work(lo: int, hi: int) -> None:
            tally_rows(block, bars, counts, lo, hi)
            if best.shape[1]:
                offer_rows(block, allowed, columns.start, best, who, lo, hi)

        on_all_cores(len(block), work)
        self.counts[:, rows] += counts

    def meet_across(self, block: np.ndarray, rows: slice, columns: slice) -> None:
        """Take a block of similarities whose columns are queries of this direction."""
        from mmalign_core.scoring.kernels import offer_columns, on_all_cores, tally_columns

        candidates = rows if self._names is None else self._names[rows]
        block = _corrected(self._scores, block.T, columns, candidates).T
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


def _corrected(scores: Scores, block: np.ndarray, queries: Rows, candidates: Rows) -> np.ndarray:
    """Return the scores (q, c) of these queries and candidates, given their similarities, by the cores together."""
    from mmalign_core.scoring.kernels import on_all_cores

    if scores.plain:
        return block
    found = np.empty_like(block)
    numbers = np.arange(len(scores.sources))[queries]

    def work(lo: int, hi: int) -> None:
        found[lo:hi] = scores.corrected(block[lo:hi], numbers[lo:hi], candidates)

    on_all_cores(len(block), work)
    return found
