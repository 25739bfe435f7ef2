"""How long the dashboard takes to answer: from the last pointer or key event of an action to the settled page.

    python benchmarks/dashboard_latency.py [--rounds 5] [--home FOLDER] [--items 10000] [--pages errors,space]
        [--first] [--json FILE]

`--home`: a store to use and keep. `--items`: a collection of so many items with vectors of their own, in place of the
demo. `--first`: only the seconds from starting the server to the map, over an empty store and once more. Of each action
the first round warms up and is left out. The page is settled once no script runs and nothing has changed for a quarter
of a second. "alone" is the processor time of the server and of the browser's main thread together: about what a machine
that does nothing else would need, and what a busy machine changes least.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[1]))

import numpy as np
import psutil
from playwright.sync_api import Error, Page

from benchmarks.dashboard import TITLES, browser, drawn_map, serve_process, settled
from benchmarks.dashboard_actions import every_action
from benchmarks.dashboard_clock import Clock, Taken, go_back
from benchmarks.dashboard_items import KINDS, write_items

GOALS = {"demo": (250, 600), "items": (None, 1000)}
"""Goals for the median and the 95th percentile, in milliseconds."""
WORDS = ("dog", "music", "red", "house", "water", "food", "face", "bird", "hand", "ship")
_WORK_MS = 600_000
"""The longest wait for the work that a page starts when it is opened first."""
_AT_REST = """() => {
  const app = document.querySelector('[data-testid="stApp"]');
  const waits = document.querySelector('[data-testid*="Skeleton"], [data-testid="stProgress"]');
  return app?.getAttribute('data-test-script-state') === 'notRunning' && !waits;
}"""

Found = dict[str, list[Taken]]


def rest(page: Page) -> None:
    """Wait until the page is settled and no work runs."""
    settled(page, _WORK_MS)
    page.wait_for_function(_AT_REST, timeout=_WORK_MS, polling=200)
    page.wait_for_timeout(400)


def follow(page: Page, name: str) -> None:
    """Click the page's title in the menu."""
    page.get_by_role("link", name=TITLES[name], exact=True).first.click()


def measure(page: Page, server: psutil.Process, rounds: int, pages: Sequence[str], words: tuple[str, ...]) -> Found:
    """Return action -> what each round took; the first round is left out. Prints what did not answer."""
    found, clock = Found(), Clock(page, server)
    for name in pages:
        follow(page, name)
        rest(page)
        for action in (action for action in every_action(words) if action.page == name):
            for round_ in range(rounds + 1):
                what = f"{name}: {action.what}"
                _measure(found, clock, what, round_, lambda p, act=action.act, n=round_: act(p, n))
        if page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
    for round_ in range(rounds + 1):
        for name in pages:
            _measure(found, clock, f"to {name}", round_, lambda p, name=name: follow(p, name))
            rest(page)
        for _ in range(min(2, len(pages) - 1)):
            _measure(found, clock, "back", round_, go_back)
    return found


def _measure(found: Found, clock: Clock, what: str, round_: int, act: Callable[[Page], None]) -> None:
    try:
        took = clock.taken(act)
    except Error as error:
        print(f"no answer: {what}, round {round_}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)
        return
    if round_:
        found.setdefault(what, []).append(took)
        print(f"{what:32}{took.page:10.0f}{took.alone:10.0f}", file=sys.stderr, flush=True)


def seconds_to_map(home: Path) -> float:
    """From starting the server over this store to the drawn map."""
    start = time.perf_counter()
    with serve_process(home) as (address, _), browser() as chrome:
        page = chrome.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/space")
        drawn_map(page, "map", _WORK_MS)
        return time.perf_counter() - start


def report(found: Mapping[str, list[Taken]], goals: tuple[int | None, int]) -> dict[str, dict[str, float]]:
    """Print median and 95th percentile of each action and of all, and return them."""
    every = [one for many in found.values() for one in many]
    rows = {what: _numbers(many) for what, many in {**found, "all": every}.items()}
    heads = ("median", "p95", "alone", "alone p95", "server", "n")
    print(f"{'':32}{''.join(f'{head:>10}' for head in heads)}   milliseconds, {os.cpu_count()} cores, load {_load()}")
    for what, row in rows.items():
        print(f"{what:32}{''.join(f'{row[head]:10.0f}' for head in heads)}")
    for name, goal in zip(("median", "p95"), goals):
        if goal is not None:
            print(f"goal: {name} {goal} ms; ours {rows['all'][name]:.0f} ms, ratio {rows['all'][name] / goal:.2f}")
    return rows


def _numbers(many: Sequence[Taken]) -> dict[str, float]:
    pages, alone = [one.page for one in many], [one.alone for one in many]
    return {
        "median": float(np.median(pages)),
        "p95": float(np.percentile(pages, 95)),
        "alone": float(np.median(alone)),
        "alone p95": float(np.percentile(alone, 95)),
        "server": float(np.median([one.server for one in many])),
        "n": len(many),
    }


def _load() -> str:
    return "unknown" if not hasattr(os, "getloadavg") else f"{os.getloadavg()[0]:.1f}"


def main() -> None:
    """Serve, open every page once, and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--items", type=int, default=0)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--pages", default=",".join(TITLES))
    parser.add_argument("--first", action="store_true")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        if args.first:
            print("seconds to the map:", ", ".join(f"{seconds_to_map(home):.1f}" for _ in range(2)))
            return
        query = f"?data={quote(f'folder:{write_items(Path(temporary), args.items)}')}" if args.items else ""
        with serve_process(home) as (address, pid), browser() as chrome:
            page = chrome.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(20_000)
            page.goto(f"{address}/{query}")
            rest(page)
            words = KINDS if args.items else WORDS
            found = measure(page, psutil.Process(pid), args.rounds, args.pages.split(","), words)
    rows = report(found, GOALS["items" if args.items else "demo"])
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
