"""One sentence-transformers model of several modalities: vectors are the library's own, dimensions can be cut."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest
from PIL import Image

from mmalign_core.encoders import ENCODERS, create_encoder, space_of, text_tower
from mmalign_core.encoders.sentence_transformers.modalities import stated_modalities
from mmalign_core.model_files import weights_version
from mmalign_core.model_files.requirements import RequiredFiles, choose_files
from mmalign_core.types import MODALITIES, BadInput, Media
from mmalign_core.workflow.menus.available_models import same_space, share_space
from mmalign_core.workflow.menus.default_aligner import usual_aligner
from tests.sample_files import colours, film
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import noise, save_clap, save_wav
from tests.tiny_gemma import PROMPTS, WIDTH, save_gemma

pytest.importorskip("sentence_transformers", reason="sentence-transformers is an optional package")

TEXTS = ("a brown dog runs", "rain", "red birds sing over wet sand")


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "messages"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_gemma(tmp_path_factory.mktemp("gemma") / "omni", chat=request.param)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Media]]:
    place, rng = tmp_path_factory.mktemp("media"), np.random.default_rng(0)
    for name, size in (("0", (60, 90, 3)), ("1", (80, 50, 3))):
        Image.fromarray(rng.integers(0, 256, size, dtype=np.uint8)).save(place / f"{name}.png")
    film(place / "0.mp4", colours((200, 30, 30), (30, 30, 200)))
    film(place / "1.mp4", colours((30, 200, 30)))
    sounds = [save_wav(place / f"{i}.wav", noise(1.0 + i, i)) for i in range(2)]
    pictures = [Media(str(i), "image", str(i), path=str(place / f"{i}.png")) for i in range(2)]
    films = [Media(str(i), "video", str(i), path=str(place / f"{i}.mp4")) for i in range(2)]
    texts = [Media(str(i), "text", str(i), text=text) for i, text in enumerate(TEXTS)]
    return {"text": texts, "image": pictures, "audio": sounds, "video": films}


def vectors(reference: str, modality: str, media: list[Media]) -> np.ndarray:
    encoder = create_encoder(reference, modality)
    encoder.load()
    return encoder.encode([encoder.prepare(one) for one in media]).vectors


def library(folder: Path, given: list) -> np.ndarray:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
    return np.concatenate([model.encode_document([one], show_progress_bar=False) for one in given])


def test_the_modalities_are_those_that_the_model_states(folder: Path, tmp_path: Path) -> None:
    st = ENCODERS.get("sentence-transformers")
    assert st.reads(str(folder)) == MODALITIES == st.reads()
    assert st.reads(str(save_model(tmp_path / "m", save_bert(tmp_path / "bert")))) == ("text",)
    assert st.reads(str(save_clap(tmp_path / "clap"))) == ("text", "audio")
    assert st.reads("BAAI/bge-m3") == ("text",) and st.reads("somebody/new") == MODALITIES
    old = copytree(folder, tmp_path / "old")
    (old / "sentence_bert_config.json").unlink()
    assert stated_modalities(old) == ("text",), "a model saved before others could be stated"
    rows = json.loads((old / "modules.json").read_text())
    rows[0]["type"] = "sentence_transformers.models.CLIPModel"
    (old / "modules.json").write_text(json.dumps(rows))
    assert stated_modalities(old) == ("text", "image")


@pytest.mark.parametrize("harm", ["[3]", "{", '[{"path": "."}]', '"x"'])
def test_a_damaged_list_of_modules_is_one_line(folder: Path, tmp_path: Path, harm: str) -> None:
    harmed = copytree(folder, tmp_path / "harmed")
    (harmed / "modules.json").write_text(harm)
    with pytest.raises(BadInput, match="is damaged; fetch the model again"):
        create_encoder(f"sentence-transformers:{harmed}", "image")


@pytest.mark.parametrize("modality", MODALITIES)
def test_vectors_are_those_of_the_library(folder: Path, media: dict[str, list[Media]], modality: str) -> None:
    encoder = create_encoder(f"sentence-transformers:{folder}", modality)
    encoder.load()
    prepared = [encoder.prepare(one) for one in media[modality]]
    together = encoder.encode(prepared).vectors
    alone = np.concatenate([encoder.encode([one]).vectors for one in prepared])
    given = [{"text": one.text} for one in media["text"]] if modality == "text" else [p.parts[0] for p in prepared]
    if modality == "video":
        given = [{"video": {**one["video"]}} for one in given]
    assert together.shape == (len(prepared), WIDTH) == (len(prepared), encoder.dim) and together.dtype == np.float32
    np.testing.assert_allclose(together, alone, atol=1e-5)
    if modality != "video":  # the library would choose frames again
        np.testing.assert_allclose(together, library(folder, given), atol=1e-5)
    assert (together[:1] * together[1:2]).sum() < 0.999


def test_the_key_names_parameters_in_the_order_of_earlier_versions(folder: Path) -> None:
    given = "sentence-transformers[dims=8,read_as=query,long_texts=windows]"
    key = create_encoder(f"{given}:{folder}", "text").key
    assert key.startswith("sentence-transformers[long_texts=windows,read_as=query,dims=8]:")


def test_all_modalities_share_one_load_and_a_space(folder: Path) -> None:
    reference = f"sentence-transformers:{folder}"
    made = [create_encoder(reference, modality) for modality in MODALITIES]
    assert len({id(one.loaded) for one in made}) == 1 and {one.space for one in made} == {space_of(reference)}
    assert same_space(reference, "image") == dict.fromkeys(MODALITIES, reference)
    both = {"image": reference, "text": reference}
    assert share_space(("image", "text"), both) and usual_aligner(("image", "text"), both) == "as-is"


def test_a_text_that_looks_like_a_file_or_an_address_is_read_as_a_text(folder: Path, media: dict) -> None:
    reference, picture = f"sentence-transformers:{folder}", media["image"][0].path
    texts = [Media(text, "text", text, text=text) for text in (picture, "http://127.0.0.1:9/a.png", "a dog")]
    found = vectors(reference, "text", texts)
    words = [{"text": f"{PROMPTS['document']}{one.text}"} for one in texts]
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(folder), device="cpu").encode(words, show_progress_bar=False)
    np.testing.assert_allclose(found, theirs, atol=1e-5)


@pytest.mark.parametrize("modality", ["text", "image"])
def test_fewer_dimensions_are_the_first_ones_as_unit_vectors(folder: Path, media: dict, modality: str) -> None:
    whole = vectors(f"sentence-transformers:{folder}", modality, media[modality])
    cut = vectors(f"sentence-transformers[dims=8]:{folder}", modality, media[modality])
    first = whole[:, :8] / np.linalg.norm(whole[:, :8], axis=1, keepdims=True)
    np.testing.assert_allclose(cut, first, atol=1e-6)
    with pytest.raises(BadInput, match="has 24 dimensions, fewer than dims=25"):
        create_encoder(f"sentence-transformers[dims=25]:{folder}", modality).load()


def test_other_dimensions_are_another_space(folder: Path) -> None:
    whole, cut = f"sentence-transformers:{folder}", f"sentence-transformers[dims=8]:{folder}"
    assert space_of(cut) == f"sentence-transformers[dims=8]:{folder}" != space_of(whole)
    assert space_of(f"sentence-transformers[read_as=query]:{folder}") == space_of(whole)
    assert text_tower(f"{cut}@1", "image") == cut, "typed queries have as many"
    assert share_space(("image", "text"), {"image": cut, "text": cut})
    assert not share_space(("image", "text"), {"image": cut, "text": whole})
    assert not share_space(("image", "text"), {"image": whole, "text": cut})


def test_a_long_sound_is_read_in_the_windows_that_the_model_states(tmp_path: Path) -> None:
    reference = f"sentence-transformers:{save_clap(tmp_path / 'clap')}"
    encoder = create_encoder(reference, "audio")
    encoder.load()
    samples = noise(25.0)
    long = encoder.from_view(samples)
    assert [len(part["audio"]["array"]) for part in long.parts] == [480_000, 480_000, 240_000]
    parts = encoder.encode([encoder.from_view(samples[i : i + 480_000]) for i in range(0, len(samples), 480_000)])
    mean = np.array([0.4, 0.4, 0.2]) @ parts.vectors
    ours, again = (encoder.encode([long]).vectors[0] for _ in range(2))
    assert np.array_equal(ours, again) and ours @ mean / np.linalg.norm(ours) / np.linalg.norm(mean) > 0.9999
    with pytest.raises(BadInput, match=r"reads long sounds by chance; choose it as clap:"):
        create_encoder(f"sentence-transformers:{save_clap(tmp_path / 'fused', fusion=True)}", "audio").load()


def test_a_template_of_messages_is_fetched_and_part_of_the_version(tmp_path: Path) -> None:
    names = ("config.json", "chat_template.jinja", "model.safetensors", "modeling_own.py")
    assert choose_files(names, RequiredFiles("a/b")) == tuple(sorted(names[:3]))
    folder = save_gemma(tmp_path / "chat", chat=True)
    before = weights_version(folder)
    (folder / "chat_template.jinja").write_text("{{ messages }}")
    assert weights_version(folder) != before


def test_a_model_of_texts_does_not_read_pictures(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", save_bert(tmp_path / "bert"))
    with pytest.raises(BadInput, match="reads text, not image"):
        create_encoder(f"sentence-transformers:{folder}", "image")
    with pytest.raises(BadInput, match="fetch sentence-transformers:a/b"):
        create_encoder("sentence-transformers:a/b", "image")
