"""Choosing encoders in the forms: models of this machine, by name or folder, for one side of a pair or both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import JOBS
from mmalign_core.model_files.locations import hub_cache, own_folder
from pages._components.encoder_menu import OTHER, title
from pages._session import links
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened, words_of
from tests.local_hub import without_hub
from tests.tiny_clip import saved


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures; the store beside them."""
    root = tmp_path_factory.mktemp("models-pages")
    write_circles(root, {})
    with dashboard_home(root):
        yield root


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    without_hub(monkeypatch, tmp_path / "cache")


def menu(app: AppTest, modality: str):
    return app.selectbox(key=f"align.encoder.{modality}")


def test_a_model_of_this_machine_is_chosen_for_both_sides_and_a_link_reopens_it(folder: Path) -> None:
    saved(own_folder() / "me" / "small")
    reference = "open-clip:hf-hub:me/small"
    app = opened(folder, "align")
    assert "open-clip" not in menu(app, "image").options and OTHER in menu(app, "image").options
    menu(app, "image").set_value(reference).run()
    assert app.selectbox(key="align.aligner.pivot").value == "pivot", "one tower alone shares no space"
    app.button(key="align.both.image").click().run()
    assert menu(app, "text").value == reference
    assert app.selectbox(key="align.aligner.as-is").options[0] == "matching · as-is"
    app.switch_page("pages/data.py").run().switch_page("pages/align.py").run()
    assert menu(app, "text").value == reference, "the choice outlives a visit to another page"
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error and "matching · as-is" in words_of(app)
    link = app.query_params["run"]
    again = opened(folder, "align", run=link)
    assert menu(again, "image").value == reference and again.selectbox(key="align.aligner.as-is").value == "as-is"
    assert not again.error and "matching · as-is" in words_of(again)


def test_one_tower_alone_is_linked_by_texts_that_both_sides_read(folder: Path) -> None:
    saved(own_folder() / "me" / "small")
    app = opened(folder, "align", run='{"encoders":{"image":"open-clip:hf-hub:me/small"}}')
    assert not app.exception and not app.error
    assert app.selectbox(key="align.aligner.pivot").value == "pivot" and "matching · pivot" in words_of(app)


def test_another_aligner_refines_what_a_model_gives(folder: Path) -> None:
    saved(own_folder() / "me" / "small")
    reference = "open-clip:hf-hub:me/small"
    app = opened(folder, "align", run=f'{{"encoders":{{"image":"{reference}","text":"{reference}"}}}}')
    app.selectbox(key="align.aligner.as-is").set_value("bridge").run()
    app.selectbox(key="align.aligner.as-is").set_value("procrustes").run()
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error
    assert app.session_state["mmalign"]["choices"]["aligner"] == "procrustes"
    assert app.selectbox(key="align.aligner.as-is").value == "procrustes"


def test_a_model_by_its_folder_or_a_line_beside_the_field(folder: Path, tmp_path: Path) -> None:
    app = opened(folder, "align")
    menu(app, "image").set_value(OTHER).run()
    field = app.text_input(key="align.encoder.image.other")
    field.set_value("open-clip:ViT-B-32/opnai").run()
    assert len(app.error) == 1 and "did you mean" in app.error[0].value
    assert any("efficientnet-lite0 stays" in line.value for line in app.caption)
    place = saved(tmp_path / "模型 🐈")
    app.text_input(key="align.encoder.image.other").set_value(str(place)).run()
    assert not app.error
    app.button(key="align.both.image").click().run()
    app.button(key="align.go").click().run()
    finish()
    app.run()
    assert not app.exception and not app.error
    reference = f"open-clip:local-dir:{place}"
    assert app.session_state["mmalign"]["choices"]["encoders"] == {"image": reference, "text": reference}
    assert menu(app, "image").value == reference and title(reference) == "open-clip · 模型 🐈 (folder)"


def test_the_leaderboard_compares_over_a_chosen_model(folder: Path) -> None:
    saved(own_folder() / "me" / "small")
    app = opened(folder, "leaderboard")
    app.selectbox(key="board.encoder.image").set_value("open-clip:hf-hub:me/small").run()
    app.button(key="board.both.image").click().run()
    names = app.multiselect(key="board.aligners.image-text.as-is")
    assert "as-is" in names.value and not {"bridge", "pivot"} & set(names.value), "only what these encoders feed"
    names.set_value(["as-is"]).run()
    app.button(key="board.go").click().run()
    for job in JOBS.all():
        assert job.wait(120)
    app.run()
    assert not app.exception and not app.error and list(app.dataframe[0].value["aligner"]) == ["as-is"]


def test_links_hold_references_as_text_only() -> None:
    view = links.from_query({"run": '{"encoders":{"image":5},"aligner":"cca"}'})
    assert view["choices"] == {"aligner": "cca"}


def test_a_model_in_a_link_that_is_not_here_is_one_line(folder: Path) -> None:
    app = opened(folder, "align", run='{"encoders":{"text":"clap:laion/clap-htsat-unfused"}}')
    assert not app.exception and len(app.error) == 1
    assert "python -m mmalign\\_core fetch clap" in app.error[0].value
    assert not hub_cache().exists()
