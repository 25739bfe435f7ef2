"""Kills: a command is killed at one of its steps on the disk, then run again, and must give what it gives without.

`python -m tests.campaign.kills --kills 500` draws operations and steps; `--each OPERATION` tries every step of one.
Every kill is a SIGKILL in a process of its own. It checks what is there right after the kill (nothing is half), that
the same command then gives the same bits, and that nothing unfinished is left.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.campaign.kill_operations import Operation, campaign
from tests.campaign.killed import in_child, load_modules


def kill_at(operation: Operation, place: Path, step: int, expected: Any) -> bool:
    """Kill the operation at that step, check, run it again, and compare. Whether it was killed before it ended."""
    operation.prepare(place)
    log = place.with_suffix(".log")
    status, _ = in_child(lambda: operation.work(place), step, log=log, below=place)
    if status not in (0, signal.SIGKILL):
        raise AssertionError(f"step {step}: ended with {status}")

    def again() -> Any:
        operation.check(place)
        operation.work(place)
        return operation.result(place)

    code, found = in_child(again, log=log)
    if code:
        raise AssertionError(f"step {step}: after the kill it ended with {code}, see {log}")
    if found != expected:
        raise AssertionError(f"step {step}: {found} in place of {expected}, see {place}")
    left = [str(path) for path in place.rglob("*") if path.name.endswith((".mmalign-part", "-ready", "-old"))]
    if left:
        raise AssertionError(f"step {step}: {left} are left")
    return status == signal.SIGKILL


def _first_works(made: Mapping[str, Operation], scratch: Path) -> Iterator[Callable[[], Any]]:
    for name, operation in made.items():
        place = scratch / f"{name}-first"
        operation.prepare(place)
        for work in (operation.work, operation.check, operation.result):
            yield lambda work=work, place=place: work(place)


def expected_of(operation: Operation, place: Path) -> tuple[Any, int]:
    """The result without a kill, and the number of steps."""
    operation.prepare(place)
    log = place.with_suffix(".log")
    code, steps = in_child(lambda: operation.work(place), count=True, log=log, below=place)
    result = in_child(lambda: operation.result(place), log=log)
    if code or result[0]:
        raise AssertionError("the operation fails without a kill")
    return result[1], steps


def main() -> int:
    """Run the campaign, and say how many kills there were."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", action="append", help="draw from these operations")
    parser.add_argument("--each", action="append", default=[], help="every step of this operation")
    parser.add_argument("--last", type=int, default=0, help="with --each: the last so many steps alone")
    args = parser.parse_args()
    rng, killed, failed = random.Random(args.seed), dict[str, int](), list[str]()
    import mmalign_core.commands.line
    import mmalign_core.store  # noqa: F401  imported once, before the processes part

    scratch = tempfile.mkdtemp(prefix="mmalign-kills-")  # it stays where a check fails, to be looked at
    with campaign(Path(scratch)) as made:
        load_modules(_first_works(made, Path(scratch)), Path(scratch) / "log")
        names = args.each or args.only or sorted(made)
        known = {name: expected_of(made[name], Path(scratch) / f"{name}-whole") for name in names}
        tries = [
            (name, step)
            for name in args.each
            for step in range(max(1, known[name][1] - args.last) if args.last else 1, known[name][1] + 1)
        ]
        tries = tries or [(name, rng.randint(1, known[name][1])) for name in rng.choices(names, k=args.kills)]
        for number, (name, step) in enumerate(tries):
            place = Path(scratch) / f"{name}-{number}"
            try:
                killed[name] = killed.get(name, 0) + kill_at(made[name], place, step, known[name][0])
                shutil.rmtree(place)
                place.with_suffix(".log").unlink()
            except AssertionError as error:
                failed.append(f"{name}: {error}")
                print(failed[-1], file=sys.stderr, flush=True)
            if number % 10 == 9:
                print(f"{number + 1} of {len(tries)}", file=sys.stderr, flush=True)
    if not failed:
        shutil.rmtree(scratch)
    about = {name: {"steps": steps, "killed": killed.get(name, 0)} for name, (_, steps) in known.items()}
    print(json.dumps({"tries": len(tries), "kills": sum(killed.values()), "failed": failed, "operations": about}))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
