"""The Models page and choosing a model: against a hub on this machine, one that is away, and models that are here."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.jobs import FETCHES, JOBS
from mmalign_core.models.places import hub_cache, own_folder
from pages._shared import links
from pages._shared.model_menu import OTHER, title
from tests.circles import dashboard_home, finish, write_circles
from tests.local_hub import Hub, serve
from tests.tiny_clap import save_clap, save_wav, tone
from tests.tiny_clip import saved

ROOT = Path(__file__).parents[1]
NAME = "someone/tiny-clip"
REFERENCE = f"open-clip:hf-hub:{NAME}"
AWAY = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures; the store beside them."""
    root = tmp_path_factory.mktemp("models-pages")
    write_circles(root, {})
    with dashboard_home(root):
        yield root


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", AWAY)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Holds a tiny model as open_clip saves it."""
    files = {path.name: path.read_bytes() for path in saved(tmp_path / "served").iterdir()}
    made = Hub({**files, "README.md": b"---\nlicense: mit\n---\n"}, name=NAME, licence="mit")
    server = serve(made)
    monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    yield made
    made.released.set()
    server.shutdown()
    server.server_close()


def opened(folder: Path, page: str = "models", **query: str) -> AppTest:
    """The page over the pictures, after the background work has ended."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["data"] = f"folder:{folder / 'manifest.csv'}"
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    finish()
    return app.switch_page(f"pages/{page}.py").run()


def looked_up(app: AppTest, words: str) -> AppTest:
    app.text_input(key="model.words").set_value(words)
    next(button for button in app.button if button.label == "Look it up").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    return app.run()


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for part in [*app.markdown, *app.caption, *app.error])


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def menu(app: AppTest, modality: str):
    return app.selectbox(key=f"align.encoder.{modality}")


def test_the_page_asks_no_hub_and_says_what_is_here(folder: Path) -> None:
    app = opened(folder)
    before = len(FETCHES.all())
    start = time.perf_counter()
    app.run()
    assert not app.exception and not app.error and len(FETCHES.all()) == before
    assert time.perf_counter() - start < 30, "a hub that is away is not waited for"
    assert "use-multilingual" in said(app) and "No model was fetched yet" in said(app)
    assert "get.open-clip:ViT-L-14/datacomp_xl_s13b_b90k" in keys(app)
    assert not any(key.startswith("remove.") for key in keys(app)), "embedded ones are never removed"


def test_a_model_is_got_with_its_size_and_licence_said_first_and_then_used(folder: Path, hub: Hub) -> None:
    app = looked_up(opened(folder), REFERENCE)
    assert not app.exception and not app.error
    assert "licence: **mit**" in said(app) and app.button(key="model.get").label.startswith("Download 6.")
    assert [name for name, _ in hub.asked if name.endswith(".safetensors")] == [], "nothing came yet"
    app.button(key="model.get").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert not app.exception and not app.error and "Whole and verified" in said(app)
    app.button(key="use.found").click().run()
    finish()
    app.switch_page("pages/align.py").run()
    assert not app.exception and not app.error and app.title[0].value == "Align"
    chosen = app.session_state["mmalign"]["choices"]
    assert chosen["encoders"] == {"image": REFERENCE, "text": REFERENCE} and "aligner" not in chosen
    assert app.selectbox(key="align.aligner.as-is").value == "as-is"
    assert "matching · as-is" in said(app)


def test_a_download_that_is_stopped_goes_on_where_it_ended(folder: Path, hub: Hub) -> None:
    hub.held = True
    app = looked_up(opened(folder), REFERENCE)
    app.button(key="model.get").click().run()
    (job,) = [job for job in FETCHES.all() if not job.finished]
    assert f"stop.fetched {REFERENCE}" in keys(app.run())
    job.cancel()
    hub.held = False
    hub.released.set()
    assert job.wait(60) and job.status == "cancelled"
    app.run()
    assert "Stopped; what came is kept" in said(app) and not app.error
    assert app.button(key="model.get").label.startswith("Go on: 3.")
    hub.asked.clear()
    app.button(key="model.get").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert "Whole and verified" in said(app)
    asked = dict(hub.asked)["open_clip_model.safetensors"]
    assert asked.startswith("bytes=") and asked != "bytes=0-"


def test_a_hub_that_is_away_is_one_line_with_the_command_and_the_folder(folder: Path) -> None:
    app = opened(folder)
    app.button(key="get.clap:laion/clap-htsat-unfused").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert not app.exception and len(app.error) == 1 and "cannot be reached" in app.error[0].value
    assert "python -m mmalign_core fetch clap:laion/clap-htsat-unfused" in said(app)
    assert "laion/clap-htsat-unfused" in said(app)
    assert "model.again" in keys(app), "it can be asked again"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("open-clip:ViT-B-32/opnai", "did you mean ViT-B-32/openai"),
        ("/no/such/folder", "There is no folder"),
        ("nonsense <b> $x$", "names no encoder"),
    ],
)
def test_words_that_name_nothing_are_one_line(folder: Path, words: str, line: str) -> None:
    app = looked_up(opened(folder), words)
    assert not app.exception and len(app.error) == 1 and line in app.error[0].value


def test_a_model_is_removed_after_a_second_click(folder: Path) -> None:
    place = saved(own_folder() / "me" / "模型-🐈")
    saved(own_folder() / "me" / "plain")
    app = opened(folder)
    assert "plain" in said(app)
    app.button(key="remove.me/plain.own").click().run()
    assert not app.exception and not (own_folder() / "me" / "plain").exists() and place.exists()


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
    assert not app.exception and not app.error and "matching · as-is" in said(app)
    link = app.query_params["run"]
    again = opened(folder, "align", run=link)
    assert menu(again, "image").value == reference and again.selectbox(key="align.aligner.as-is").value == "as-is"
    assert not again.error and "matching · as-is" in said(again)


def test_one_tower_alone_is_linked_by_texts_that_both_sides_read(folder: Path) -> None:
    saved(own_folder() / "me" / "small")
    app = opened(folder, "align", run='{"encoders":{"image":"open-clip:hf-hub:me/small"}}')
    assert not app.exception and not app.error
    assert app.selectbox(key="align.aligner.pivot").value == "pivot" and "matching · pivot" in said(app)


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


def test_a_model_of_sounds_is_used_for_the_pair_it_reads(folder: Path, tmp_path: Path) -> None:
    save_clap(own_folder() / "laion" / "tiny")
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for place, word in enumerate(("bell", "drum", "wind", "rain")):
        (sounds / f"{word}.txt").write_text(f"a {word}")
        save_wav(sounds / f"{word}.wav", tone(0.5, 200 + 300 * place))
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["data"] = f"folder:{sounds}"
    app.run()
    finish()
    app.switch_page("pages/models.py").run()
    app.button(key="use.laion/tiny.own").click().run()
    finish()
    app.switch_page("pages/align.py").run()
    assert not app.exception and not app.error and "matching · as-is" in said(app)
    chosen = app.session_state["mmalign"]["choices"]
    assert chosen == {"encoders": {"audio": "clap:laion/tiny", "text": "clap:laion/tiny"}, "pair": ["audio", "text"]}


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
