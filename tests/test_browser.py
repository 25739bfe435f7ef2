"""The dashboard in a real browser: demo to map to recommendation, and an upload of mixed files with a broken one."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image, ImageDraw

from tests.browser import MARKS, PATIENCE, TITLES, Browser, Page, chart, drawn_map, expect, go, map_point, settled
from tests.dashboard import ROOT

pytestmark = MARKS
FIRST_START = True


def test_from_the_demo_to_the_map_to_a_recommendation(page: Page) -> None:
    go(page, TITLES["data"])
    page.locator(".card").first.wait_for(timeout=PATIENCE)
    expect(page.get_by_text("OpenMoji").first).to_be_visible()
    go(page, TITLES["space"])
    drawn_map(page, "map", PATIENCE)
    expect(page.get_by_text("trustworthiness")).to_have_count(1)
    expect(page.get_by_text("better than a random map")).to_have_count(1)
    name = page.locator("h5").first
    before = name.inner_text()
    page.mouse.click(*map_point(page, "map", 5))
    page.wait_for_url(re.compile(r"[?&]item="))  # the address is new before the page is
    expect(name).not_to_have_text(before)
    settled(page, PATIENCE)
    shown = name.inner_text()
    go(page, TITLES["recommend"])
    settled(page, PATIENCE)
    expect(page.locator(".st-key-chips").get_by_text(shown[:30])).to_have_count(1)
    expect(page.locator(".card")).to_have_count(10)
    assert page.locator(".card .bar").count() >= 10


def test_a_cell_of_the_heat_map_shows_its_pair(page: Page) -> None:
    go(page, TITLES["similarity"])
    heat = chart(page, "heat", PATIENCE)
    expect(heat.locator(".heatmaplayer image")).to_have_count(1)
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text("no")
    box = heat.locator(".nsewdrag").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.01, box["y"] + box["height"] * 0.02)  # the right answer comes first
    expect(page.get_by_test_id("stMetricValue").nth(2)).to_have_text("yes", timeout=60_000)


def test_two_aligners_are_compared_and_one_is_used(page: Page, address: str) -> None:
    page.goto(f'{address}/?board={{"aligners":["relative","classic"]}}')
    go(page, TITLES["leaderboard"])
    page.locator(".st-key-board-go button").click(timeout=PATIENCE)
    expect(page.get_by_text("ranks first of the 2")).to_have_count(1, timeout=PATIENCE)
    expect(page.locator(".st-key-board-stop")).to_have_count(0, timeout=PATIENCE)
    chart(page, "board-trade", PATIENCE)
    chart(page, "board-differences", PATIENCE)
    page.get_by_role("button", name="Use this aligner").click()
    page.get_by_role("heading", name=TITLES["align"], exact=True, level=1).wait_for()
    page.wait_for_url(re.compile(r"[?&]run="))


def test_asking_by_words_picture_camera_and_microphone(page: Page, address: str) -> None:
    page.goto(f"{address}/recommend?item=cat")
    settled(page, PATIENCE)
    page.get_by_placeholder("Describe it in any language").fill("una fruta amarilla")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"[?&]ask=.*una"))
    settled(page, PATIENCE)
    page.get_by_text("And like", exact=True).click()
    open_way(page, "image")
    page.locator("input[type=file]").first.set_input_files(next(mixed_files()))
    expect(page.locator(".st-key-chips").get_by_text("your picture")).to_have_count(1)
    settled(page, PATIENCE)
    page.get_by_text("Camera", exact=True).click()
    settled(page, PATIENCE)
    page.wait_for_function("() => document.querySelector('video')?.readyState > 2")  # before, a click takes nothing
    page.get_by_role("button", name="Take Photo").click()
    expect(page.locator(".st-key-chips").get_by_text("your picture")).to_have_count(2)
    page.keyboard.press("Escape")
    page.get_by_text("But not", exact=True).click()
    open_way(page, "audio")
    page.get_by_text("Microphone", exact=True).click()
    page.get_by_role("button", name="Record", exact=True).click()
    page.get_by_role("button", name="Stop recording").click()
    expect(page.locator(".st-key-chips").get_by_text("your sound")).to_have_count(1)
    page.keyboard.press("Escape")
    settled(page, PATIENCE)
    link, cards = page.url, page.locator(".card .title").all_inner_texts()
    page.goto(link)
    expect(page.locator(".card .title")).to_have_text(cards, timeout=PATIENCE)  # the link reopens the answer


def open_way(page: Page, kind: str) -> None:
    """Open the button that takes a picture or a sound."""
    page.locator(f".st-key-ask-{kind} button").first.click()


def test_a_card_says_why_where_and_what_if(page: Page, address: str) -> None:
    page.goto(f"{address}/recommend?ask=[[%22text%22,%22an animal that barks%22,1]]")
    settled(page, PATIENCE)
    page.locator(".card").nth(1).click()
    page.wait_for_url(re.compile(r"[?&]why="))
    expect(page.locator(".st-key-why").get_by_text("Why #2")).to_have_count(1)
    settled(page, PATIENCE)
    page.get_by_role("radio", name="Where").click()
    page.get_by_role("button", name="Explain its media").click()
    expect(page.locator(".st-key-why").get_by_text("random").first).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    page.get_by_role("radio", name="its image").click()
    expect(page.locator(".st-key-why .js-plotly-plot .heatmaplayer")).to_have_count(1)
    settled(page, PATIENCE)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save as a page").click()
    text = Path(saved.value.path()).read_text(encoding="utf-8")
    assert "an animal that barks" in text and "<script" not in text and "data:image" in text


def test_an_upload_of_mixed_files_reports_the_broken_one(page: Page) -> None:
    go(page, TITLES["data"])
    page.get_by_text("Upload files").click()
    page.locator("input[type=file]").first.set_input_files(list(mixed_files()))
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_text("1 skipped", exact=False)).to_have_count(1, timeout=PATIENCE)
    settled(page, PATIENCE)
    assert "data=upload" in page.url
    for title in ("A red circle <b>&", "黄色的太阳 🌞"):
        expect(page.locator(".card .title").get_by_text(title, exact=True)).to_have_count(1)
    go(page, TITLES["align"])
    chart(page, "align-metrics", PATIENCE)
    link = page.url
    page.goto(link)
    expect(page.get_by_text("uploads").first).to_be_visible()


REDRAWING = """
<div data-testid="stApp" data-test-script-state="running"><div data-testid="stAppViewContainer"><h1>Align</h1>
<div class="st-key-metrics"><div class="js-plotly-plot" id="old"><svg class="main-svg" width="9" height="9"></svg></div>
<div class="js-plotly-plot" id="new"><svg class="main-svg" width="9" height="9"></svg></div></div></div></div>
<script>
  const idle = () => document.querySelector("[data-test-script-state]").dataset.testScriptState = "notRunning";
  let frames = 0;  // a busy machine: the old chart outlives the end of the run by a few frames
  const draw = () => {
    frames += 1;
    if (frames === 20) idle();
    if (frames === 40) document.getElementById("old").remove(); else requestAnimationFrame(draw);
  };
  requestAnimationFrame(draw);
