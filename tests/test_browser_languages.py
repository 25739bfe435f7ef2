"""The dashboard in Chinese: chosen by the browser or the switch, kept in the link, and no English sentence is left."""

import re
from pathlib import Path

import pytest

from mmalign_core.settings import Settings
from mmalign_core.workflow import open_demo
from tests.browser import MARKS, PATIENCE, Browser, Page, expect, settled

pytestmark = MARKS
DATA = re.compile(
    r"Skip to main content|settings icon|Stefan van der Walt|OpenMoji|CC BY|CC0|UMAP|CSV|Parquet|open-clip|python -m"
)
"""What Streamlit says by itself, and names of works, licences, programs and files."""
PAGES = {"": "概览", "data": "数据", "align": "对齐", "errors": "错误", "recommend": "推荐"}
LEFT = (
    '[data-testid="stIconMaterial"], style, script, [data-testid="stFileUploaderDropzone"], [data-testid="stProgress"]'
)
"""Names of icons, Streamlit's own field for files, and steps of work under way, not all of which are translated."""
TEXTS = """(left) => {
  const shown = [];
  const walk = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) walk(node.shadowRoot);
      if (node.closest(left)) continue;
      for (const part of node.childNodes)
        if (part.nodeType === 3 && part.data.trim() && node.checkVisibility()) shown.push(part.data.trim());
    }
  };
  walk(document.body);
  return shown;
}"""
"""Every text that is seen, those of our components in their shadow trees included."""


@pytest.fixture(scope="module")
def chinese(chrome: Browser, address: str) -> Page:
    """A browser set to Chinese, over the demo."""
    page = chrome.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}).new_page()
    page.goto(f"{address}/?data=demo", timeout=PATIENCE)
    expect(page.get_by_role("heading", name="概览", exact=True)).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    return page


@pytest.fixture(scope="module")
def demo_words(demo_home: Path) -> str:
    """All that the demo itself says: its texts, titles, metadata and credits."""
    demo = open_demo(settings=Settings(root=demo_home))
    cells = map(str, demo.items.to_numpy().ravel().tolist())
    return "\n".join([*(medium.text or "" for medium in demo.media_of("text")), *cells, demo.attribution])


def sentences(page: Page, data: str) -> list[str]:
    """English words in a row that are no name and nothing of the data."""
    words = [text for text in page.evaluate(TEXTS, LEFT) if re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", text)]
    return [text for text in words if not DATA.search(text) and text.strip("“”。：… ")[:24] not in data]


@pytest.mark.parametrize("name", PAGES)
def test_no_english_sentence_is_left(chinese: Page, address: str, name: str, demo_words: str) -> None:
    chinese.goto(f"{address}/{name}?data=demo", timeout=PATIENCE)
    expect(chinese.get_by_role("heading", name=PAGES[name], exact=True)).to_be_visible(timeout=PATIENCE)
    settled(chinese, PATIENCE)
    expect(chinese.locator('[data-testid="stException"]')).to_have_count(0)
    expect(chinese.locator("html")).to_have_attribute("lang", "zh")
    assert not sentences(chinese, demo_words)


def test_the_switch_changes_the_page_and_stays_in_the_link(chinese: Page, address: str) -> None:
    chinese.goto(f"{address}/align?data=demo", timeout=PATIENCE)
    chinese.get_by_role("radio", name="English").click()
    expect(chinese.get_by_role("heading", name="Align", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(chinese).to_have_url(re.compile("lang=en"))
    chinese.get_by_role("link", name="Data", exact=False).first.click()
    expect(chinese.get_by_role("heading", name="Data", exact=True)).to_be_visible(timeout=PATIENCE)
    expect(chinese).to_have_url(re.compile("lang=en"))
    chinese.goto(f"{address}/align?data=demo&lang=zh", timeout=PATIENCE)
    expect(chinese.get_by_role("heading", name="对齐", exact=True)).to_be_visible(timeout=PATIENCE)
