"""sentence-transformers folders and names that are not as they should be: one line each, and nothing of them runs."""

import json
import pickle
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from mmalign_core.encoders import create_encoder
from mmalign_core.types import BadInput
from tests.tiny_bert import TEXTS, save_bert, save_model

pytest.importorskip("sentence_transformers", reason="sentence-transformers is an optional package")

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> str:
    return save_bert(tmp_path_factory.mktemp("bert") / "tiny")


def opened(folder: Path):
    encoder = create_encoder(f"sentence-transformers:{folder}", "text")
    encoder.load()
    return encoder


def test_half_written_weights_are_one_line(bert: str, tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", bert)
    weights = folder / "model.safetensors"
    for part in (weights.read_bytes()[:-100], weights.read_bytes()[:200], b""):
        weights.write_bytes(part)
        with pytest.raises(BadInput, match=r"cut short|not in the safetensors format"):
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
    with pytest.raises(BadInput, match=r"not in the safetensors format|cannot be loaded"):
        opened(folder)
    assert not touched.exists() and not [w for w in recwarn if "pickle" in str(w.message)]


def test_plain_tensors_in_a_bin_are_read(bert: str, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    folder = save_model(tmp_path / "m", bert)
    before = opened(folder).encode(list(TEXTS)).vectors
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    np.testing.assert_allclose(opened(folder).encode(list(TEXTS)).vectors, before, atol=1e-5)


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
