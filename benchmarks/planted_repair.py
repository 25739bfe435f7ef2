"""What repairs of the demo with planted wrong pairs bring, by five folds: by marks and by suspicion.

python benchmarks/planted_repair.py [--aligners ridge,infonce-linear,cca] [--suggested 30] [--store FOLDER]

The captions of 41 of its 406 items are exchanged in a ring, so that the right partner of each is known. `marks drop`:
all 41 are marked wrong pairs. `marks re-pair`: their marks name the item that holds the right caption. `suspicion`:
nobody looks. Items that are marked wrong are measured in neither fit. Mean reciprocal rank of both directions, and the
paired 95% interval of the difference. Pairs that lend each other media lie in one fold, so that `before` differs.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import (
    Choices,
    MarkKind,
    Run,
    add_mark,
    align,
    encode,
    open_demo,
    read_marks,
    repair_run,
    undo_mark,
)
from mmalign_core.workflow.data import open_planted_demo


def right_partners(settings: Settings) -> dict[str, str]:
    """Item whose caption was exchanged -> the item that holds its caption now."""
    before, after = open_demo(settings=settings), open_planted_demo(settings=settings)
    own = {medium.item: medium.digest for medium in before.media_of("text")}
    now = {medium.item: medium.digest for medium in after.media_of("text")}
    holder = {now[item]: item for item in now if now[item] != own[item]}
    return {item: holder[own[item]] for item in now if now[item] != own[item]}


def measure(run: Run, store: Store, aligner: str, partners: Mapping[str, str], suggested: int | None) -> str:
    """The line of one repair, by these marks or by suspicion; the marks are taken back."""
    marks = [
        add_mark(run.collection, store, MarkKind.WRONG_PAIR, item, other=other) for item, other in partners.items()
    ]
    told = repair_run(run, store=store, suggested=suggested, aligner=aligner).report()
    for mark in marks:
        undo_mark(run.collection, store, mark.id)
    mrr, n = told["mean_mrr"], told["n_held_out"]
    low, high = mrr["ci95"]
    changed = f"{told['n_dropped']:4} changed, {len(told['re_paired']):2} re-paired"
    return f"{n:5}{changed:>28}{mrr['before']:8.3f}{mrr['after']:8.3f}{mrr['value']:+8.3f} [{low:+.3f}, {high:+.3f}]"


def main() -> None:
    """Print a line for each aligner and repair."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--aligners", default="ridge,infonce-linear,cca")
    parser.add_argument("--suggested", type=int, default=30)
    parser.add_argument("--store", default="")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(args.store or folder)
        settings = Settings(root=store.root)
        planted = open_planted_demo(settings=settings)
        if read_marks(planted, store):
            parser.error("the store holds marks of the planted demo; name another store")
        run = align(planted, encode(planted, store=store, settings=settings), Choices(aligner="bridge",
                    pair=("image", "text")), store=store)  # fmt: skip
        partners = right_partners(settings)
        print(f"{'':31}{'n':>5}{'':28}{'before':>8}{'after':>8}{'gain':>8}  95% interval")
        for aligner in args.aligners.split(","):
            for name, marks, suggested in (
                ("marks drop", dict.fromkeys(partners, ""), None),
                ("marks re-pair", partners, None),
                ("suspicion", {}, args.suggested),
            ):
                print(f"{aligner:16}{name:15}{measure(run, store, aligner, marks, suggested)}", flush=True)


if __name__ == "__main__":
    main()
