"""Steps that a person waits for on large data, each by itself: processor time, wall time and peak memory.

    python -m benchmarks.large_steps [lasso] [suspicion] [plan] [filter] [marks]     (all of them by default)

lasso: recall, hubs and gap of 50,000 chosen items among 1,000,000 x 64, of which 10,000 were asked; among 200,000, all
asked. suspicion: of 20,000 x 128 pairs, as encoded. plan: of an alignment with a test share, 200,000 items. filter: of
1,000,000 items by a number and by a text. marks: 100,000 of them imported, then read and replayed.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.measuring_speed import pairs
from mmalign_core.store import Store
from mmalign_core.triage.judgements import Judgements
from mmalign_core.triage.score_sources import as_encoded
from mmalign_core.triage.selection import selection_contrasts
from mmalign_core.triage.suspicion import find_suspicion
from mmalign_core.types import Collection
from mmalign_core.workflow import Choices, encode, import_marks, read_marks
from mmalign_core.workflow.alignment.plan import make_plan
from mmalign_core.workflow.recommendation.filters import allowed_items


def timed(what: str, work: Callable[[], object], rounds: int = 3) -> None:
    """Print the fastest of some rounds, and the largest resident set of this process so far."""
    found = []
    for _ in range(rounds):
        wall, cpu = time.perf_counter(), time.process_time()
        work()
        found.append((time.process_time() - cpu, time.perf_counter() - wall))
    cpu, wall = min(found)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(f"{what:60} cpu {cpu:7.3f} s  wall {wall:7.3f} s  peak {peak:5.2f} GB", flush=True)


def lasso() -> None:
    """Measures of 50,000 chosen items. Ranks are drawn: what they are does not change the work."""
    for n, asked in ((1_000_000, 10_000), (200_000, 200_000)):
        space = pairs(n, 64)
        rng = np.random.default_rng(0)
        judged = {}
        for way in (("image", "text"), ("text", "image")):
            rows = np.sort(rng.choice(n, asked, replace=False))
            rank, chosen = rng.integers(1, 100, asked), rng.integers(0, n, asked)
            hit, none = rank == 1, np.zeros(asked, np.float32)
            columns = (rank, chosen, rows, none, none, hit, np.ones(asked, bool), ~hit & hit, np.full(asked, n))
            judged["->".join(way)] = Judgements(way, space[way[0]].take(rows), space[way[1]], *columns)
        items = space["image"].ids[100_000:150_000]
        some = "all" if n == asked else f"{asked:,}"
        what = f"lasso of 50,000 among {n:,}, {some} asked"
        timed(what, lambda judged=judged, space=space, items=items: selection_contrasts(judged, space, items))


def suspicion() -> None:
    """Suspicion of every pair, from the vectors as they are."""
    a, b = (rows.vectors for rows in pairs(20_000, 128).values())
    own = np.arange(len(a))
    timed("suspicion of 20,000 x 128", lambda: find_suspicion([as_encoded(a, b)], own, own), rounds=1)


def _collection(n: int, **columns: object) -> Collection:
    sets = pairs(n, 8)
    return Collection("large", pd.DataFrame(columns, index=list(sets["image"].ids)), (), vectors=sets)


def plan() -> None:
    """What is settled before a fit, with a fifth held out."""
    collection = _collection(200_000)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        encoding = encode(collection, {}, store=store, save=False)
        choices = Choices(aligner="as-is", test=0.2)
        timed("plan of 200,000 with a test share", lambda: make_plan(collection, encoding, choices, store=store))


def filter() -> None:
    """Conditions on a million items."""
    n = 1_000_000
    collection = _collection(n, price=np.arange(n) % 997, kind=pd.array([f"kind {i % 40}" for i in range(n)], "str"))
    for condition in ("price<100", "kind=kind 7", "kind~d 3", "id=item 77"):
        timed(f"filter of 1,000,000 by {condition}", lambda c=condition: allowed_items(collection, collection.ids, [c]))


def marks() -> None:
    """Marks of a collection, all at once."""
    collection = _collection(100_000)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(folder)
        table = Path(folder) / "marks.csv"
        table.write_text("".join(["id,mark\n", *(f"{item},right\n" for item in collection.ids)]))
        timed("100,000 marks imported", lambda: import_marks(collection, store, table), rounds=1)
        timed("100,000 marks read and replayed", lambda: read_marks(collection, store))


STEPS = {step.__name__: step for step in (lasso, suspicion, plan, filter, marks)}


def main() -> None:
    """Run the named steps."""
    for name in sys.argv[1:] or STEPS:
        STEPS[name]()


if __name__ == "__main__":
    main()
