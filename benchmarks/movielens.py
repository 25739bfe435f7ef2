"""MovieLens-100k on cornac's random split: cornac's recipes beside cornac itself, then every recommender at its best.

python benchmarks/movielens.py FOLDER [PYTHON]

FOLDER holds ml-100k.inter and ml-100k.item (tab-separated, as in the recbole wheel). PYTHON is an interpreter that has
cornac; without it cornac's column is empty. The split is RatioSplit(test_size=0.2, rating_threshold=4, seed=123) and
the measure is cornac's: an item is right when a held-out rating is 4 or more, what the user rated 4 or more in training
is no candidate (what they rated lower is one), users with nothing right are left out. Parameters are chosen on a fifth
of the training events, never on the test, and so is whether to learn from all events or from those rated 4 or more:
under this measure that choice decides most, since whoever learns that "met" is good ranks first what the user met and
rated low. Trained methods: mean and spread over three seeds.
"""

from __future__ import annotations

import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.metrics.bootstrap import interval, resampled_means
from mmalign_core.metrics.recommendation import right_ranks, user_metrics, wrong_above
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, PlacedQuery
from mmalign_core.recommend.splits import split_events
from mmalign_core.store import Store
from mmalign_core.workflow import encode, open_collection
from mmalign_core.workflow.evaluation.trials import all_places

LIKED, K = 4, 10
SEEDS = (0, 1, 2)
RECIPES = {
    "popular": ("popular", {}, False, 0.1445),
    "EASE 500": ("ease", {"regularisation": 500, "positive": True, "ratings": True}, True, 0.2327),
    "BPR": ("bpr", {"factors": 10, "iterations": 200, "learning_rate": 0.001, "regularisation": 0.01}, False, 0.1500),
    "iALS": ("als", {"factors": 10}, False, 0.1940),
    "LightGCN": ("lightgcn", {}, False, 0.2021),
}
"""Name -> recommender, parameters, whether histories are weighted by rating, and the NDCG@10 known of cornac."""
GRIDS: dict[str, list[dict[str, Any]]] = {
    "popular": [{}],
    "content": [{}],
    "rp3beta": [{"beta": b, "neighbours": n} for b in (0.1, 0.3, 0.5) for n in (50, 200, 1000)],
    "ease": [{"regularisation": r} for r in (100, 200, 300, 500)],
    "als": [{"factors": f, "regularisation": r, "alpha": 1} for f in (10, 20, 40) for r in (0.1, 3, 10)],
    "bpr": [{"factors": f, "learning_rate": r} for f, r in ((10, 0.01), (32, 0.02))],
    "lightgcn": [{"decay": d} for d in (1e-4, 1e-3)],
    "freedom": [{"decay": d} for d in (1e-4, 1e-3)],
    "vbpr": [{"decay": d} for d in (1e-3, 3e-3)],
    "hybrid": [
        {"members": members, "validation": "random"}
        for members in (
            "content,ease:regularisation=200",
            "als:factors=20:regularisation=3,ease:regularisation=200,freedom",
        )
    ],
}
"""What is tried on validation, the first with all training events and with those rated 4 or more."""
DRAWN = ("bpr", "lightgcn", "freedom", "vbpr", "als", "hybrid")
CORNAC = """
import json, sys, warnings
warnings.filterwarnings("ignore")
import cornac
from cornac.eval_methods import RatioSplit
from cornac.models import BPR, EASE, MostPop
rows = [line.split("\\t") for line in open(sys.argv[1]).read().splitlines()[1:]]
data = [(user, item, float(rating)) for user, item, rating, _ in rows]
split = RatioSplit(data=data, test_size=0.2, rating_threshold=4.0, seed=123)
users, items = ({v: k for k, v in names.items()} for names in (split.global_uid_map, split.global_iid_map))
test = sorted(f"{users[u]} {items[i]}" for u, i, _ in zip(*split.test_set.uir_tuple))
bpr = BPR(k=10, max_iter=200, learning_rate=0.001, lambda_reg=0.01, seed=123)
found = {}
for name, model in (("popular", MostPop()), ("EASE 500", EASE(lamb=500)), ("BPR", bpr)):
    result, _ = split.evaluate(model, [cornac.metrics.NDCG(k=10), cornac.metrics.Recall(k=10)], user_based=False)
    found[name] = [float(result.metric_avg_results[f"{m}@10"]) for m in ("NDCG", "Recall")]
print("FOUND " + json.dumps({"test": test, "found": found}))
"""


