"""sentence-transformers models from folders as the library saves them: vectors are the library's own."""

from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from mmalign_core.encoders import create_encoder
from mmalign_core.types import BadInput, Media
from tests.tiny_bert import TEXTS, WORDS, save_bert, save_model
from tests.tiny_clap import save_clap

pytest.importorskip("sentence_transformers", reason="sentence-transformers is an optional package")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_bert(tmp_path_factory.mktemp("bert") / "tiny")


KINDS = {
    "plain": {"unit": False},
    "unit": {},
    "dense": {"dense": 12},
    "cls": {"pooling": "cls"},
    "max": {"pooling": "max", "unit": False},
    "prompts": {"prompts": {"query": "query : ", "document": "passage : "}},
}


@pytest.fixture(scope="module", params=KINDS)
def folder(request: pytest.FixtureRequest, bert: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_model(tmp_path_factory.mktemp("st") / request.param, bert, **KINDS[request.param])


def opened(folder: Path):
    encoder = create_encoder(f"sentence-transformers:{folder}", "text")
    encoder.load()
    return encoder


def medium(text: str) -> Media:
    return Media("t", "text", "t", text=text)


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_vectors_are_those_of_the_library(folder: Path) -> None:
    from sentence_transformers import SentenceTransformer

    theirs = SentenceTransformer(str(folder), device="cpu").encode_document(list(TEXTS))
    encoder = opened(folder)
    prepared = [encoder.prepare(medium(text)) for text in TEXTS]
    together = encoder.encode(prepared).vectors
    alone = np.concatenate([encoder.encode([p]).vectors for p in prepared])
    many = encoder.encode(prepared * 25).vectors
    assert together.shape == theirs.shape == (4, encoder.dim) and together.dtype == np.float32
    for ours in (together, alone, many[-4:]):
        assert cosines(ours, theirs).min() >= 0.9999
        assert np.linalg.norm(ours, axis=1) == pytest.approx(np.linalg.norm(theirs, axis=1), rel=1e-4)
    assert cosines(together[:1], together[1:2])[0] < 0.999


def test_sequences_are_tokens_in_the_space_of_the_vectors(folder: Path) -> None:
    encoder = opened(folder)
    prepared = [encoder.prepare(medium(text)) for text in TEXTS]
    steps = encoder.sequences(prepared)
    assert [s.shape[1] for s in steps] == [encoder.dim] * 4 and all(np.isfinite(s).all() for s in steps)
    assert len(steps[1]) < len(steps[0]) < len(steps[2]) <= 24
    empty = encoder.from_view("")
    assert np.isfinite(encoder.encode([empty]).vectors).all() and len(encoder.sequences([empty])[0]) >= 1


def test_a_model_of_whole_texts_has_no_sequences_and_says_so(tmp_path: Path) -> None:
    whole = create_encoder(f"sentence-transformers:{save_clap(tmp_path / 'clap')}", "text")
    assert whole.encode([TEXTS[0]]).vectors.shape == (1, whole.dim)
    with pytest.raises(BadInput, match="gives one vector for a whole text: it has no sequences"):
        whole.sequences([TEXTS[0]])


def test_a_mean_of_tokens_is_the_vector(bert: str, tmp_path: Path) -> None:
    encoder = opened(save_model(tmp_path / "m", bert, unit=False))
    prepared = [encoder.prepare(medium(text)) for text in TEXTS]
    means = np.stack([s.mean(axis=0) for s in encoder.sequences(prepared)])
    np.testing.assert_allclose(means, encoder.encode(prepared).vectors, atol=1e-5)


@pytest.mark.parametrize(("name", "read_as"), [("document", ""), ("passage", ""), ("document", "[read_as=query]")])
def test_texts_are_read_as_documents_or_as_queries(bert: str, tmp_path: Path, name: str, read_as: str) -> None:
    from sentence_transformers import SentenceTransformer

    folder = save_model(tmp_path / "m", bert, prompts={"query": "query : ", name: "passage : "})
    encoder = create_encoder(f"sentence-transformers{read_as}:{folder}", "text")
    theirs, words = SentenceTransformer(str(folder), device="cpu"), ("passage : ", "query : ")
    ours = encoder.encode([encoder.prepare(medium("rain"))]).vectors
    own, other = words[::-1] if read_as else words
    assert encoder.prompt == own and read_as in encoder.key
    assert cosines(ours, theirs.encode([f"{own}rain"], prompt="")).min() >= 0.9999
    assert cosines(ours, theirs.encode([f"{other}rain"], prompt="")).max() < 0.9999


def test_a_view_ends_where_the_model_stops_reading(folder: Path) -> None:
    encoder = opened(folder)
    text = " ".join(WORDS) + " " + "rain falls " * 200
    view = encoder.view(medium(text))
    assert text.startswith(view) and 40 < len(view) < 200
    whole, cut = encoder.encode([text]).vectors, encoder.encode([encoder.from_view(view)]).vectors
    assert cosines(whole, cut).min() >= 0.99999
    assert encoder.view(medium("rain")) == "rain"


def test_a_transformer_without_modules_is_pooled_by_its_mean(bert: str) -> None:
    from sentence_transformers import SentenceTransformer

    encoder = opened(Path(bert))
    theirs = SentenceTransformer(bert, device="cpu").encode(list(TEXTS))
    assert cosines(encoder.encode(list(TEXTS)).vectors, theirs).min() >= 0.9999


def test_the_version_follows_the_weights_and_not_the_place(bert: str, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    folder = save_model(tmp_path / "a", bert)
    copy = copytree(folder, tmp_path / "b")
    first, second = (create_encoder(f"sentence-transformers:{f}", "text") for f in (folder, copy))
    assert first.version == second.version and first.key != second.key and first.space != second.space
    tensors = load_file(copy / "model.safetensors")
    name = next(key for key in tensors if key.endswith("layer.1.output.dense.weight"))
    tensors[name] = tensors[name] + 1e-3
    save_file(tensors, copy / "model.safetensors", metadata={"format": "pt"})
    assert create_encoder(f"sentence-transformers:{copy}", "text").version != first.version
