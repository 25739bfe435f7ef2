"""Static text models of model2vec from folders as the library saves them: vectors are the library's own."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.batched.batches import encode_media
from mmalign_core.model_files.inventory import encoder_for
from mmalign_core.types import BadInput, Media
from mmalign_core.workflow.menus.references import look_up_model
from tests.tiny_static import save_static

model2vec = pytest.importorskip("model2vec", reason="model2vec is an optional package")

TEXTS = ("A brown dog runs over wet sand.", "rain", "two red birds sing on the roof", "Zwei Züge: a dog.")


@pytest.fixture(scope="module", params=[True, False], ids=["unit", "plain"])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_static(tmp_path_factory.mktemp("static") / "tiny", normalize=request.param)


def medium(text: str) -> Media:
    return Media(text[:9], "text", text, text=text)


def test_vectors_are_those_of_the_library(folder: Path) -> None:
    encoder = create_encoder(f"model2vec:{folder}", "text")
    encoder.load()
    ours = encoder.encode([encoder.prepare(medium(text)) for text in TEXTS]).vectors
    theirs = model2vec.StaticModel.from_pretrained(folder).encode(list(TEXTS))
    assert ours.shape == (4, 16) and ours.dtype == np.float32 and encoder.key.startswith(f"model2vec:{folder}@1-")
    np.testing.assert_allclose(ours, theirs, atol=1e-6)
    steps = encoder.sequences(list(TEXTS))
    assert [len(rows) for rows in steps] == [8, 1, 7, 5], "the colon is unknown"
    mean = np.stack([rows.mean(axis=0) for rows in steps])
    lengths = np.linalg.norm(mean, axis=1, keepdims=True)
    assert ((mean / lengths) * ours / np.linalg.norm(ours, axis=1, keepdims=True)).sum(1) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_read_to_its_limit_or_in_windows(folder: Path) -> None:
    encoder = create_encoder(f"model2vec[long_texts=start]:{folder}", "text")
    encoder.load()
    text = "rain falls on the roof and zwei Züge run " * 5
    view = encoder.view(medium(text))
    assert text.startswith(view) and view.endswith("run rain falls on"), "twelve tokens"
    np.testing.assert_allclose(encoder.encode([text]).vectors, encoder.encode([view]).vectors, atol=1e-6)
    windows = create_encoder(f"model2vec[long_texts=windows]:{folder}", "text")
    parts = windows.windows_of(text)
    assert "".join(parts).replace(" ", "") == text.replace(" ", "") and len(parts) == 4
    assert windows.view(medium("rain")) == "rain"


def test_a_text_without_a_known_word_is_left_out_and_the_rest_goes_on(folder: Path) -> None:
    encoder = create_encoder(f"model2vec:{folder}", "text")
    (batch,) = encode_media(encoder, [medium(text) for text in ("rain", "квадрат", "a dog")])
    assert batch.digests == ("rain", "a dog") and len(batch.skipped) == 1
    assert "knows no word of the text; choose another model" in batch.skipped[0].reason
    assert not encoder.encode([encoder.from_view("")]).vectors.any()


@pytest.mark.parametrize(
    ("file", "content", "line"),
    [
        ("model.safetensors", b"\x80\x04pickle", "not in the safetensors format"),
        ("tokenizer.json", b"{}", "holds no tokenizer"),
        ("tokenizer.json", b'{"model": {}}', "cannot be loaded: .*; fetch the model again"),
        ("config.json", b"[]", "holds no settings of a model"),
        ("config.json", b'{"max_length": "many"}', "cannot be loaded: .*; fetch the model again"),
    ],
)
def test_a_damaged_model_is_one_line(tmp_path: Path, file: str, content: bytes, line: str) -> None:
    folder = save_static(tmp_path / "harmed")
    (folder / file).write_bytes(content)
    with pytest.raises(BadInput, match=line) as caught:
        create_encoder(f"model2vec:{folder}", "text").load()
    assert "\n" not in str(caught.value)


def test_a_table_of_other_length_than_the_vocabulary_is_one_line(tmp_path: Path) -> None:
    from safetensors.numpy import save_file

    folder = save_static(tmp_path / "short")
    save_file({"embeddings": np.zeros((3, 16), np.float32)}, folder / "model.safetensors")
    with pytest.raises(BadInput, match=r"does not match number of vectors \(3\)"):
        create_encoder(f"model2vec:{folder}", "text").load()


def test_a_folder_is_known_for_a_static_model(tmp_path: Path) -> None:
    folder = save_static(tmp_path / "tiny")
    assert encoder_for(folder) == "model2vec" and look_up_model(str(folder)).reference == f"model2vec:{folder}"
    with pytest.raises(BadInput, match="fetch model2vec:minishlab/potion-none"):
        create_encoder("model2vec:potion-none", "text")
