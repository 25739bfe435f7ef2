"""The map component in headless Chromium, where the processor draws, beside plotly's scattergl.

    python benchmarks/map_browser.py --points 1000000 --peer 100000 --json map.json

Prints, for ours and for plotly: bytes of the first picture, time from the last byte to the first and to the whole
picture, frames of the page at rest (what the machine's other work leaves) and while panning, time from the pointer to
the box beside it, from a click to the details, and the bytes of a click.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from playwright.sync_api import FloatRect, Page

from benchmarks.dashboard import browser, serve_process

LIMITS = {"first ms": 3000, "pan p95 ms": 100, "hover ms": 50, "click ms": 300, "click bytes": 20_000}
"""What the map promises at a million points."""
_WATCH = """
window.marks = {};
new PerformanceObserver((list) => {
  for (const mark of list.getEntries()) {
    if (!mark.name.startsWith('map.') || window.marks[mark.name]) continue;
    const { gl } = window.mmalignMaps.get('map').panels[0];
    gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4)); // waits until the drawing is done
    window.marks[mark.name] = performance.now();
  }
}).observe({ entryTypes: ['mark'] });
"""
_FRAMES = """() => {
  window.taken = []; let last = performance.now(); window.counting = true;
  const step = (now) => {
    window.taken.push(now - last);
    last = now;
    if (window.counting) requestAnimationFrame(step);
  };
  requestAnimationFrame(step);
}"""
_CHANGED = """(was) => new Promise((done) => {
  const began = performance.now();
  const shown = () => [...document.querySelectorAll('[data-testid=stText]')].some((one) => one.innerText === was);
  const look = () => shown() && performance.now() - began < 20000
    ? requestAnimationFrame(look) : done(performance.now() - began);
  look();
})"""


class Traffic:
    """Counts the bytes that the page's socket receives."""

    def __init__(self, page: Page) -> None:
        self.received = 0
        page.on("websocket", lambda socket: socket.on("framereceived", self._add))

    def _add(self, payload: Any) -> None:
        self.received += len(payload)


def measured(page: Page, address: str, n: int, axes: int, traffic: Traffic) -> dict[str, float]:
    """Measure our map."""
    page.add_init_script(_WATCH)
    page.goto(f"{address}/?n={n}&axes={axes}")
    page.wait_for_function("() => window.marks['map.whole']", timeout=60_000)
    fetched = page.evaluate(
        """() => performance.getEntriesByType('resource')
          .filter((one) => one.name.includes('/media/') && !one.name.endsWith('.js'))
          .map((one) => [one.responseEnd, one.encodedBodySize])"""
    )
    marks, came = page.evaluate("() => window.marks"), max(end for end, _ in fetched)
    found = {
        "first bytes a point": sum(size for _, size in fetched) / n,
        "first ms": marks["map.first"] - came,
        "whole ms": marks["map.whole"] - came,
    }
    box = page.locator(".stage").bounding_box()
    assert box is not None
    found |= panned(page, box) | hovered(page)
    return found | clicked(page, traffic, [place_of(page, 50 * number + 7) for number in range(6)])


def panned(page: Page, box: FloatRect) -> dict[str, float]:
    """Count the frames of the page at rest, then drag for some seconds and count them again."""
    page.evaluate(_FRAMES)
    page.wait_for_timeout(2000)
    idle = sorted(page.evaluate("() => { window.counting = false; return window.taken; }"))
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    for step in range(20):  # the number of points drawn while moving settles
        page.mouse.move(x + 6 * (step % 20), y + 3 * (step % 20))
    page.evaluate(_FRAMES)
    for step in range(120):
        page.mouse.move(x + 120 - abs(120 - 4 * (step % 60)), y + 60 - (step % 60))
        page.wait_for_timeout(16)
    frames = page.evaluate("() => { window.counting = false; return window.taken; }")
    page.mouse.up()
    page.wait_for_timeout(3000)  # the rest of the points is drawn
    ordered = sorted(frames)
    return {
        "rest p95 ms": idle[int(0.95 * (len(idle) - 1))],
        "pan median ms": statistics.median(ordered),
        "pan p95 ms": ordered[int(0.95 * (len(ordered) - 1))],
    }


