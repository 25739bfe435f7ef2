"""Ways through the dashboard in a real browser: upload to verified bundle, two sessions, cancel, back and forward.

With MMALIGN_SHOTS set to a folder, a picture of each step is kept there.
"""

import io
import os
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import numpy as np
import soundfile
from PIL import Image, ImageDraw

from tests.browser import MARKS, PATIENCE, TITLES, Browser, Page, expect, go, settled

pytestmark = MARKS
COLOURS = {"red": "#e02020", "blue": "#2040e0", "green": "#20a040", "yellow": "#f0d020", "black": "#101010"}
SHAPES = ("circle", "square", "triangle", "bar", "cross", "ring")


def session(chrome: Browser, address: str) -> Page:
    """A session of its own: no cookies and no storage are shared."""
    page = chrome.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(120_000)
    page.goto(address)
    return page


def keep_picture(page: Page, name: str) -> None:
    if folder := os.environ.get("MMALIGN_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def picture(shape: str, colour: str) -> bytes:
    image = Image.new("RGB", (160, 120), "white")
    draw = ImageDraw.Draw(image)
    box = (40, 20, 120, 100)
    drawn = {
        "circle": lambda: draw.ellipse(box, fill=colour),
        "square": lambda: draw.rectangle(box, fill=colour),
        "triangle": lambda: draw.polygon([(80, 15), (30, 105), (130, 105)], fill=colour),
        "bar": lambda: draw.rectangle((20, 52, 140, 68), fill=colour),
        "cross": lambda: [
            draw.rectangle((70, 15, 90, 105), fill=colour),
            draw.rectangle((35, 50, 125, 70), fill=colour),
        ],
        "ring": lambda: draw.ellipse(box, outline=colour, width=12),
    }
    drawn[shape]()
    held = io.BytesIO()
    image.save(held, "PNG")
    return held.getvalue()


def upload_files() -> Iterator[dict[str, Any]]:
    """30 pictures and texts, 10 sounds, and 3 files that cannot be read."""
    stems = [(shape, colour) for shape in SHAPES for colour in COLOURS]
    for place, (shape, colour) in enumerate(stems):
        stem = f"{colour}-{shape}"
        yield {"name": f"{stem}.png", "mimeType": "image/png", "buffer": picture(shape, COLOURS[colour])}
        yield {"name": f"{stem}.txt", "mimeType": "text/plain", "buffer": f"A {colour} {shape}".encode()}
        if place < 10:
            wave = io.BytesIO()
            soundfile.write(wave, 0.3 * np.sin(np.arange(16000) * 0.05 * (place + 1)), 16000, format="WAV")
            yield {"name": f"{stem}.wav", "mimeType": "audio/wav", "buffer": wave.getvalue()}
    for name, kind in (("cut.png", "image/png"), ("noise.wav", "audio/wav"), ("odd.jpg", "image/jpeg")):
        yield {"name": name, "mimeType": kind, "buffer": b"\x89PNG\r\n\x1a\ncut off here"}


def zipped(files: Iterator[dict[str, Any]]) -> dict[str, Any]:
    """The files as one archive to upload: one upload ends at one moment."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for file in files:
            archive.writestr(file["name"], file["buffer"])
    return {"name": "pairs.zip", "mimeType": "application/zip", "buffer": held.getvalue()}


def test_from_an_upload_to_a_bundle_that_is_verified_elsewhere(
    chrome: Browser, address: str, page: Page, tmp_path: Path
) -> None:
    go(page, TITLES["data"])
    settled(page, PATIENCE)
    page.get_by_text("Upload files").click()
    settled(page, PATIENCE)
    page.locator("input[type=file]").first.set_input_files(zipped(upload_files()))
    expect(page.get_by_text("pairs.zip").first).to_be_visible()
    settled(page, PATIENCE)
    page.get_by_role("button", name="Read the files").click()
    expect(page.get_by_text("3 skipped", exact=False).first).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    keep_picture(page, "B1-report")
    go(page, TITLES["errors"])
    settled(page, PATIENCE)
    expect(page.locator(".st-key-errors-mark-wrong_pair").first).to_be_visible(timeout=PATIENCE)
    settled(page, PATIENCE)
    page.locator(".st-key-errors-mark-wrong_pair button").first.click()
    settled(page, PATIENCE)
    keep_picture(page, "B2-marked")
    go(page, TITLES["overview"])
    settled(page, PATIENCE)
    downloads = share(page, tmp_path)
    written = downloads["report"].read_text(encoding="utf-8")
    assert re.search(r"The right \w+ is first for \d+ of \d+", written) and "<script" not in written
    other = session(chrome, address)
    settled(other, PATIENCE)
    other.get_by_text("Open or verify a bundle").click()
    other.locator("input[type=file]").first.set_input_files(downloads["bundle"])
    other.get_by_role("button", name="Verify it").click()
    expect(other.get_by_text("Verified:").first).to_be_visible(timeout=PATIENCE)
    keep_picture(other, "B3-verified")
    other.get_by_label("Name of the opened run").fill("from-a-bundle")
    other.get_by_label("Name of the opened run").press("Enter")
    settled(other, PATIENCE)
    other.get_by_role("button", name="Open it").click()
    other.wait_for_url(re.compile("from-a-bundle"), timeout=PATIENCE)
    settled(other, PATIENCE)
    assert not other.get_by_test_id("stException").count()
    other.close()


def share(page: Page, folder: Path) -> dict[str, Path]:
    """Make the report and the bundle of the open run on the Overview page, and save both in the folder."""
    page.locator(".st-key-finding-0").wait_for(timeout=PATIENCE)
    settled(page, PATIENCE)
    page.get_by_text("Share this run").click()
    downloads = {}
    for what in ("report", "bundle"):
        page.get_by_role("button", name=f"Make the {what}").click()
        with page.expect_download(timeout=PATIENCE) as saved:
            page.get_by_role("button", name=f"Download the {what}").click(timeout=PATIENCE)
        downloads[what] = folder / f"{what}{'.html' if what == 'report' else '.zip'}"
        saved.value.save_as(downloads[what])
    return downloads


def test_no_session_sees_the_selection_of_another(chrome: Browser, address: str, page: Page) -> None:
    other = session(chrome, address)
    for opened, item in ((page, "cat"), (other, "cow")):
        opened.goto(f'{address}/data?item={item}&sel=["{item}"]')
        settled(opened, PATIENCE)
    page.reload()
    settled(page, PATIENCE)
    for opened, mine, theirs in ((page, "cat", "cow"), (other, "cow", "cat")):
        expect(opened.locator(".st-key-tray")).to_contain_text("1 item selected")
        assert f"item={mine}" in opened.url and theirs not in opened.url
    other.close()


def test_work_that_is_stopped_starts_again_with_other_choices(page: Page) -> None:
    settled(page, PATIENCE)
    go(page, TITLES["align"])
    settled(page, PATIENCE)
    choices = '{"aligner":"adversarial","pair":["image","text"]}'
    page.goto(page.url.split("?")[0] + f"?run={choices}")
    page.locator(".st-key-stop button").click(timeout=PATIENCE)
    expect(page.locator(".st-key-again button")).to_be_visible(timeout=PATIENCE)
    page.reload()
    expect(page.locator(".st-key-again button")).to_be_visible(timeout=PATIENCE)
    page.goto(page.url.split("?")[0] + '?run={"aligner":"procrustes","pair":["image","text"]}')
    settled(page, PATIENCE)
    expect(page.locator(".st-key-align-metrics .js-plotly-plot")).to_have_count(1, timeout=PATIENCE)


def test_back_and_forward_lead_through_the_views(page: Page) -> None:
    settled(page, PATIENCE)
    go(page, TITLES["data"])
    settled(page, PATIENCE)
    items: list[str] = []
    for place in (2, 4, 6, 8):
        page.locator(".card").nth(place).click()
        page.wait_for_function(
            """(seen) => {
              const item = new URLSearchParams(location.search).get('item');
              return item && !seen.includes(item);
            }""",
            arg=items,
        )
        settled(page, PATIENCE)
        items.append(item_of(page))
    for title in ("similarity", "align", "space", "recommend"):
        go(page, TITLES[title])
        settled(page, PATIENCE)
    for title in ("space", "align", "similarity"):
        back_to(page, TITLES[title], items[-1])
    back_to(page, TITLES["data"], items[-1])
    for item in reversed(items[:-1]):
        back_to(page, TITLES["data"], item)
    for item in items[1:]:
        page.go_forward()
        page.wait_for_url(re.compile(f"item={item}"))
        settled(page, PATIENCE)
        assert item_of(page) == item
    assert not page.get_by_test_id("stException").count()


def item_of(page: Page) -> str:
    """The item in focus that the address names; '' for none."""
    return parse_qs(urlsplit(page.url).query).get("item", [""])[0]


def back_to(page: Page, title: str, item: str) -> None:
    """Go one step back, to the page of this title that shows this item."""
    page.go_back()
    expect(page.get_by_role("heading", name=title, exact=True, level=1)).to_be_visible(timeout=PATIENCE)
    page.wait_for_url(re.compile(rf"[?&]item={re.escape(item)}(&|$)"))
    settled(page, PATIENCE)
    assert item_of(page) == item


def test_one_step_back_from_a_finding_s_new_run_shows_the_run_before(page: Page) -> None:
    settled(page, PATIENCE)
    weak = quote('{"aligner":"bridge","params":{"evidence":0.0}}')  # training surely helps beside it
    page.goto(f"{urlsplit(page.url)._replace(path='/overview', query='').geturl()}?data=demo&run={weak}")
    settled(page, PATIENCE)
    page.get_by_role("button", name="Train on the pairs").wait_for(timeout=PATIENCE)
    settled(page, PATIENCE)
    page.get_by_role("button", name="Train on the pairs").click()
    page.get_by_role("heading", name=TITLES["align"], exact=True, level=1).wait_for()
    expect(page.locator(".st-key-runs")).to_contain_text("infonce-linear", timeout=PATIENCE)
    settled(page, PATIENCE)
    page.go_back()
    page.get_by_role("heading", name=TITLES["overview"], exact=True, level=1).wait_for()
    expect(page.locator(".st-key-runs")).to_contain_text("· bridge ·", timeout=PATIENCE)
    page.go_forward()
    expect(page.locator(".st-key-runs")).to_contain_text("infonce-linear", timeout=PATIENCE)


def test_one_step_back_from_the_copy_with_planted_pairs_shows_the_demo(page: Page) -> None:
    settled(page, PATIENCE)
    page.get_by_role("button", name="Find them").click(timeout=PATIENCE)
    page.get_by_role("heading", name=TITLES["errors"], exact=True, level=1).wait_for()
    expect(page.locator(".st-key-runs")).to_contain_text("· cca ·", timeout=PATIENCE)
    settled(page, PATIENCE)
    page.go_back()
    page.get_by_role("heading", name=TITLES["overview"], exact=True, level=1).wait_for(timeout=60_000)
    expect(page.locator(".st-key-runs")).to_contain_text("· bridge ·", timeout=PATIENCE)
