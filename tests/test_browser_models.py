"""A model in a real browser: got from a hub on this machine, then used for pictures and texts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import local_hub
from tests.browser import MARKS, PATIENCE, TITLES, Page, chart, expect, go, serve, settled
from tests.local_hub import Hub
from tests.tiny_clip import saved

pytestmark = MARKS
NAME = "someone/tiny-clip"


@pytest.fixture
def address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The dashboard, whose hub holds one tiny model."""
    files = {path.name: path.read_bytes() for path in saved(tmp_path / "served").iterdir()}
    hub = local_hub.serve(Hub({**files, "README.md": b"---\nlicense: mit\n---\n"}, name=NAME, licence="mit"))
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{hub.server_port}")
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "home").mkdir()
    with serve(tmp_path / "home") as found:
        yield found
    hub.shutdown()
    hub.server_close()


def test_a_model_is_got_and_used_for_both_sides(page: Page) -> None:
    settled(page, PATIENCE)
    go(page, TITLES["models"])
    page.get_by_label("Its name on a hub").fill(f"open-clip:hf-hub:{NAME}")
    page.get_by_role("button", name="Look it up").click()
    found = page.locator(".st-key-model-found")
    expect(found.get_by_text("licence: mit")).to_have_count(1, timeout=60_000)
    settled(page, PATIENCE)
    found.get_by_role("button", name="Download").click()
    expect(found.get_by_text("Whole and verified.")).to_have_count(1, timeout=60_000)
    settled(page, PATIENCE)
    found.get_by_role("button", name="Use it").click()
    page.get_by_role("heading", name="Align", exact=True, level=1).wait_for()
    settled(page, PATIENCE)
    expect(page.locator(".st-key-align-aligner-as-is input")).to_have_value("matching · as-is")
    chart(page, "align-metrics", PATIENCE)
    assert "hf-hub" in page.url
