"""Every page in both colour schemes has no serious fault of accessibility, by axe-core's rules."""

import pytest

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed: pip install -e .[dev]")

from axe_playwright_python.sync_playwright import Axe

from tests.browser import MARKS, PATIENCE, TITLES, Browser, settled

pytestmark = MARKS


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
