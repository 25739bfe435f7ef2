"""The exported page of videos: frames with their times, and separate rows for picture and sound."""

from pathlib import Path

import pytest

from mmalign_core.data import read_collection
from mmalign_core.store import Store
from mmalign_core.workflow import Choices, QuerySpec, align, answer, encode
from mmalign_core.workflow.explanation.answers import explain_recommendation
from mmalign_core.workflow.export.answer_page import as_html
from tests.sample_files import colours, film, tone, write
from tests.test_export import checked

SHADES = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "sun": (220, 220, 20)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four films with a text each; the sun is silent."""
    found = write(tmp_path / "films", {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        sounds = [] if name == "sun" else [tone(2.0, 400 + 300 * len(name), 16_000)]
        film(found / f"{name}.mp4", colours(shade, (120, 120, 120)), sounds=sounds)
    return found


def test_a_page_of_videos_carries_their_frames_and_maps(folder: Path, tmp_path: Path) -> None:
    store, collection = Store(tmp_path / "store"), read_collection(folder)
    choices = Choices(pair=("video", "text"), aligner="ridge")
    run = align(collection, encode(collection, store=store), choices, store=store)
    found = answer(run, QuerySpec.of(video=str(folder / "green.mp4"), k=2), store=store)
    item = found.results[0].id
    assert item == "green"
    maps = {item: explain_recommendation(run, found, item, store=store)}
    (folder / f"{found.results[1].id}.mp4").unlink()
    html = as_html(found, run=run, maps=maps)
    page = checked(html)
    assert sum(a.get("class") == "film" for _, a in page.tags) == 2, "the query's and one item's"
    assert sum(t == "img" and "green" in (a.get("alt") or "") for t, a in page.tags) == 6
    assert "there is no such file" in page.text and "0.2 s" in page.text
    drawn = [each.map for each in maps[item].maps if each.map.modality == "video"]
    assert drawn and page.text.count("seen") >= len(drawn) and page.text.count("heard") >= len(drawn)
    bars = sum(len(each.parts) for each in drawn)
    assert sum(t == "rect" for t, _ in page.tags) == bars
    assert sum(a.get("class") == "strip" for _, a in page.tags) == len(drawn) and len(html) < 300_000
