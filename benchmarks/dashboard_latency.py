"""How long the dashboard takes to answer on the demo: first map after an empty start, after a restart, and per widget.

python benchmarks/dashboard_latency.py [--rounds 7] [--home FOLDER] [--json FILE]
Seconds run from the server's start to the drawn map. Milliseconds run, in the browser, from the last pointer or key
event of the action to the end of the rerun it causes, of the whole page or of a fragment.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import Page

from benchmarks.dashboard import TITLES, browser, go, serve, settled

LIMIT_MS = 300
FIRST_LIMIT_S, AGAIN_LIMIT_S = 60, 10

WATCH = """() => {
  window.watched = [];
  if (window.acted !== undefined) return;
  window.acted = 0;
  const app = document.querySelector('[data-testid="stApp"]');
  const note = () => window.watched.push([performance.now(), app.getAttribute('data-test-script-state')]);
  new MutationObserver(note).observe(app, {attributes: true, attributeFilter: ['data-test-script-state']});
  const act = () => { window.acted = performance.now(); };
  for (const kind of ['pointerup', 'keydown']) document.addEventListener(kind, act, {capture: true});
}"""
ENDED = """() => {
  const [started, last] = [window.watched.some(([, state]) => state !== 'notRunning'), window.watched.at(-1)];
  if (!started || last[1] !== 'notRunning' || performance.now() - last[0] < 150) return null;
  return last[0] - window.acted;
}"""


def slide(page: Page, label: str, key: str) -> None:
    """One step of the slider by keyboard."""
    page.get_by_role("slider", name=label).first.press(key)


def pick(page: Page, key: str, place: int) -> None:
    """The option at `place` of the menu with this key; opening the menu causes no rerun and does not count."""
    page.locator(f".st-key-{key} [data-baseweb=select], .st-key-{key} [role=combobox]").first.click()
    page.get_by_role("option").nth(place).click()


def click_plot(page: Page, chart: str, x: float, y: float) -> None:
    """A click at this share of the plot's width and height."""
    box = page.locator(f".st-key-{chart} .nsewdrag").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)


def actions(round_: int) -> Iterator[tuple[str, str, Callable[[Page], None]]]:
    """(page, what is done, doing it); `round_` makes every repetition ask for something new."""
    words = ("dog", "music", "red", "house", "water", "food", "face", "bird", "hand", "ship")
    turn = round_ % len(words)
    arrow = "ArrowRight" if round_ % 2 else "ArrowLeft"
    yield "data", "click a card", lambda p: p.locator(".card").nth(round_ + 1).click()
    yield "data", "find by words", lambda p: _type(p, "find", words[turn])
    yield "similarity", "items shown", lambda p: slide(p, "Items shown", "ArrowRight")
    yield "similarity", "click a cell", lambda p: click_plot(p, "heat", 0.12 + 0.07 * turn, 0.31)
    yield "space", "link the media", lambda p: p.locator(".st-key-links label").first.click()
    yield "space", "colour by", lambda p: pick(p, "colour", (round_ + 1) % 3)
    yield "recommend", "weight of a modality", lambda p: slide(p, "text", arrow)
    yield "recommend", "diversity", lambda p: slide(p, "Diversity", "ArrowRight")
    yield "recommend", "popularity", lambda p: slide(p, "Popularity", arrow)
    yield "recommend", "how many", lambda p: slide(p, "How many", arrow)
    yield "recommend", "why another card", lambda p: p.locator(".card").nth(turn % 5).click()


def _type(page: Page, key: str, words: str) -> None:
    field = page.locator(f".st-key-{key} input").first
    field.fill(words)
    field.press("Enter")


def milliseconds(page: Page, act: Callable[[Page], None]) -> float:
    """From the last pointer or key event of the action to the end of the rerun it causes."""
    page.evaluate(WATCH)
    act(page)
    return float(page.wait_for_function(ENDED, timeout=10_000).json_value())


def measure(address: str, rounds: int) -> dict[str, list[float]]:
    """Action -> milliseconds of every round; the first round warms up and is left out."""
    found: dict[str, list[float]] = {}
    with browser() as chrome:
        page = chrome.new_page(viewport={"width": 1440, "height": 900})
        page.goto(address)
        settled(page)
        for name, group in itertools.groupby(actions(0), key=lambda action: action[0]):
            go(page, TITLES[name])
            settled(page)
            for place in range(len(list(group))):
                for round_ in range(rounds + 1):
                    mine = [action for action in actions(round_) if action[0] == name]
                    _, what, act = mine[place]
                    taken = milliseconds(page, act)
                    if round_:
                        found.setdefault(f"{name}: {what}", []).append(taken)
    return found


def seconds_to_map(home: Path) -> float:
    """From starting the server over this store to the drawn map."""
    start = time.perf_counter()
    with serve(home) as address, browser() as chrome:
        page = chrome.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{address}/space")
        page.locator(".st-key-map .stage[data-drawn]").wait_for(timeout=300_000)
        return time.perf_counter() - start


def main() -> None:
    """Measure all of it and print ours, the limit and their ratio side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--home", type=Path, help="a store to use and keep; skips the empty start")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows: list[tuple[str, float, float, str]] = []
    with tempfile.TemporaryDirectory() as temporary:
        home = args.home or Path(temporary)
        if not args.home:
            rows.append(("empty start to map", seconds_to_map(home), FIRST_LIMIT_S, "s"))
        rows.append(("restart to map", seconds_to_map(home), AGAIN_LIMIT_S, "s"))
        with serve(home) as address:
            found = measure(address, args.rounds)
    rows += [(what, statistics.median(taken), LIMIT_MS, "ms") for what, taken in found.items()]
    rows.append(("median of all", statistics.median(itertools.chain(*found.values())), LIMIT_MS, "ms"))
    print(f"{'':34}{'ours':>9}{'limit':>9}{'ratio':>8}   ({os.cpu_count()} cores, {args.rounds} rounds)")
    for what, ours, limit, unit in rows:
        print(f"{what:34}{ours:8.1f}{unit:>2}{limit:8.0f}{unit:>2}{ours / limit:7.2f}")
    if args.json:
        args.json.write_text(json.dumps({what: ours for what, ours, _, _ in rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
