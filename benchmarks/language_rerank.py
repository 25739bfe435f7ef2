"""Whether a language model's re-ranking helps: NDCG@10 with and without it on the same users, weight chosen on others.

python benchmarks/language_rerank.py [DATA] [--model smollm2] [--param k=v …] [--recommender ease] [--split time]
    [--most 50] [--validation 100] [--users 200] [--seed 0] [--keep FILE.npz]

DATA: a folder with movies.dat and ratings.dat (MovieTweetings, the default) or ml-100k.item and ml-100k.inter
(MovieLens-100k). Users are drawn once; the weight is the best of WEIGHTS on the first of them, and the others are
measured once, with it. Intervals: paired bootstrap over users, 95%. The time stands beside the numbers.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.metrics.bootstrap import interval, resampled_means
from mmalign_core.params import parse_assignments
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems, PlacedQuery, Recommender, interactions_of
from mmalign_core.recommend.controls import language_part
from mmalign_core.recommend.sentences.facts import short
from mmalign_core.recommend.splits import split_events
from mmalign_core.types import Progress, no_progress
from mmalign_core.workflow.recommendation.reranking import CALIBRATING, MOST_LIKED, likelihood_evidence

DATA = Path(__file__).parents[2] / "shared/data/movietweetings100k"
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
K = 10


class Remembering:
    """A language model that does not read a title by itself again for the next user."""

    def __init__(self, model: LanguageModel) -> None:
        self._model, self._known = model, dict[str, float]()

    def likelihoods(self, prompt: str, continuations: Sequence[str], *, progress: Progress = no_progress) -> np.ndarray:
        """As the model's own."""
        if prompt != CALIBRATING:
            return self._model.likelihoods(prompt, continuations, progress=progress)
        new = [text for text in continuations if text not in self._known]
        if new:
            self._known |= dict(zip(new, self._model.likelihoods(prompt, new)))
        return np.array([self._known[text] for text in continuations])


def opened(folder: Path) -> tuple[list[str], Interactions]:
    """Titles by number of the film, and who rated which."""
    if (folder / "movies.dat").is_file():
        lines = (folder / "movies.dat").read_text(encoding="utf-8").splitlines()
        titles = {film: title for film, title, _ in (line.split("::") for line in lines)}
        names = ["user_id", "item_id", "rating", "timestamp"]
        table = pd.read_csv(folder / "ratings.dat", sep="::", engine="python", names=names, dtype=str)
    else:
        films = pd.read_csv(folder / "ml-100k.item", sep="\t", dtype=str, keep_default_na=False).to_numpy()
        titles = {film: f"{title} ({year})" for film, title, year, *_ in films}
        table = pd.read_csv(folder / "ml-100k.inter", sep="\t", dtype=str)
        table.columns = [name.split(":")[0] for name in table.columns]
    ids = tuple(titles)
    return [titles[i] for i in ids], interactions_of(table.astype({"rating": float, "timestamp": float}), ids)


def latest(train: Interactions, user: int) -> list[int]:
    """Numbers of the films a user rated last, the last first."""
    own = np.flatnonzero(train.rows == user)
    ordered = train.columns[own[np.argsort(-train.times[own], kind="stable")]]
    return [int(item) for item in dict.fromkeys(ordered)][:MOST_LIKED]


