"""Long passes report after every block, and end at the first report that cancels them."""

from collections.abc import Callable

import numpy as np
import pytest

from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear import base as linear
from mmalign_core.aligners.linear import stored_rows
from mmalign_core.aligners.towers import tower
from mmalign_core.metrics.bootstrap import intervals_together
from mmalign_core.metrics.retrieval import Outcome
from mmalign_core.progress import pulsing
from mmalign_core.projection import approximate, graph, large
from mmalign_core.projection.space import space_of
from mmalign_core.scoring import scan
from mmalign_core.scoring.corrections import Scores
from mmalign_core.scoring.similarities import SIMILARITIES
from mmalign_core.types import Cancelled, EmbeddingSet, Progress

N = 600
ROWS = np.random.default_rng(0).standard_normal((N, 8)).astype(np.float32)
IDS = [f"i{k}" for k in range(N)]
SETS = {m: EmbeddingSet(m, IDS, IDS, ROWS + at, "given@1") for at, m in enumerate(("image", "text"))}


def one_pass(progress: Progress) -> None:
    scores = Scores(SIMILARITIES.create("cosine"), ROWS, ROWS)
    asked = [scan.Asked(scores, np.zeros((1, N), np.float32), 3) for _ in range(2)]
    scan.scan(scan.Blocks(scores), *asked, progress=progress)


def near() -> tuple[np.ndarray, np.ndarray]:
    rows = (np.arange(N)[:, None] + np.arange(1, 6)) % N
    return rows, np.tile(np.arange(1, 6, dtype=np.float32), (N, 1))


def placed(name: str, **params: object) -> Callable[[Progress], None]:
    model = ALIGNERS.create(name, **params).fit(SETS)

    def place(progress: Progress) -> None:
        with pulsing(progress, 0.5, "placing"):
            model.transform(SETS["image"])

    return place


def fitted(name: str, **params: object) -> Callable[[Progress], None]:
    def fit(progress: Progress) -> None:
        with pulsing(progress, 0.5, "fitting"):
            ALIGNERS.create(name, **params).fit(SETS, progress=progress)

    return fit


def resampled(progress: Progress) -> None:
    ranks = np.arange(1, N + 1)
    with pulsing(progress, 0.99, "intervals"):
        intervals_together([(Outcome(ranks, ranks == 1), IDS)])


WORKS: dict[str, tuple[Callable[[], Callable[[Progress], None]], int]] = {
    "the pass over scores": (lambda: one_pass, 6 * 5),
    "exact neighbours": (lambda: lambda progress: graph.nearest_neighbours(space_of(ROWS, "cosine"), 5, progress), 21),
    "near neighbours": (lambda: lambda p: approximate.approximate_neighbours(space_of(ROWS, "cosine"), 5, 0, p), 12),
    "the weights of the graph": (lambda: lambda progress: large._weights(near()[1], 6, progress), 3),
    "the union of the graph": (lambda: lambda progress: graph.symmetric_graph(*near(), progress), 6),
    "a fit from the file": (lambda: fitted("ridge", target="text", reg=0.1), 12),
    "a canonical fit from the file": (lambda: fitted("cca", reg=0.1, weighting=2.0), 12),
    "a training": (lambda: fitted("infonce-linear", steps=12), 12),
    "the places of a linear map": (lambda: placed("ridge", target="text", reg=0.1), 6),
    "the places of a trained map": (lambda: placed("infonce-linear", steps=2), 6),
    "the intervals": (lambda: resampled, 6),
}
"""Name -> the work, and how often it reports at least where its blocks hold about a hundred rows."""


@pytest.mark.parametrize("name", WORKS)
def test_a_long_step_ends_at_the_report_that_cancels_it(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, constants in (
        (scan, {"ROWS": 100, "COLUMNS": 120}),
        (graph, {"BLOCK": 100, "UNITED": 100}),
        (large, {"ROWS": 50}),
        (approximate, {"BATCH": 150}),
        (stored_rows, {"ROWS_AT_ONCE": 100}),
        (linear, {"MOST_DENSE": 0, "_PLACED_AT_ONCE": 100}),
        (tower, {"ROWS_AT_ONCE": 100}),
    ):
        for constant, value in constants.items():
            monkeypatch.setattr(module, constant, value)
    monkeypatch.setattr("mmalign_core.metrics.bootstrap.DRAWS_AT_ONCE", 100 * N)
    monkeypatch.setattr("mmalign_core.scoring.kernels.core_count", lambda: 2)
    make, least = WORKS[name]
    work, seen = make(), list[str]()

    def stop_at(last: int) -> Progress:
        def progress(fraction: float, message: str) -> None:
            seen.append(message)
            if len(seen) == last:
                raise Cancelled(message)

        return progress

    work(stop_at(0))
    reports = len(seen)
    assert reports >= least, f"it reported {reports} times"
    for last in {1, reports // 2, reports}:
        seen.clear()
        with pytest.raises(Cancelled):
            work(stop_at(last))
        assert len(seen) == last, "nothing is reported, so nothing done, after that"
