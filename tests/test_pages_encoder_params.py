"""The forms of an encoder's parameters on the pages: what is chosen is in the link and in the run."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages._components.encoder_menu import OTHER, title
from tests.dashboard import dashboard_home, finish, opened
from tests.sample_files import colours, film, write

SHADES = {"red": (200, 20, 20), "green": (20, 200, 20), "blue": (20, 20, 200), "sun": (220, 220, 20)}
MOST, RATE = (f"align.encoder.video.video-frames.{name}" for name in ("most", "per_second"))


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Four films with a text each; the store beside them."""
    root = tmp_path_factory.mktemp("film-params")
    folder = write(root / "data", {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        film(folder / f"{name}.mp4", colours((120, 120, 120), shade))
    with dashboard_home(root):
        yield folder


def aligned(app: AppTest) -> dict[str, str]:
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error, [e.value for e in app.error]
    return app.session_state["mmalign"]["choices"].get("encoders", {})


def test_what_is_set_is_the_runs_and_its_links(films: Path) -> None:
    app = opened(films, "align")
    assert app.number_input(key=MOST).value == 32 and app.number_input(key=RATE).value == 1.0
    app.number_input(key=MOST).set_value(8).run()
    assert any("most 8" in line.value for line in app.caption), [line.value for line in app.caption]
    assert aligned(app) == {"video": "video-frames[most=8]"}
    app.switch_page("pages/data.py").run().switch_page("pages/align.py").run()
    assert app.number_input(key=MOST).value == 8
    again = opened(films, "align", run=app.query_params["run"])
    assert again.number_input(key=MOST).value == 8 and not again.error
    again.number_input(key=MOST).set_value(32).run()
    assert aligned(again) == {}, "the default is written nowhere"


def test_a_reference_in_words_brings_its_parameters_into_the_form(films: Path) -> None:
    app = opened(films, "align")
    app.selectbox(key="align.encoder.video").set_value(OTHER).run()
    app.text_input(key="align.encoder.video.other").set_value("video-frames[most=0]").run()
    assert len(app.error) == 1 and "outside 1 to 10000" in app.error[0].value
    app.text_input(key="align.encoder.video.other").set_value("video-frames[per_second=2]:colour-gradient").run()
    assert aligned(app) == {"video": "video-frames[per_second=2]:colour-gradient"}
    assert app.selectbox(key="align.encoder.video").value == "video-frames:colour-gradient"
    assert app.number_input(key=RATE).value == 2.0 and app.number_input(key=MOST).value == 32
    assert aligned(app) == {"video": "video-frames[per_second=2]:colour-gradient"}


def test_the_leaderboard_has_the_form_too(films: Path) -> None:
    app = opened(films, "leaderboard")
    app.number_input(key="board.encoder.video.video-frames.most").set_value(4).run()
    app.button(key="board.go").click().run()
    finish()
    app.run()
    assert not app.exception and app.session_state["mmalign"]["board"]["encoders"] == {"video": "video-frames[most=4]"}


@pytest.mark.parametrize("reference", ["video-frames[most=0]", "video-frames[most=8", "yamnet[a=1]"])
def test_a_link_that_cannot_be_is_one_line(films: Path, reference: str) -> None:
    app = opened(films, "align", run=json.dumps({"encoders": {"video": reference}}))
    assert not app.exception and len(app.error) == 1, [e.value for e in app.error]


def test_titles_say_the_parameters() -> None:
    assert title("video-frames[most=8,per_second=2]") == "video-frames (most 8, per second 2)"
    assert title("video-frames[most=8]:open-clip:RN50/openai") == "frames (most 8) · open-clip · RN50/openai"
