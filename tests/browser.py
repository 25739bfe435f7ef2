"""What the tests in a real browser share: their tools, marks and patience. Without Playwright they are skipped.

They import Playwright and `benchmarks.dashboard`, which needs it, from here alone. The fixtures `address`, `chrome`,
`page` and `discs` are in `tests/conftest.py`.
"""

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install -e .[dev]")

from playwright.sync_api import Browser as Browser
from playwright.sync_api import Locator as Locator
from playwright.sync_api import Page as Page
from playwright.sync_api import expect as expect

from benchmarks.dashboard import TITLES as TITLES
from benchmarks.dashboard import chart as chart
from benchmarks.dashboard import chromium
from benchmarks.dashboard import drawn_map as drawn_map
from benchmarks.dashboard import go as go
from benchmarks.dashboard import map_camera as map_camera
from benchmarks.dashboard import map_point as map_point
from benchmarks.dashboard import serve as serve
from benchmarks.dashboard import settled as settled

MARKS = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt install chromium"),
]
PATIENCE = 300_000
"""Milliseconds: a first start on a busy machine makes, encodes and aligns the demo."""
expect.set_options(timeout=60_000)  # milliseconds: one rerun of a page on a busy machine

_LONELIEST = """([panel, trace]) => {
  const plot = document.querySelector(panel.chart), layout = plot._fullLayout;
  const x = layout[panel.x.replace('x', 'xaxis')], y = layout[panel.x.replace('x', 'yaxis')];
  const placed = [];
  for (const one of plot._fullData.filter((one) => one.xaxis === panel.x && one.customdata))
    one.x.forEach((at, row) => placed.push({
      left: x._offset + x.d2p(at), top: y._offset + y.d2p(one.y[row]), item: one.customdata[row][0], of: one.name,
    }));
  const room = (point) => Math.min(
    point.left - x._offset, x._offset + x._length - point.left, point.top - y._offset,
    y._offset + y._length - point.top,
    ...placed.filter((other) => other !== point).map(
      (other) => Math.hypot(other.left - point.left, other.top - point.top)),
  );
  const [best] = placed.filter((one) => one.of === trace).map((one) => ({...one, room: room(one)}))
    .sort((a, b) => b.room - a.room);
  return best;
}"""


def loneliest(chart: Locator, key: str, trace: str, panel: str = "x") -> tuple[str, dict[str, float]]:
    """Return the item of the trace's point with most room around it in a panel of the chart, and its place.

    The place is a `position` for `chart.hover` and `chart.click`, which wait until the chart rests. No other point is
    nearer to it than a pointer can tell, so what is pointed at is known before the pointer moves.
    """
    found = chart.page.evaluate(_LONELIEST, [{"chart": f".st-key-{key} .js-plotly-plot", "x": panel}, trace])
    assert found["room"] > 3, "a point that can be told from its neighbours"
    return found["item"], {"x": found["left"], "y": found["top"]}
