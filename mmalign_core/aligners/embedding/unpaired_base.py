"""Base class of the aligners that use no pairs: they find one rotation per modality from its rows alone."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping

import numpy as np

from mmalign_core.aligners.embedding.procrustes import nearest_orthonormal
from mmalign_core.aligners.embedding.unpaired_matching import Refinement, Watch, cross_covariance, refine
from mmalign_core.aligners.embedding.unpaired_rows import Spectrum, distinct_rows, enough_rows, project, spectrum
from mmalign_core.aligners.linear.base import Examples, LinearAligner, Maps
from mmalign_core.params import param
from mmalign_core.progress import within
from mmalign_core.types import MODALITIES, EmbeddingSet, Progress
from mmalign_core.wording import say, say_word

COARSE_DIMS = 64
"""Few directions with their own variances, in which wrong starts still converge to the right rotation. Chosen."""
FINE_POWER = 0.5
"""Halfway to white: here weaker directions help to separate items. Chosen."""
HEATS = ((2, 1500, 8), (4, 3000, 2), (6, 6000, 1))
"""(rows, starts) of each heat: rounds on so many rows, after which so many of the best starts remain. Chosen for
time: many starts use few rows, few starts use many."""
FINE_ROWS = 6000
"""Rows of either side in each of the last rounds. Chosen for time."""
HOPEFUL_ROWS = 1000
"""Rows of either modality below which the result is chance or luck. Chosen between what was measured on left and right
halves of pictures, an easy case: R@10 of 1,000 over three seeds 2 to 6 % with 100 rows, 2 to 24 % with 300
(`benchmarks/unpaired_rows.py`), and R@1 of 15 % with 30,000 (`benchmarks/fashion_unpaired.py`)."""
MEMORY = 0.7
"""Share of the earlier rounds that the last ones keep.
Chosen: together they weigh about twice as much as the current one."""


class UnpairedAligner(LinearAligner):
    """Rotations found from the shape of each modality's rows alone. Item ids are not used.

    A subclass provides first guesses (`starts`). They compete in heats: each is refined by self-learning, and those
    whose mutual neighbours agree best remain. The winner is refined with more directions. With more than two
    modalities, each is rotated onto the one with the most rows.
    """

    needs_pairs = False
    dims: int = param(128, 2, 4096, help="dimensions of the shared space")
    refinement: int = param(12, 1, 1000, help="rounds of matching and rotating at the end")
    rows: int = param(30_000, 100, 10_000_000, help="most different rows of each modality that are used")

    @classmethod
    def caution(cls, rows: Mapping[str, int]) -> str:
        """Return that there are fewer than HOPEFUL_ROWS rows of a modality."""
        least = min(rows, key=lambda m: (rows[m], MODALITIES.index(m)), default="")
        if not least or rows[least] >= HOPEFUL_ROWS:
            return ""
        return say(
            "{aligner} compares whole collections, and there are {count} rows of {modality}: with fewer than {least} "
            "what it finds is mostly chance; give more items, or known pairs to another aligner",
            aligner=cls.name,
            count=rows[least],
            modality=say_word(least),
            least=HOPEFUL_ROWS,
        )

    def can_join(self, rows: EmbeddingSet, pair: Mapping[str, EmbeddingSet]) -> bool:
        """Whether the set has enough different rows."""
        return enough_rows(rows)

    @abstractmethod
    def starts(
        self, left: np.ndarray, right: np.ndarray, rng: np.random.Generator, progress: Progress
    ) -> Iterator[np.ndarray]:
        """Yield candidate rotations (k, k) of left unit rows (n, k) onto right ones (m, k)."""

    def _fit(self, sets: Mapping[str, EmbeddingSet], seed: int, progress: Progress) -> None:
        """Find the rotations. BadInput: fewer than two modalities, or one with too few different rows."""
        self.history = ()
        progress(0.0, "computing the main directions of each modality")
        found = distinct_rows(self.name, {m: sets[m] for m in sorted(sets, key=MODALITIES.index)}, self.rows, seed)
        self._centres = {m: rows.mean(0) for m, rows in found.items()}
        centred = {m: rows - self._centres[m] for m, rows in found.items()}
        solution = self.solve(Examples(centred, {m: np.ones(len(x), bool) for m, x in centred.items()}), seed, progress)
        self._maps, self._weight = dict(solution.maps), solution.weight
        progress(1.0, "aligned")

    def solve(self, examples: Examples, seed: int, progress: Progress) -> Maps:
        """Return maps of unpaired rows: each modality has its own number of rows, all present."""
        seen = {m: spectrum(x) for m, x in examples.rows.items()}
        dims = min(self.dims, *(len(s.deviations) for s in seen.values()))
        target = max(seen, key=lambda m: len(seen[m].scores))
        others = [m for m in seen if m != target]
        maps = {target: project(seen[target], dims, FINE_POWER).map}
        for i, m in enumerate(others):
            part = within(progress, i / len(others), (i + 1) / len(others), f"{m}: ")
            maps[m] = self._map_onto(seen[m], seen[target], dims, np.random.default_rng(seed), part)
        return Maps(maps, np.ones(dims))

    def _map_onto(
        self, source: Spectrum, target: Spectrum, dims: int, rng: np.random.Generator, progress: Progress
    ) -> np.ndarray:
        """Return the map (d, dims) of the source into the target's space."""
        coarse = [project(x, min(dims, COARSE_DIMS), 1.0).rows for x in (source, target)]
        best = self._best_of(coarse[0], coarse[1], rng, progress)
        own, other = (project(x, dims, FINE_POWER) for x in (source, target))
        first = nearest_orthonormal(cross_covariance(own.rows, other.rows, best.left, best.right))
        watch = self._watcher(progress)
        rounds, memory = self.refinement, MEMORY
        best = refine(own.rows, other.rows, first, rng, rounds=rounds, rows=FINE_ROWS, memory=memory, watch=watch)
        return own.map @ best.rotation

    def _best_of(self, left: np.ndarray, right: np.ndarray, rng: np.random.Generator, progress: Progress) -> Refinement:
        """Return the start that wins the heats."""
        entered: list[np.ndarray] = list(self.starts(left, right, rng, within(progress, 0.0, 0.3, "first guesses: ")))
        candidates: list[Refinement] = []
        for heat, (rounds, rows, kept) in enumerate(HEATS):
            candidates = []
            for i, rotation in enumerate(entered):
                progress(0.3 + 0.15 * (heat + i / len(entered)), f"heat {heat + 1}: start {i + 1} of {len(entered)}")
                candidates.append(refine(left, right, rotation, rng, rounds=rounds, rows=rows))
            candidates = sorted(candidates, key=lambda found: -found.agreement)[:kept]
            entered = [found.rotation for found in candidates]
        return candidates[0]

    def _watcher(self, progress: Progress) -> Watch:
        before = len(self.history)

        def watch(found: Refinement) -> None:
            self.record(step=len(self.history) + 1, mutual=found.share, csls=found.agreement)
            done = (len(self.history) - before) / self.refinement
            progress(0.75 + 0.25 * done, f"{found.share:.0%} of rows and their counterparts choose each other")

        return watch