</script>
"""
"""A page that redraws: the old and the new chart stand under one key until the run has ended."""


def test_a_chart_is_waited_for_while_the_page_redraws(chrome: Browser) -> None:
    page = chrome.new_page()
    page.set_content(REDRAWING)
    assert chart(page, "metrics").get_attribute("id") == "new"
    page.close()


@pytest.mark.parametrize("width", [360, 768, 1280, 1920])
def test_the_name_in_the_logo_is_whole(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    settled(page, PATIENCE)
    whole, shown = page.get_by_test_id("stHeaderLogo").first.evaluate(
        "(logo) => [logo.naturalWidth / logo.naturalHeight, logo.clientWidth / logo.clientHeight]"
    )
    assert shown == pytest.approx(whole, rel=0.02)
    page.set_content((ROOT / "assets" / "logo.svg").read_text(encoding="utf-8"))
    right, width = page.locator("svg").evaluate(
        "(logo) => { const name = logo.querySelector('text').getBBox(); return [name.x + name.width,"
        " logo.viewBox.baseVal.width]; }"
    )
    assert right <= width


def mixed_files() -> Iterator[dict[str, object]]:
    """Two whole items, one with a sound; a broken picture."""
    texts = {"circle": "A red circle <b>&", "sun": "黄色的太阳 🌞"}
    for stem, colour in (("circle", "red"), ("sun", "gold")):
        image = Image.new("RGB", (120, 90), "white")
        ImageDraw.Draw(image).ellipse((20, 10, 90, 80), fill=colour)
        buffer = io.BytesIO()
        image.save(buffer, "PNG")
        yield {"name": f"{stem}.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
        yield {"name": f"{stem}.txt", "mimeType": "text/plain", "buffer": texts[stem].encode()}
    sound = io.BytesIO()
    soundfile.write(sound, 0.3 * np.sin(np.arange(16000) * 0.17), 16000, format="WAV")
    yield {"name": "sun.wav", "mimeType": "audio/wav", "buffer": sound.getvalue()}
    yield {"name": "broken.png", "mimeType": "image/png", "buffer": b"\x89PNG\r\n\x1a\ncut off here"}
