"""MovieTweetings 100k, one global moment: content, hybrid and collaborative recommenders on all films, on known ones,
and on films nobody had rated before.

python benchmarks/movietweetings.py [--data folder of movies.dat and ratings.dat] [--recommenders a,b,c] [--split time]
    [--relevant 8] [-k 10] [--seeds 0,1,2] [--store FOLDER]

Films are encoded from one line of title, year and genres. Recommenders that draw nothing are the same under every
seed; for the others the mean and spread over the seeds stand beside the first one's number. Intervals are over users
(bootstrap, 95%).
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.metrics.bootstrap import difference
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems
from mmalign_core.store import Store
from mmalign_core.workflow import encode, open_collection
from mmalign_core.workflow.evaluation.evaluation import Entry, evaluate
from mmalign_core.workflow.evaluation.ranking import Board, Row
from mmalign_core.workflow.evaluation.trials import SLICES, Protocol, all_places, events_of

DATA = Path(__file__).parents[2] / "shared/data/movietweetings100k"
RIVAL = "ease"
TITLE = re.compile(r"(.*) \((\d{4})\)")


def write_manifest(data: Path, folder: Path) -> tuple[Path, Path]:
    """The films as a manifest with one text each, and the ratings as interactions."""
    manifest, ratings = folder / "manifest.jsonl", folder / "ratings.csv"
    with manifest.open("w", encoding="utf-8") as out:
        for line in (data / "movies.dat").read_text(encoding="utf-8").splitlines():
            film, title, genres = line.split("::")
            row = {"id": f"tt{film}", "text": words(title, genres), "title": title, "genres": genres}
            out.write(json.dumps(row, ensure_ascii=False) + "\n")
    with ratings.open("w", encoding="utf-8") as out:
        out.write("user_id,item_id,rating,timestamp\n")
        for line in (data / "ratings.dat").read_text(encoding="utf-8").splitlines():
            user, film, rating, moment = line.split("::")
            out.write(f"u{user},tt{film},{rating},{moment}\n")
    return manifest, ratings


def words(title: str, genres: str) -> str:
    """'The Cheat, 1915. Drama'."""
    found = TITLE.fullmatch(title.strip())
    name = f"{found[1]}, {found[2]}" if found else title.strip()
    kinds = genres.replace("|", ", ").strip()
    return f"{name}. {kinds}" if kinds else name


def opened(data: Path, root: Path) -> tuple[PlacedItems, Interactions]:
    """The films with their places, encoded into the store at `root`, and who rated them."""
    with tempfile.TemporaryDirectory() as folder:
        manifest, ratings = write_manifest(data, Path(folder))
        collection = open_collection(manifest, interactions=ratings)
    start = time.perf_counter()
    encoding = encode(collection, store=Store(root))
    print(f"{len(collection.ids):,} films encoded in {time.perf_counter() - start:.1f} s by {encoding.encoders}")
    return all_places(collection, encoding.sets), events_of(collection)


def show_facts(facts: Mapping[str, Any]) -> None:
    """On what everything below was measured."""
    print(
        f"{facts['split']}; {facts['n_train']:,} events learned from, {facts['n_test']:,} held out, "
        f"{facts['left_out_events']:,} repeats left out\n"
        f"{facts['users_measured']:,} users measured of {facts['users']:,} ({facts['right_answers']:,} right answers"
        f"{'' if facts['relevant'] is None else ', rated {:g} or more'.format(facts['relevant'])}); left out: "
        f"{facts['users_not_held_out']:,} of whom nothing was held out, {facts['users_new']:,} without one before,\n"
        f"{facts['users_without_right_answer']:,} without a right answer; {facts['cold_items']:,} of "
        f"{facts['items']:,} films are new"
    )


def show_slice(boards: Sequence[Board], name: str, metric: str) -> None:
    """One slice: metric with its interval, the spread over seeds, recall and MRR, less the rival with interval."""
    rows = [row for row in boards[0].rows if row["error"] or name in row["metrics"]]
    sizes = next(row["metrics"][name] for row in rows if not row["error"])
    k = boards[0].facts["k"]
    print(f"\n{name}: {SLICES[name]}")
    print(f"{sizes['n']:,} users, {sizes['n_right']:,} right answers, {sizes['candidates']:,} candidates")
    print(f"{'':16}{metric + ' [95%]':>26}{'mean ± sd, seeds':>17}", end="")
    print(f"{f'recall@{k}':>11}{'MRR':>8}{f'less {RIVAL} [95%]':>28}")
    rival = next((row for row in rows if row["recommender"] == RIVAL), None)
    for row in rows:
        if row["error"]:
            print(f"{row['recommender']:16}  {row['error']}")
            continue
        values, (low, high) = row["metrics"][name], row["ci95"][name][metric]
        again = [same(board, row)["metrics"][name][metric] for board in boards]
        spread = f"{statistics.mean(again):.4f} ± {statistics.stdev(again):.4f}" if len(set(again)) > 1 else ""
        cells = f"{values[metric]:.4f} [{low:.4f}, {high:.4f}]"
        print(
            f"{row['recommender']:16}{cells:>26}{spread:>17}{values[f'recall@{k}']:11.4f}{values['mrr']:8.4f}"
            f"{against(row, rival, name, metric):>28}"
        )


def same(board: Board, row: Row) -> Row:
    """The row of the same recommender under another seed."""
    return next(other for other in board.rows if other["recommender"] == row["recommender"])


def against(row: Row, rival: Row | None, name: str, metric: str) -> str:
    """The difference to the rival on the very same users."""
    if rival is None or rival is row or rival["error"]:
        return ""
    observed = row["metrics"][name][metric] - rival["metrics"][name][metric]
    found = difference(observed, row["drawn"][name][metric] - rival["drawn"][name][metric])
    return f"{observed:+.4f} [{found['low']:+.4f}, {found['high']:+.4f}]"


def show_lists(board: Board) -> None:
    """What the lists are like, and what they cost."""
    k = board.facts["k"]
    print(
        f"\n{'lists':16}{'coverage':>10}{'novelty bits':>14}{'diversity':>11}{'fit s':>9}{'ms/user':>9}{'added MB':>10}"
    )
    for row in (row for row in board.rows if not row["error"]):
        values = row["metrics"]["all"]
        print(
            f"{row['recommender']:16}{values[f'coverage@{k}']:10.1%}{values[f'novelty@{k}']:14.2f}"
            f"{values[f'diversity@{k}']:11.3f}{row['seconds']['fit']:9.2f}{row['score_ms_per_user']:9.2f}"
            f"{row['added_mb']:10.0f}"
        )


def main() -> None:
    """Encode, measure under each seed, print every slice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--recommenders", default=",".join(RECOMMENDERS.names()))
    parser.add_argument("--split", default="time")
    parser.add_argument("--relevant", type=float)
    parser.add_argument("-k", type=int, default=10)
    parser.add_argument("--seeds", default="0")
    parser.add_argument("--store", type=Path, help="keep the vectors here, to encode only once")
    args = parser.parse_args()
    entries, boards = [Entry(name) for name in args.recommenders.split(",")], []
    with tempfile.TemporaryDirectory() as temporary:
        items, events = opened(args.data, args.store or Path(temporary))
        for seed in map(int, args.seeds.split(",")):
            protocol = Protocol(args.split, 0.2, args.k, args.relevant, seed)
            first: dict[str, Any] = {} if boards else {"publish_facts": show_facts}
            boards.append(evaluate(items, events, entries, protocol, publish=show_done, **first))
    for name in boards[0].rows[0]["metrics"]:
        show_slice(boards, name, f"ndcg@{args.k}")
    show_lists(boards[0])


def show_done(row: Row) -> None:
    """One line on standard error as each recommender is done."""
    print(row["recommender"], row["error"] or row["seconds"], file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
