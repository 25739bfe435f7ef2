"""Resident memory of the dashboard's server: after the demo's map, over clicks, and over sessions that come and go.

    python benchmarks/server_memory.py [--home FOLDER] [--clicks 200] [--sessions 10] [--idle 0]

Opens the demo's map, then every page once; then `--clicks` interactions on them; then `--sessions` browsers one after
the other, each of which opens three pages, clicks and closes; then it waits `--idle` seconds. Goals: at most 700 MB
after the map, 50 MB more over 200 clicks, 100 MB more over ten sessions. Memory is that of the server's process.
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from playwright.sync_api import Browser, Error, Page

from benchmarks.dashboard import TITLES, browser, drawn_map, serve_process
from benchmarks.dashboard_actions import Action, every_action
from benchmarks.dashboard_clock import Clock
from benchmarks.dashboard_latency import WORDS, follow, rest

GOALS = {"map": 700, "clicks": 50, "sessions": 100}
"""Megabytes: after the map, and more over 200 clicks and over ten sessions."""
_VISITED = ("data", "errors", "recommend")
"""Pages of a session that comes and goes; our choice: the gallery, the list of queries, and an answer."""
_AT_ONCE = 10
"""Clicks on one page before the next page."""


def megabytes(server: psutil.Process) -> float:
    """Resident memory of the server's process."""
    return server.memory_info().rss / 1e6


def click(page: Page, server: psutil.Process, actions: list[Action], count: int) -> int:
    """Do `count` of the actions, page by page, again and again; return how many were answered."""
    done, round_, clock = 0, 0, Clock(page, server)
    while done < count:
        for name, group in itertools.groupby(actions, key=lambda action: action.page):
            follow(page, name)
            rest(page)
            for action in itertools.islice(itertools.cycle(list(group)), _AT_ONCE):
                try:
                    clock.taken(lambda p, act=action.act, n=round_: act(p, n))
                except Error as error:
                    print(f"no answer: {name}: {action.what}: {str(error).splitlines()[0]}", file=sys.stderr)
                round_, done = round_ + 1, done + 1
                if done >= count:
                    return done
            if page.get_by_role("dialog").count():
                page.keyboard.press("Escape")
    return done


def visit(chrome: Browser, address: str, server: psutil.Process, actions: list[Action]) -> None:
    """A session of its own: three pages, a few clicks, and the end."""
    context = chrome.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    rest(page)
    clock = Clock(page, server)
    for name in _VISITED:
        follow(page, name)
        rest(page)
        click_first = next(action for action in actions if action.page == name)
        clock.taken(lambda p, act=click_first.act: act(p, 0))
    context.close()


def main() -> None:
    """Print memory after each part, and the goals beside it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path)
    parser.add_argument("--clicks", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=10)
    parser.add_argument("--idle", type=float, default=0)
    args = parser.parse_args()
    actions = [action for action in every_action(WORDS) if action.page not in ("compare", "space")]
    with (
        tempfile.TemporaryDirectory() as temporary,
        serve_process(args.home or Path(temporary)) as (address, pid),
        browser() as chrome,
    ):
        server = psutil.Process(pid)
        say("started", megabytes(server), None)
        page = chrome.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(30_000)
        page.goto(f"{address}/space")
        drawn_map(page, "map", 600_000)
        rest(page)
        say("demo's map", megabytes(server), GOALS["map"])
        for name in TITLES:
            follow(page, name)
            rest(page)
        before = megabytes(server)
        say("every page once", before, None)
        for part in range(0, args.clicks, 50):
            done = part + click(page, server, actions, min(50, args.clicks - part))
            say(f"after {done} clicks", megabytes(server) - before, GOALS["clicks"] * done / 200)
        page.close()
        before = megabytes(server)
        for number in range(1, args.sessions + 1):
            visit(chrome, address, server, actions)
            say(f"after {number} sessions", megabytes(server) - before, GOALS["sessions"] * number / 10)
        if args.idle:
            time.sleep(args.idle)
            say(f"after {args.idle:.0f} s at rest", megabytes(server), None)


def say(what: str, found: float, goal: float | None) -> None:
    """Print one line: what was reached, megabytes, and the goal."""
    beside = "" if goal is None else f"   goal {goal:.0f}"
    print(f"{what:24}{found:8.0f} MB{beside}", flush=True)


if __name__ == "__main__":
    main()
