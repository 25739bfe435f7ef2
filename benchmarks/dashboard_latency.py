"""How long the dashboard takes to answer: from the last pointer or key event of an action to the settled page.

    python benchmarks/dashboard_latency.py [--rounds 5] [--home FOLDER] [--items 10000] [--pages errors,space]
        [--first] [--json FILE]

`--home`: a store to use and keep. `--items`: a collection of so many items with vectors of their own, in place of the
demo. `--first`: only the seconds from starting the server to the first page, the headline and the map, over an empty
store and once more. Of each action the first round warms up and is left out. The page is settled once no script runs
and nothing has changed for a quarter of a second. "alone" is the processor time of the server and of the browser's main
thread together: about what a machine that does nothing else would need, and what a busy machine changes least.
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
from benchmarks.dashboard_actions import Action, every_action
from benchmarks.dashboard_clock import Clock, Taken, go_back
from benchmarks.dashboard_items import KINDS, write_items

GOALS = {"demo": (250, 600), "items": (None, 1000)}
"""Goals for the median and the 95th percentile, in milliseconds."""
WORDS = ("dog", "music", "red", "house", "water", "food", "face", "bird", "hand", "ship")
_WORK_MS = 600_000
"""The longest wait for the work that a page starts when it is opened first."""
_PAGE_MS = 20_000
"""The longest wait for a link of the menu, and for a page to answer; our choice."""
_CONTROL_MS = 4000
"""How long an action waits for what it clicks on, on a page that is settled; our choice. Where nothing is there in the
first round (a collection without users has no popularity) the action is left out of all rounds, and named."""
_HEADLINE = ".stVerticalBlock.st-key-finding-0"
"""The first finding, in one sentence."""
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


def measure(
    page: Page, server: psutil.Process, rounds: int, pages: Sequence[str], words: tuple[str, ...]
) -> tuple[Found, list[str]]:
    """Return action -> what each round took, without the first, and actions for which the page had no control.

    Prints what did not answer.
    """
    found, left_out, opened, clock = Found(), list[str](), list[str](), Clock(page, server)
    for name in pages:
        try:
            follow(page, name)
            rest(page)
        except Error as error:
            _no_answer(name, error)
            left_out.append(name)
            continue
        opened.append(name)
        for action in (action for action in every_action(words) if action.page == name):
            left_out += _all_rounds(found, clock, page, action, rounds)
        if page.get_by_role("dialog").count():
            page.keyboard.press("Escape")
    _measure_ways(found, clock, page, opened, rounds)
    return found, left_out


def _all_rounds(found: Found, clock: Clock, page: Page, action: Action, rounds: int) -> list[str]:
    """Measure an action in every round. Return its name where the page had nothing to click in the first."""
    what = f"{action.page}: {action.what}"
    for round_ in range(rounds + 1):
        page.set_default_timeout(_CONTROL_MS)
        answered = _measure(found, clock, what, round_, lambda p, n=round_: action.act(p, n))
        page.set_default_timeout(_PAGE_MS)
        if not answered and round_ == 0:
            return [what]
    return []


def _measure_ways(found: Found, clock: Clock, page: Page, names: Sequence[str], rounds: int) -> None:
    """Measure the ways between the pages, and back."""
    for round_ in range(rounds + 1):
        for name in names:
            if _measure(found, clock, f"to {name}", round_, lambda p, name=name: follow(p, name)):
                rest(page)
        for _ in range(min(2, len(names) - 1)):
            _measure(found, clock, "back", round_, go_back)


def _no_answer(what: str, error: Error) -> None:
    print(f"no answer: {what}: {str(error).splitlines()[0]}", file=sys.stderr, flush=True)


def _measure(found: Found, clock: Clock, what: str, round_: int, act: Callable[[Page], None]) -> bool:
    """Measure an action once, and return whether it answered."""
    try:
        took = clock.taken(act)
    except Error as error:
        _no_answer(f"{what}, round {round_}", error)
        return False
    if round_:
        found.setdefault(what, []).append(took)
        print(f"{what:32}{took.page:10.0f}{took.alone:10.0f}", file=sys.stderr, flush=True)
    return True


def first_seconds(home: Path) -> str:
    """Seconds from starting the server over this store to the first page, its headline, and the drawn map."""
    with browser() as chrome:
        page, start = chrome.new_page(viewport={"width": 1440, "height": 900}), time.perf_counter()
        with serve_process(home) as (address, pid):
            page.goto(address)
            page.locator("h1").wait_for(timeout=_WORK_MS)
            shown = time.perf_counter() - start
            page.locator(_HEADLINE).wait_for(timeout=_WORK_MS)
            said, worked = time.perf_counter() - start, psutil.Process(pid).cpu_times()
            follow(page, "space")
            drawn_map(page, "map", _WORK_MS)
            drawn = time.perf_counter() - start
    processor = worked.user + worked.system + worked.children_user + worked.children_system
    return f"page {shown:.1f}, headline {said:.1f} (processor time of the server {processor:.1f}), map {drawn:.1f}"


def report(found: Mapping[str, list[Taken]], goals: tuple[int | None, int]) -> dict[str, dict[str, float]]:
    """Print median and 95th percentile of each action and of all, and return them."""
    every = [one for many in found.values() for one in many]
    rows = {what: _numbers(many) for what, many in {**found, "all": every}.items() if many}
    heads = ("median", "p95", "alone", "alone p95", "server", "n")
    print(f"{'':32}{''.join(f'{head:>10}' for head in heads)}   milliseconds, {os.cpu_count()} cores, load {_load()}")
    for what, row in rows.items():
        print(f"{what:32}{''.join(f'{row[head]:10.0f}' for head in heads)}")
    for name, goal in zip(("median", "p95"), goals):
        if goal is not None and every:
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
            for store in ("empty", "kept"):
                print(f"seconds over the {store} store: {first_seconds(home)}")
            return
        query = f"?data={quote(f'folder:{write_items(Path(temporary), args.items)}')}" if args.items else ""
        with serve_process(home) as (address, pid), browser() as chrome:
            page = chrome.new_page(viewport={"width": 1440, "height": 900})
            page.set_default_timeout(_PAGE_MS)
            page.goto(f"{address}/{query}")
            rest(page)
            words = KINDS if args.items else WORDS
            found, left_out = measure(page, psutil.Process(pid), args.rounds, args.pages.split(","), words)
    rows = report(found, GOALS["items" if args.items else "demo"])
    if left_out:
        print(f"left out, since the page has nothing to click: {', '.join(left_out)}")
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