@dataclass(frozen=True)
class Task:
    """What is learned from, what is asked for, and the candidates: `train` and `test` share users and items."""

    items: PlacedItems
    train: Interactions
    test: Interactions

    def measured(self, scores: np.ndarray) -> dict[str, np.ndarray]:
        """Metric -> value of each user with a held-out item rated 4 or more."""
        liked, right = (part.take(part.ratings >= LIKED).matrix.toarray() > 0 for part in (self.train, self.test))
        rows, columns = np.nonzero(right)
        wrong = wrong_above(np.where(liked, -np.inf, scores), rows, columns)
        return user_metrics(right_ranks(wrong, rows), rows, K)

    def run(
        self, name: str, params: dict[str, Any], least: float, seed: int, *, rated: bool = False
    ) -> tuple[Any, dict[str, np.ndarray]]:
        """The recommender fitted to events rated `least` or more, and its metrics for histories of those."""
        events = self.train.take(self.train.ratings >= least)
        model = RECOMMENDERS.create(name, **params).fit(self.items, events, seed=seed)
        return model, self.measured(model.score(asked(events, rated=rated)))


def asked(events: Interactions, *, rated: bool) -> list[PlacedQuery]:
    """Every user's history, each item counting 1 or its rating."""
    histories: list[dict[int, float]] = [{} for _ in events.users]
    for user, item, rating in zip(events.rows, events.columns, events.ratings):
        histories[user][int(item)] = float(rating) if rated else 1.0
    return [PlacedQuery(history=history) for history in histories]


def opened(folder: Path) -> Task:
    """The split, and the training items' titles, years and genres encoded as two texts."""
    rows = [line.split("\t") for line in (folder / "ml-100k.inter").read_text(encoding="utf-8").splitlines()[1:]]
    order = np.random.RandomState(123).permutation(len(rows))
    held = ceil(0.2 * len(rows))
    train, test = ([rows[i] for i in part] for part in (order[:-held], order[-held:]))
    users, ids = (sorted({row[at] for row in train}) for at in (0, 1))
    return Task(placed(folder, ids), *(numbered(part, users, ids) for part in (train, test)))


def numbered(rows: Sequence[Sequence[str]], users: Sequence[str], ids: Sequence[str]) -> Interactions:
    """Events of users and items that training knows."""
    user_of, item_of = ({name: at for at, name in enumerate(names)} for names in (users, ids))
    kept = [row for row in rows if row[0] in user_of and row[1] in item_of]
    columns = ([user_of[u] for u, *_ in kept], [item_of[i] for _, i, *_ in kept], *list(zip(*kept))[2:])
    kinds = (np.int64, np.int64, np.float64, np.float64)
    return Interactions(tuple(users), len(ids), *(np.asarray(x, kind) for x, kind in zip(columns, kinds)))


def placed(folder: Path, ids: Sequence[str]) -> PlacedItems:
    """One text an item, "Toy Story, 1995. Animation Children's Comedy", through the core's own text encoder."""
    with (folder / "ml-100k.item").open(encoding="utf-8") as file:
        films = {row[0]: row for row in csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE)}
    with tempfile.TemporaryDirectory() as made:
        manifest = Path(made) / "manifest.jsonl"
        texts = ({"id": i, "text": f"{films[i][1]}, {films[i][2]}. {films[i][3]}"} for i in ids)
        manifest.write_text("\n".join(map(json.dumps, texts)), encoding="utf-8")
        collection = open_collection(manifest)
        places = all_places(collection, encode(collection, store=Store(Path(made) / "store")).sets)
    rows = [places.row(i) for i in ids]
    return PlacedItems(tuple(ids), {m: part[rows] for m, part in places.parts.items()})


