"""The picture in the README: starts the dashboard, waits for the demo's map, writes assets/dashboard.png.

python benchmarks/screenshot.py [--pages space,recommend] [--width 1440] [--height 900] [--dark] [--query item=cat]
    [--out FILE or FOLDER]

Every page, light and dark, from one server:

python benchmarks/screenshot.py --pages all --width 1280,1920 --both --full --out FOLDER
"""

from __future__ import annotations

import argparse
import itertools
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.dashboard import ROOT, TITLES, browser, chart, drawn_map, go, serve, settled

MAPS = {"space": ("map", 1), "compare": ("compare-maps", 2)}
"""Page -> key and drawings of its map."""
NARROW = 640
"""Pixels below which Streamlit folds the navigation into a menu."""
_TALL = "() => document.querySelector('[data-testid=stMain]').scrollHeight"
"""Pixels of the whole page, which scrolls inside the window."""


def take(address: str, pages: list[str], out: Path, *, width: int, height: int, dark: bool, full: bool) -> None:
    """One picture per page; with a single page `out` is the file, with several the folder."""
    with browser() as chrome:
        scheme = "dark" if dark else "light"
        page = chrome.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(address)
        settled(page)  # a page that is opened before the first has run knows nothing of the address
        for name in pages:
            page.set_viewport_size({"width": width, "height": height})
            if width < NARROW and name != "overview":
                page.goto(address.replace("/?", f"/{name}?"))
            elif name != "overview":
                go(page, TITLES[name])
            ready(page, name)
            if full:
                page.set_viewport_size({"width": width, "height": max(height, page.evaluate(_TALL))})
                ready(page, name)
            target = out if len(pages) == 1 else out / f"{name}-{width}-{scheme}.png"
            page.mouse.move(0, 0)
            page.screenshot(path=target)
            with Image.open(target) as shot:
                shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
            print(target)


def ready(page: Page, name: str) -> None:
    """Wait until the page is at rest, its background work is done and its map is drawn."""
    for _ in range(2):  # one job may start the next
        settled(page)
        expect(page.get_by_test_id("stProgress")).to_have_count(0, timeout=300_000)
        page.wait_for_timeout(1000)
    if name in MAPS:
        key, panels = MAPS[name]
        drawn_map(page, key, panels=panels)
    if name == "leaderboard":
        compared(page)


def compared(page: Page) -> None:
    """Compare what the form offers unless that is done, and wait for the last row."""
    if not page.locator(".st-key-board-trade").count():
        page.locator(".st-key-board-go button").click()
    page.locator(".st-key-board-trade").first.wait_for(timeout=300_000)
    expect(page.locator(".st-key-board-stop")).to_have_count(0, timeout=300_000)
    chart(page, "board-trade")


def main() -> None:
    """Parse the options, serve from a temporary store unless one is given, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", default="space", help=f"comma-separated, or all: {' '.join(TITLES)}")
    parser.add_argument("--width", default="1440", help="one, or several with commas")
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--both", action="store_true", help="light, then dark")
    parser.add_argument("--full", action="store_true", help="the whole page, not just what fits")
    parser.add_argument("--home", help="use this store instead of a temporary one")
    parser.add_argument("--query", default="item=cat", help="the address after its question mark")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "dashboard.png")
    args = parser.parse_args()
    pages = list(TITLES) if args.pages == "all" else args.pages.split(",")
    schemes = [False, True] if args.both else [args.dark]
    with tempfile.TemporaryDirectory() as temporary, serve(Path(args.home or temporary)) as address:
        for width, dark in itertools.product(args.width.split(","), schemes):
            take(f"{address}/?{args.query}", pages, args.out, width=int(width), height=args.height,
                 dark=dark, full=args.full)  # fmt: skip


if __name__ == "__main__":
    main()