def candidates(model: Recommender, train: Interactions, user: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the best films a user has not rated, and their scores."""
    seen = train.history(user)
    scores = model.score([PlacedQuery(history=seen, user=user)])[0]
    scores[list(seen)] = -np.inf
    best = np.argsort(-scores, kind="stable")[:most]
    return best, scores[best]


def ndcg(order: np.ndarray, right: set[int]) -> float:
    """NDCG@10, a film being right or not."""
    gains = sum(1 / np.log2(place + 2) for place, item in enumerate(order[:K]) if int(item) in right)
    return float(gains / sum(1 / np.log2(place + 2) for place in range(min(K, len(right)))))


def read(
    users: np.ndarray, rows: np.ndarray, titles: list[str], train: Interactions, model: LanguageModel, keep: Path | None
) -> np.ndarray:
    """(users, most) what the model finds of each candidate; kept after every user where asked to."""
    found = np.full(rows.shape, np.nan)
    if keep and keep.is_file():
        known = np.load(keep)
        if np.array_equal(known["users"], users) and np.array_equal(known["rows"], rows):
            found = known["found"]
    remembering, start, done = Remembering(model), time.perf_counter(), 0
    for place, user in enumerate(users):
        if not np.isnan(found[place]).any():
            continue
        liked = [short(titles[item]) for item in latest(train, user)]
        names = [short(titles[item]) for item in rows[place]]
        found[place] = likelihood_evidence(liked, names, remembering)  # type: ignore[arg-type]
        done += 1
        if keep and place % 10 == 9:
            np.savez(keep, users=users, rows=rows, found=found)
            print(f"{place + 1} users, {(time.perf_counter() - start) / done:.1f} s each", file=sys.stderr, flush=True)
    if done:
        print(f"the language model read {done} users' candidates in {(time.perf_counter() - start) / done:.1f} s each")
    if keep:
        np.savez(keep, users=users, rows=rows, found=found)
    return found


def by_weight(
    scores: np.ndarray, found: np.ndarray, rows: np.ndarray, right: list[set[int]]
) -> dict[float, np.ndarray]:
    """Weight -> (users,) NDCG@10; infinite: the language model's order alone."""
    result = {}
    for weight in (*WEIGHTS, np.inf):
        totals = [
            e if weight == np.inf else s + language_part(s, e, weight) for s, e in zip(scores, found, strict=True)
        ]
        result[weight] = np.array([ndcg(r[np.argsort(-t, kind="stable")], ok) for r, t, ok in zip(rows, totals, right)])
    return result


def shown(values: dict[float, np.ndarray], title: str) -> None:
    """A table: weight, NDCG@10, difference to not re-ranking with its interval."""
    base = values[0.0]
    print(f"\n{title}, n = {len(base)} users\n{'weight':>8}{'NDCG@10':>10}{'less none [95%]':>30}")
    for weight, found in values.items():
        low, high = interval(resampled_means({"d": found - base}, resamples=10_000)["d"])
        print(f"{weight:8g}{found.mean():10.4f}{(found - base).mean():+12.4f} [{low:+.4f}, {high:+.4f}]")


def main() -> None:
    """Read, choose the weight, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--param", action="append", default=[], help="of the language model: precision=bfloat16")
    parser.add_argument("--recommender", default="ease")
    parser.add_argument("--split", default="time")
    parser.add_argument("--most", type=int, default=50)
    parser.add_argument("--validation", type=int, default=100)
    parser.add_argument("--users", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    args = parser.parse_args()
    titles, events = opened(args.data)
    split = split_events(events, args.split, 0.2, args.seed)
    ids = tuple(map(str, range(len(titles))))
    model = RECOMMENDERS.create(args.recommender).fit(PlacedItems(ids, {}), split.train)
    many = np.bincount(split.train.rows, minlength=len(events.users))
    able = np.array([user for user in np.unique(split.test.rows) if many[user] >= MOST_LIKED])
    users = np.random.default_rng(args.seed).permutation(able)[: args.validation + args.users]
    print(f"{split.words}; {len(able)} users with {MOST_LIKED} or more ratings before and a right answer after")
    best = [candidates(model, split.train, user, args.most) for user in users]
    rows, scores = np.stack([b[0] for b in best]), np.stack([b[1] for b in best])
    right = [set(map(int, split.test.history(user))) for user in users]
    reachable = np.mean([bool(ok & set(map(int, row))) for ok, row in zip(right, rows)])
    print(f"{reachable:.0%} of users have a right answer among the {args.most} candidates")
    found = read(
        users,
        rows,
        titles,
        split.train,
        LANGUAGE_MODELS.create(args.model, seconds=600, **parse_assignments(args.param)),
        args.keep,
    )
    parts = slice(0, args.validation), slice(args.validation, None)
    chosen, measured = (by_weight(scores[p], found[p], rows[p], right[p]) for p in parts)
    shown(chosen, "validation")
    shown(measured, "measured")
    weight = max(WEIGHTS[1:], key=lambda w: chosen[w].mean())
    low, high = interval(resampled_means({"d": measured[weight] - measured[0.0]}, resamples=10_000)["d"])
    change = (measured[weight] - measured[0.0]).mean()
    print(
        f"\nMeasured on {len(measured[0.0])} users: NDCG@10 {measured[0.0].mean():.4f} without, "
        f"{measured[weight].mean():.4f} with weight {weight:g} chosen on {args.validation} others "
        f"({change:+.4f}, 95% {low:+.4f} to {high:+.4f})"
    )


if __name__ == "__main__":
    main()
