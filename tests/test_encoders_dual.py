"""Dual encoders of transformers from folders as the library saves them: vectors are the library's own."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.encoders import create_encoder
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow.menus.available_models import same_space, share_space
from mmalign_core.workflow.menus.default_aligner import usual_aligner
from mmalign_core.workflow.menus.references import look_up_model
from tests.tiny_bert import save_bert
from tests.tiny_clap import save_clap
from tests.tiny_clip import image_media, mixed_pictures, text_media
from tests.tiny_dual import KINDS, save_dual

pytest.importorskip("transformers", reason="transformers is an optional package")

TEXTS = ("a brown dog runs", "rain", "two red trains stand in the station " * 5)


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_dual(tmp_path_factory.mktemp("dual") / request.param, request.param)


def vectors(folder: Path, modality: str, media: list[Media]) -> np.ndarray:
    encoder = create_encoder(f"transformers:{folder}", modality)
    encoder.load()
    prepared = [encoder.prepare(one) for one in media]
    together = encoder.encode(prepared).vectors
    alone = np.concatenate([encoder.encode([one]).vectors for one in prepared])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert together.shape == (len(media), encoder.dim) and together.dtype == np.float32
    return together


def unit(features) -> np.ndarray:
    rows = getattr(features, "pooler_output", features).detach().numpy()
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def library(folder: Path):
    from transformers import AutoModel, AutoProcessor

    where = {"local_files_only": True}
    return AutoModel.from_pretrained(folder, **where).eval(), AutoProcessor.from_pretrained(folder, **where)


def test_vectors_are_those_of_the_librarys_own_example(folder: Path, tmp_path: Path) -> None:
    model, processor = library(folder)
    paths = [path for path in mixed_pictures(tmp_path) if path.suffix == ".png"]
    opened = [Image.open(path).convert("RGB") for path in paths]
    theirs = unit(model.get_image_features(**processor.image_processor(images=opened, return_tensors="pt")))
    np.testing.assert_allclose(vectors(folder, "image", image_media(paths)), theirs, atol=1e-4)
    padding = True if folder.name == "clip" else "max_length"
    options = {"padding": padding, "truncation": True, "max_length": 12, "return_tensors": "pt"}
    theirs = unit(model.get_text_features(**processor.tokenizer(list(TEXTS), **options)))
    ours = vectors(folder, "text", text_media(TEXTS))
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
    assert (ours[0] @ ours[1]) < 0.999


def test_texts_are_padded_as_in_training_whatever_stands_beside_them(tmp_path: Path) -> None:
    folder = save_dual(tmp_path / "siglip", "siglip")
    model, processor = library(folder)
    short = unit(model.get_text_features(**processor.tokenizer(["rain"], return_tensors="pt")))
    ours = vectors(folder, "text", text_media(["rain"]))
    assert (ours * short).sum() < 0.9999, "without padding the vector is another"


def test_both_towers_share_one_load_and_a_space(folder: Path) -> None:
    reference = f"transformers:{folder}"
    seen, read = (create_encoder(reference, modality) for modality in ("image", "text"))
    assert seen._towers is read._towers and seen.space == read.space == reference
    assert same_space(reference, "image")["video"] == f"video-frames:{reference}"
    both = {"image": reference, "text": reference}
    assert share_space(("image", "text"), both) and usual_aligner(("image", "text"), both) == "as-is"
    assert look_up_model(str(folder)).reference == reference


def test_a_view_ends_where_the_model_stops_reading(folder: Path) -> None:
    encoder = create_encoder(f"transformers:{folder}", "text")
    view = encoder.view(Media("t", "text", "t", text=TEXTS[2]))
    assert TEXTS[2].startswith(view) and len(view) < len(TEXTS[2])
    whole, cut = encoder.encode([TEXTS[2]]).vectors, encoder.encode([view]).vectors
    np.testing.assert_allclose(whole, cut, atol=1e-6)
    assert np.isfinite(encoder.encode([encoder.from_view("")]).vectors).all()


def test_what_is_no_dual_encoder_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"holds a model of sounds; choose it as clap:"):
        create_encoder(f"transformers:{save_clap(tmp_path / 'clap')}", "text")
    with pytest.raises(BadInput, match=r"\(BertModel\) has no tower of its own for text"):
        create_encoder(f"transformers:{save_bert(tmp_path / 'bert')}", "text").load()
    with pytest.raises(BadInput, match=r"no config\.json is there"):
        (tmp_path / "empty").mkdir()
        create_encoder(f"transformers:{tmp_path / 'empty'}", "text")
    with pytest.raises(BadInput, match="fetch transformers:google/siglip2-base-patch16-224"):
        create_encoder("transformers:google/siglip2-base-patch16-224", "image")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"auto_map": {"AutoModel": "own.Model"}}, "names code that comes with the model"),
        ({"model_type": "clop"}, "cannot be loaded: "),
        ({"text_config": {"hidden_size": 10**6, "num_hidden_layers": 10**4}}, "describe a larger model"),
    ],
)
def test_hostile_settings_are_one_line(tmp_path: Path, change: dict, line: str) -> None:
    folder = save_dual(tmp_path / "clip", "clip")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | change))
    with pytest.raises(BadInput, match=line) as caught:
        create_encoder(f"transformers:{folder}", "image").load()
    assert "\n" not in str(caught.value)
