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
from benchmarks.dashboard import free_port as free_port
from benchmarks.dashboard import go as go
from benchmarks.dashboard import map_camera as map_camera
from benchmarks.dashboard import map_point as map_point
from benchmarks.dashboard import serve as serve
from benchmarks.dashboard import serve_process as serve_process
from benchmarks.dashboard import settled as settled

MARKS = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt install chromium"),
]
PATIENCE = 300_000
"""Milliseconds: a first start on a busy machine makes, encodes and aligns the demo."""
expect.set_options(timeout=60_000)  # milliseconds: one rerun of a page on a busy machine
