"""Every page in both colour schemes has no serious fault of accessibility, by axe-core's rules."""

from collections.abc import Iterator

import pytest

pytest.importorskip("playwright", reason="playwright is not installed: pip install -e .[dev]")
pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed: pip install -e .[dev]")

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from benchmarks.dashboard import TITLES, browser, chromium, serve, settled

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.skipif(chromium() is None, reason="no Chromium on this machine: apt install chromium"),
]

PATIENCE = 300_000
"""Milliseconds: a first start on a busy machine makes, encodes and aligns the demo."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serve(tmp_path_factory.mktemp("home")) as found:
        yield found


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", TITLES)
def test_a_page_has_no_serious_fault(chrome: Browser, address: str, name: str, scheme: str) -> None:
    page = chrome.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    path = "" if name == "overview" else name  # the start page has no other address
    page.goto(f"{address}/{path}?item=cat")
    settled(page, PATIENCE)
    found = Axe().run(page).response["violations"]
    serious = [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]
    page.close()
    assert not serious, "\n".join(serious)
