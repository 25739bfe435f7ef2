"""The Recommend page: questions of every kind, answers, reasons, two side by side, and links that keep it all."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import streamlit as st
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS

ROOT = Path(__file__).parents[1]
COLOURS = ("red", "blue", "green", "yellow", "black", "orange", "purple", "grey", "brown", "pink", "navy", "teal")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures, half of them warm; the store lies in a folder of its own."""
    root = tmp_path_factory.mktemp("recommend")
    rows = []
    for place, colour in enumerate(COLOURS):
        image = Image.new("RGB", (64, 64), "white")
        ImageDraw.Draw(image).ellipse((8 + place, 8, 50, 50), fill=colour)
        image.save(root / f"{colour}.png")
        words = f"a {colour} circle 圆 🔵 <b>&" if place == 1 else f"a {colour} circle"
        rows.append({"id": colour, "text": words, "image": f"{colour}.png", "kind": ("warm", "cold")[place % 2]})
    pd.DataFrame(rows).to_csv(root / "manifest.csv", index=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MMALIGN_HOME", str(root / "home"))
        st.cache_resource.clear()
        yield root
    st.cache_resource.clear()


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The demo, with its simulated users, in a store of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(os.environ, "MMALIGN_HOME", str(tmp_path_factory.mktemp("home")))
        st.cache_resource.clear()
        yield
    st.cache_resource.clear()


def finish() -> None:
    for job in JOBS.all():
        assert job.wait(120), f"'{job.message}' does not end"


def opened(folder: Path | None, **query: str) -> AppTest:
    """The page over this folder, or over the demo, after the background work has ended."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    if folder is not None:
        query["data"] = f"folder:{folder / 'manifest.csv'}"
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    finish()
    app.switch_page("pages/recommend.py")
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    finish()
    return app.run()


def asked(*wanted: tuple[str, str, float]) -> str:
    return json.dumps([list(wish) for wish in wanted])


def shown(app: AppTest, key: str = "recommend.cards") -> list[dict[str, Any]]:
    """The cards as the page hands them to the gallery."""
    return component(app, key)["cards"]


def component(app: AppTest, key: str) -> dict[str, Any]:
    """What a component of ours was given."""
    found = [json.loads(block.proto.json) for block in app.get("bidi_component") if key in block.proto.id]
    assert found, f"no component {key} on the page"
    return found[-1]


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for part in (*app.markdown, *app.caption, *app.error, *app.warning))


def test_words_typed_ask_and_the_cards_say_why(folder: Path) -> None:
    app = opened(folder)
    app.text_input(key="ask.text").set_value("a red circle").run()
    assert not app.exception and not app.error
    cards = shown(app)
    assert cards[0]["id"] == "red" and [card["rank"] for card in cards] == [str(n) for n in range(1, 11)]
    assert all(card["note"].startswith("Because") for card in cards[:3]) and set(dict(cards[0]["bars"])) == {
        "text",
        "image",
    }
    assert json.loads(
        app.query_params["ask"][0] if isinstance(app.query_params["ask"], list) else app.query_params["ask"]
    )
    assert app.text_input(key="ask.text").value == "", "the field is free for the next words"
