"""evaluate DATA: several recommenders on the same held-out interactions, best first."""

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from mmalign_core.commands.shared import (
    add_data,
    add_encoders,
    add_json,
    add_store,
    encoded,
    is_run,
    opened,
    show_progress,
    store_of,
    write_result,
)
from mmalign_core.params import parse_assignments
from mmalign_core.recommend import RECOMMENDERS
from mmalign_core.recommend.splits import SPLITS
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.workflow import load_run
from mmalign_core.workflow.evaluation.evaluation import Entry, check_entries, evaluate
from mmalign_core.workflow.evaluation.ranking import Board, Row, ranked
from mmalign_core.workflow.evaluation.trials import Protocol, all_places, events_of

SUMMARY = "measure several recommenders on the same held-out interactions, one row each, best first"
ALL = "all"
SHOWN = ("all", "warm", "cold", "cold alone")
"""Slices in the printed table. Chosen: more do not fit a terminal."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add DATA or RUN, the recommenders, and the options of the split and of right answers."""
    add_data(parser)
    add_encoders(parser)
    parser.add_argument(
        "--recommenders", default=ALL, metavar="A,B,…", help="names of `list recommenders` (default: all)"
    )
    parser.add_argument("--param", action="append", default=[], metavar="A.K=V", help="parameter of recommender A")
    parser.add_argument(
        "--split", default="", choices=SPLITS, help="time: events after one moment; last: each user's last item; "
        "random: a share of all (default: time, or random if the interactions have no times)",
    )  # fmt: skip
    parser.add_argument("--test", type=float, default=0.2, metavar="SHARE", help="how much to hold out (default: 0.2)")
    parser.add_argument(
        "--relevant", type=float, metavar="R", help="only held-out events rated R or more count as right answers"
    )
    parser.add_argument("-k", type=int, default=10, help="length of the lists (default: 10)")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the intervals and the fits (default: 0)")
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Read, encode, measure and print the report; if it is interrupted, print the finished rows."""
    protocol = Protocol(args.split, args.test, args.k, args.relevant, args.seed)
    protocol.check()
    entries = _entries(args)
    check_entries(entries)
    store = store_of(args)
    collection, space, encoders = _material(args, store, protocol)
    events, rows, facts = events_of(collection), list[Row](), dict[str, Any]()
    try:
        evaluate(
            all_places(collection, space), events, entries, protocol,
            progress=show_progress, publish=rows.append, publish_facts=facts.update,
        )  # fmt: skip
    finally:
        if not all(row["error"] or row["baseline"] for row in rows):
            done = ranked(rows, facts | {"encoders": dict(encoders)})
            write_result(done.report(), args, table(done))
    if all(row["error"] or row["baseline"] for row in rows):
        reasons = dict.fromkeys(f"{row['recommender']}: {row['error']}" for row in rows if not row["baseline"])
        raise BadInput(f"none of the recommenders could be measured ({'; '.join(reasons)})")


def _material(
    args: argparse.Namespace, store: Store, protocol: Protocol
) -> tuple[Collection, Mapping[str, EmbeddingSet], Mapping[str, str]]:
    """The collection, its vectors and their encoders, from a run or encoded now, after checking the interactions."""
    if is_run(args.data, store):
        if args.interactions or args.encoder:
            raise BadInput(
                f"'{args.data}' is a run, which keeps its own interactions and encoders; give DATA for others"
            )
        run = load_run(args.data, store=store)
        events_of(run.collection, protocol)
        return run.collection, run.result.space, {**run.encoders, "aligner": run.result.aligner}
    collection = opened(args)
    events_of(collection, protocol)
    encoding = encoded(args, collection, store)
    return collection, encoding.sets, encoding.encoders


def _entries(args: argparse.Namespace) -> list[Entry]:
    names: Sequence[str] = [name.strip() for name in args.recommenders.split(",")]
    names = RECOMMENDERS.names() if names == [ALL] else names
    params: dict[str, dict[str, str]] = {name: {} for name in names}
    for whole, value in parse_assignments(args.param).items():
        recommender, dot, name = whole.partition(".")
        if not dot or recommender not in params:
            raise BadInput(
                f"--param {whole}={value}: name one of the recommenders and its parameter, such as {names[0]}.k=v "
                f"(they are: {', '.join(names)})"
            )
        params[recommender][name] = value
    return [Entry(name, params[name]) for name in names]


def table(board: Board) -> str:
    """The board as a text table: NDCG with its interval over all, known and new items, coverage and cost."""
    facts, k = board.facts, board.facts["k"]
    bar = "" if facts["relevant"] is None else f" rated {facts['relevant']:g} or more"
    who = "simulated users" if facts["simulated"] else "users"
    lines = [
        f"{facts['split']}: {facts['users_measured']} of {facts['users']} {who} measured, "
        f"{facts['right_answers']} right answers{bar}; left out: {facts['users_not_held_out']} users without held-out "
        f"events, {facts['users_new']} without an earlier history, {facts['users_without_right_answer']} without a "
        "right answer"
    ]
    measured = next((row["metrics"] for row in board.rows if not row["error"]), {})
    slices = [name for name in SHOWN if name in measured]
    heads = [f"{name} NDCG@{k}" for name in slices]
    lines.append(
        f"{'recommender':16}" + "".join(f"{h:>26}" for h in heads) + f"{'coverage':>10}{'fit s':>9}{'ms/user':>9}"
    )
    return "\n".join([*lines, *(_line(row, slices, k) for row in board.rows)])


def _line(row: Row, slices: Sequence[str], k: int) -> str:
    if row["error"]:
        return f"{row['recommender']:16}  failed: {row['error']}"
    cells = ""
    for name in slices:
        low, high = row["ci95"][name][f"ndcg@{k}"]
        cells += f"{row['metrics'][name][f'ndcg@{k}']:10.4f} [{low:.4f}, {high:.4f}]".rjust(26)
    covered = row["metrics"]["all"][f"coverage@{k}"]
    return f"{row['recommender']:16}{cells}{covered:10.1%}{row['seconds']['fit']:9.2f}{row['score_ms_per_user']:9.2f}"
