"""sentence-transformers models from folders as the library saves them: vectors are the library's own, nothing runs."""

import json
import pickle
import subprocess
import sys
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


def test_half_written_weights_are_one_line(bert: str, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", bert)
    weights = folder / "model.safetensors"
    for part in (weights.read_bytes()[:-100], weights.read_bytes()[:200], b""):
        weights.write_bytes(part)
        with pytest.raises(BadInput, match=r"cut short|not in the format"):
            create_encoder(f"sentence-transformers:{folder}", "text")
    weights.unlink()
    with pytest.raises(BadInput, match="holds no weights"):
        create_encoder(f"sentence-transformers:{folder}", "text")


class Harm:
    """What a stranger's pickle does when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


@pytest.mark.parametrize("name", ["model.safetensors", "pytorch_model.bin"])
def test_a_pickle_is_never_run(bert: str, tmp_path: Path, name: str, recwarn: pytest.WarningsRecorder) -> None:
    folder, touched = save_model(tmp_path / "m", bert), tmp_path / "touched"
    (folder / "model.safetensors").unlink()
    (folder / name).write_bytes(pickle.dumps({"a": Harm(touched)}))
    with pytest.raises(BadInput, match=r"not in the format of safetensors|cannot be loaded"):
        opened(folder)
    assert not touched.exists() and not [w for w in recwarn if "pickle" in str(w.message)]


def test_plain_tensors_in_a_bin_are_read(bert: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = save_model(tmp_path / "m", bert)
    before = opened(folder).encode(list(TEXTS)).vectors
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    assert cosines(opened(folder).encode(list(TEXTS)).vectors, before).min() >= 0.9999


def test_code_in_the_folder_is_never_run(bert: str, tmp_path: Path) -> None:
    folder, touched = save_model(tmp_path / "m", bert), tmp_path / "touched"
    (folder / "own.py").write_text(f"import pathlib; pathlib.Path({str(touched)!r}).touch()\nclass Own: pass\n")
    modules = json.loads((folder / "modules.json").read_text())
    modules[1]["type"] = "own.Own"
    (folder / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(BadInput, match="its own code"):
        opened(folder)
    config = json.loads((Path(bert) / "config.json").read_text())
    own = copytree(bert, tmp_path / "config")
    (own / "own.py").write_text(f"import pathlib; pathlib.Path({str(touched)!r}).touch()\n")
    config |= {"model_type": "stranger", "auto_map": {"AutoConfig": "own.Own", "AutoModel": "own.Own"}}
    (own / "config.json").write_text(json.dumps(config))
    with pytest.raises(BadInput, match="names code that comes with the model, which is never run"):
        opened(own)
    assert not touched.exists()


def test_weights_of_another_architecture_are_refused(bert: str, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", bert)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    with pytest.raises(BadInput, match=r"weights lack .* tensors"):
        opened(folder)
    (folder / "config.json").write_text(json.dumps(config | {"hidden_size": 16}))
    with pytest.raises(BadInput, match="cannot be loaded"):
        opened(folder)


def test_bad_folders_are_one_line(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("x")
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    (damaged / "modules.json").write_text("{")
    cases = {"empty": "no sentence-transformers model", "file": "is a file", "none": "no folder", "damaged": "damaged"}
    for name, words in cases.items():
        with pytest.raises(BadInput, match=words) as caught:
            create_encoder(f"sentence-transformers:{tmp_path / name}", "text")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["", "all-MiniLM-L6-v3", "some\0thing", "a/b/c", "x" * 5000])
def test_names_that_are_not_here_are_one_line(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(BadInput) as caught:
        create_encoder(f"sentence-transformers:{name}", "text")
    assert "\n" not in str(caught.value)
    if name == "all-MiniLM-L6-v3":
        assert "did you mean 'sentence-transformers/all-MiniLM-L6-v2'" in str(caught.value)
        assert f"fetch sentence-transformers:sentence-transformers/{name}" in str(caught.value)


def test_other_modalities_are_refused(bert: str) -> None:
    with pytest.raises(BadInput, match="reads text, not image"):
        create_encoder(f"sentence-transformers:{bert}", "image")


def test_without_the_package_there_is_the_command(monkeypatch: pytest.MonkeyPatch, bert: str) -> None:
    import importlib.util

    real, lacks = importlib.util.find_spec, "sentence_transformers"
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == lacks else real(name, *a))
    with pytest.raises(BadInput, match="pip install sentence-transformers"):
        create_encoder(f"sentence-transformers:{bert}", "text")


def test_listing_encoders_loads_no_model_library() -> None:
    code = (
        "import sys; from mmalign_core.workflow import catalogue; rows = {r['name']: r for r in catalogue('encoders')};"
        "assert rows['clap']['modalities'] == ['audio', 'text'] and 'sentence-transformers' in rows;"
        "print([m for m in ('torch', 'transformers', 'sentence_transformers', 'huggingface_hub') if m in sys.modules])"
    )
    shown = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"
