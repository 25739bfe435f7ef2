"""The picture in the README: starts the dashboard, waits for the demo's map, writes assets/dashboard.png.

python benchmarks/screenshot.py [--pages space,recommend] [--width 1440] [--height 900] [--dark] [--query item=cat]
    [--out FILE or FOLDER]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from PIL import Image
from playwright.sync_api import Page, expect

from benchmarks.dashboard import ROOT, TITLES, browser, chart, drawn_map, go, serve, settled


def take(address: str, pages: list[str], out: Path, *, width: int, height: int, dark: bool, full: bool) -> None:
    """One picture per page; with a single page `out` is the file, with several the folder."""
    with browser() as chrome:
        scheme = "dark" if dark else "light"
        page = chrome.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
        page.goto(address)
        for name in pages:
            if name != "overview":
                go(page, TITLES[name])
            settled(page)
            if name == "space":
                drawn_map(page, "map")
            if name == "leaderboard":
                compared(page)
            target = out if len(pages) == 1 else out / f"{name}-{width}-{scheme}.png"
            page.mouse.move(0, 0)
            page.screenshot(path=target, full_page=full)
            with Image.open(target) as shot:
                shot.convert("RGB").quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
            print(target)


def compared(page: Page) -> None:
    """Compare what the form offers, and wait for the last row."""
    page.locator(".st-key-board-go button").click()
    page.locator(".st-key-board-trade").first.wait_for(timeout=300_000)
    expect(page.locator(".st-key-board-stop")).to_have_count(0, timeout=300_000)
    chart(page, "board-trade")


def main() -> None:
    """Parse the options, serve from a temporary store unless one is given, take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--pages", default="space", help="comma-separated: data align leaderboard similarity space recommend"
    )
    parser.add_argument("--width", type=int, default=1440)
    parser.add_argument("--height", type=int, default=900)
    parser.add_argument("--dark", action="store_true")
    parser.add_argument("--full", action="store_true", help="the whole page, not just what fits")
    parser.add_argument("--home", help="use this store instead of a temporary one")
    parser.add_argument("--query", default="item=cat", help="the address after its question mark")
    parser.add_argument("--out", type=Path, default=ROOT / "assets" / "dashboard.png")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, serve(Path(args.home or temporary)) as address:
        take(f"{address}/?{args.query}", args.pages.split(","), args.out, width=args.width, height=args.height,
             dark=args.dark, full=args.full)  # fmt: skip


if __name__ == "__main__":
    main()