def place_of(page: Page, point: int) -> tuple[float, float]:
    """Where the first point from this one on that lies well inside the map is on the screen."""
    x, y = page.evaluate(
        """(from) => {
          const panel = window.mmalignMaps.get('map').panels[0], box = panel.stage.getBoundingClientRect();
          for (let point = from; ; point += 1) {
            const [x, y] = panel.screen(point);
            if (x > 40 && y > 40 && x < box.width - 40 && y < box.height - 40) return [box.x + x, box.y + y];
          }
        }""",
        point,
    )
    return x, y


def hovered(page: Page) -> dict[str, float]:
    """Time from the pointer to the box beside it, in the page."""
    page.evaluate(
        """() => {
          window.hovers = []; let began = 0;
          const box = window.mmalignMaps.get('map').panels[0].stage.querySelector('.hover');
          document.addEventListener('pointermove', () => { began = performance.now(); }, true);
          new MutationObserver(() => {
            if (!box.hidden && began) window.hovers.push(performance.now() - began);
            began = 0;
          }).observe(box, { childList: true, attributes: true });
        }"""
    )
    for point in range(0, 400, 20):
        page.mouse.move(5, 5)
        page.mouse.move(*place_of(page, point))
        page.wait_for_timeout(120)
    taken = page.evaluate("() => window.hovers")
    return {"hover ms": statistics.median(taken), "hover worst ms": max(taken)}


def clicked(page: Page, traffic: Traffic, places: list[tuple[float, float]]) -> dict[str, float]:
    """Time from a click at each of these places to the details of another item, and the bytes that it brings."""
    times, sizes = [], []
    for x, y in places:
        page.mouse.move(x, y)
        page.wait_for_timeout(1500)  # what the pointer asks for has come
        was, before = page.get_by_text("details of").inner_text(), traffic.received
        page.mouse.down()
        page.mouse.up()
        times.append(page.evaluate(_CHANGED, was))
        page.wait_for_timeout(1500)
        sizes.append(traffic.received - before)
    return {"click ms": statistics.median(times), "click worst ms": max(times), "click bytes": statistics.median(sizes)}


def plotly(page: Page, address: str, n: int, traffic: Traffic) -> dict[str, float]:
    """Measure plotly's scattergl."""
    page.goto(f"{address}/?n={n}&with=plotly")
    page.wait_for_selector(".st-key-plotly .gl-canvas", timeout=60_000)
    page.wait_for_timeout(8000)
    found = {"first bytes a point": traffic.received / n}
    box = page.locator(".st-key-plotly .nsewdrag").bounding_box()
    assert box is not None
    found |= panned(page, box)
    places = [
        page.evaluate(
            """(from) => {
              const plot = document.querySelector('.st-key-plotly .js-plotly-plot');
              const { xaxis, yaxis } = plot._fullLayout;
              const box = plot.querySelector('.nsewdrag').getBoundingClientRect(), trace = plot._fullData[0];
              for (let at = from; ; at += 1) {
                const [x, y] = [xaxis.d2p(trace.x[at]), yaxis.d2p(trace.y[at])];
                if (x > 40 && y > 40 && x < box.width - 40 && y < box.height - 40) return [box.x + x, box.y + y];
              }
            }""",
            1000 * number,
        )
        for number in range(4)
    ]
    return found | clicked(page, traffic, places)


def main() -> None:
    """Measure and print all of it side by side."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=1_000_000)
    parser.add_argument("--axes", type=int, default=2, choices=(2, 3))
    parser.add_argument("--peer", type=int, default=100_000, help="points of plotly's map; 0 leaves it out")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as home, serve_process(Path(home), "benchmarks/map_page.py") as (address, _):
        sizes = [args.points] + ([args.peer] if args.peer and args.peer != args.points else [])
        for n in sizes:
            with browser() as chrome:
                page = chrome.new_page(viewport={"width": 1280, "height": 900})
                rows[f"ours {n:,}"] = measured(page, address, n, args.axes, Traffic(page))
        if args.peer:
            with browser() as chrome:
                page = chrome.new_page(viewport={"width": 1280, "height": 900})
                rows[f"plotly {args.peer:,}"] = plotly(page, address, args.peer, Traffic(page))
    names = list(dict.fromkeys(name for row in rows.values() for name in row))
    print(f"{'':22}{'limit':>10}" + "".join(f"{name:>18}" for name in rows))
    for name in names:
        print(
            f"{name:22}{LIMITS.get(name, ''):>10}"
            + "".join(f"{row.get(name, float('nan')):18,.1f}" for row in rows.values())
        )
    if args.json:
        args.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