def cornac(folder: Path, python: str, task: Task) -> dict[str, list[float]]:
    """Name -> NDCG@10 and Recall@10 as cornac measures them, after checking that both hold out the same events."""
    if not python or not Path(python).exists():
        print("no interpreter with cornac was given: its column stays empty")
        return {}
    command = [python, "-c", CORNAC, str(folder / "ml-100k.inter")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    answer = json.loads(next(line for line in said.splitlines() if line.startswith("FOUND "))[6:])
    ours = sorted(f"{task.test.users[u]} {task.items.ids[i]}" for u, i in zip(task.test.rows, task.test.columns))
    print(f"both hold out the same {len(ours):,} events: {'yes' if ours == answer['test'] else 'NO'}")
    return answer["found"]


def recipes(task: Task, theirs: dict[str, list[float]]) -> None:
    """cornac's own recipes, every event counting as met: ours, cornac's in this run, cornac's as known before."""
    print(f"\n{'recipe, all events':24}{'ours NDCG@10 / Recall@10':>40}{'cornac, this run':>20}{'known':>9}")
    for title, (name, params, rated, known) in RECIPES.items():
        runs = [task.run(name, params, 0, seed, rated=rated) for seed in (SEEDS if name in DRAWN else (0,))]
        ours = " / ".join(spread([found[f"{m}@{K}"].mean() for _, found in runs]) for m in ("ndcg", "recall"))
        print(f"{title:24}{ours:>40}{' / '.join(f'{x:.4f}' for x in theirs.get(title, ())):>20}{known:>9.4f}")
        if name == "bpr":
            learned = [
                task.measured(m.user_factors @ m.item_factors.T + m.item_biases)[f"ndcg@{K}"].mean() for m, _ in runs
            ]
            print(f"{'  by its own user factors':24}{spread(learned):>38}")


def chosen(task: Task, name: str) -> tuple[float, dict[str, Any], float]:
    """Least rating learned from, parameters, and their NDCG@10 on a fifth of the training events."""
    parts = split_events(task.train, "random", 0.2, seed=0)
    validation, grid = Task(task.items, parts.train, parts.test), GRIDS[name]

    def tried(params: dict[str, Any], least: float) -> float:
        return float(validation.run(name, params, least, 0)[1][f"ndcg@{K}"].mean())

    first = {least: tried(grid[0], least) for least in (0.0, float(LIKED))}
    least = max(first, key=lambda x: first[x])
    values = [first[least], *(tried(params, least) for params in grid[1:])]
    best = int(np.argmax(values))
    return least, grid[best], values[best]


def best(task: Task) -> None:
    """Every recommender with what validation chose, measured once on the test."""
    users = len(task.measured(np.zeros((len(task.train.users), len(task.items.ids))))[f"ndcg@{K}"])
    print(f"\nchosen on validation; n = {users} users; 95% interval over users, ± over {len(SEEDS)} seeds")
    print(
        f"{'recommender':12}{'validation':>11}{'test NDCG@10':>20}{'interval':>18}{'Recall@10':>20}{'fit+score s':>13}"
    )
    for name in GRIDS:
        least, params, value = chosen(task, name)
        start = time.perf_counter()
        runs = [task.run(name, params, least, seed)[1] for seed in (SEEDS if name in DRAWN else (0,))]
        seconds = (time.perf_counter() - start) / len(runs)
        low, high = interval(resampled_means({"ndcg": np.mean([found[f"ndcg@{K}"] for found in runs], axis=0)})["ndcg"])
        ndcg, recall = (spread([found[f"{m}@{K}"].mean() for found in runs]) for m in ("ndcg", "recall"))
        print(f"{name:12}{value:>11.4f}{ndcg:>20}{f'{low:.4f}–{high:.4f}':>18}{recall:>20}{seconds:>9.1f}", end="  ")
        print(f"{'rated 4 or more' if least else 'all events'}; {params}", flush=True)


def spread(values: Sequence[float]) -> str:
    """Mean, and the standard deviation over seeds where there are several."""
    more = f" ± {statistics.stdev(values):.4f}" if len(values) > 1 else ""
    return f"{statistics.fmean(values):.4f}{more}"


def main(folder: str, python: str = "") -> None:
    """Print both tables."""
    task = opened(Path(folder))
    print(f"{len(task.train):,} training events of {len(task.train.users)} users and {task.train.items} items")
    recipes(task, cornac(Path(folder), python, task))
    best(task)


if __name__ == "__main__":
    main(*sys.argv[1:])
