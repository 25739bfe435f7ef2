"""What can be wrong with a model, for every kind of large encoder, by command line: one line, exit 2, nothing runs."""

import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mmalign_core.__main__ import main
from mmalign_core.encoders import create_encoder
from mmalign_core.models.wanted import open_clip_tokenizers, wanted
from mmalign_core.types import BadInput
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import save_clap
from tests.tiny_clip import saved

KINDS = ("open-clip", "clap", "sentence-transformers")
FORMS = {"open-clip": "open-clip:local-dir:", "clap": "clap:", "sentence-transformers": "sentence-transformers:"}


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> dict[str, Path]:
    """A good folder of each kind; OpenCLIP's with a tokenizer of transformers."""
    home = tmp_path_factory.mktemp("models")
    st = save_model(home / "st", save_bert(home / "bert"))
    return {"open-clip": saved(home / "clip", "custom"), "clap": save_clap(home / "clap"), "sentence-transformers": st}


class Boom:
    """Unpickled, it would run a command."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (os.system, (f"touch '{self.path}'",))


def weights(folder: Path) -> Path:
    return next(folder.glob("*.safetensors"))


def edit(path: Path, change: Callable[[dict], object]) -> None:
    settings = json.loads(path.read_text())
    change(settings)
    path.write_text(json.dumps(settings))


def set_size(folder: Path, kind: str, **sizes: int) -> None:
    """The same size in the settings of each kind: 'width', 'layers', 'words' or 'out'."""
    names = {"width": "hidden_size", "layers": "num_hidden_layers", "words": "vocab_size", "out": "projection_dim"}

    def change(settings: dict) -> None:
        for name, size in sizes.items():
            if kind == "open-clip":
                own = {"words": "vocab_size", "out": "embed_dim"}.get(name, name)
                (settings["model_cfg"] if name == "out" else settings["model_cfg"]["text_cfg"])[own] = size
            else:
                part = settings["text_config"] if kind == "clap" and name != "out" else settings
                part[names[name]] = size

    edit(folder / ("open_clip_config.json" if kind == "open-clip" else "config.json"), change)


def pickled(folder: Path, ran: Path, name: str = "") -> None:
    target = folder / (name or ("open_clip_" * (folder / "open_clip_config.json").exists() + "pytorch_model.bin"))
    weights(folder).unlink()
    target.write_bytes(pickle.dumps({"a": Boom(ran)}, 2))


def stretched(folder: Path) -> None:
    """One tensor of another shape than the settings say."""
    tensors = load_file(weights(folder))
    name = max(tensors, key=lambda key: tensors[key].size)
    save_file({**tensors, name: np.concatenate([tensors[name]] * 2)}, weights(folder), metadata={"format": "pt"})


def with_code(folder: Path, ran: Path) -> None:
    """Code beside a tokenizer of a known class, which would load in its place."""
    (folder / "own.py").write_text(f"import os\nos.system(\"touch '{ran}'\")\nclass Own: pass\n")
    edit(folder / "tokenizer_config.json", lambda s: s.update(auto_map={"AutoTokenizer": ["own.Own", "own.Own"]}))


def nothing_but(folder: Path, suffix: str) -> None:
    weights(folder).rename(folder / f"model{suffix}")


def without_tokenizer(folder: Path) -> None:
    for path in (*folder.glob("token*"), *folder.glob("vocab*")):
        path.unlink()


HARMS: dict[str, tuple[Callable[[Path, str, Path], object], str]] = {
    "half": (lambda f, k, r: weights(f).write_bytes(weights(f).read_bytes()[:-999]), "are cut short: .* fetch"),
    "empty": (lambda f, k, r: weights(f).write_bytes(b""), "not in the format of safetensors"),
    "part": (lambda f, k, r: nothing_but(f, ".safetensors.incomplete"), "holds no weights.* again"),
    "onnx": (lambda f, k, r: nothing_but(f, ".onnx"), "holds no weights"),
    "msgpack": (lambda f, k, r: nothing_but(f, ".msgpack"), "holds no weights"),
    "disguised": (lambda f, k, r: pickled(f, r, weights(f).name), "not in the format of safetensors, .* not opened"),
    "pickle": (lambda f, k, r: pickled(f, r), "holds more than weights, and what else it holds is never run"),
    "shape": (lambda f, k, r: stretched(f), "do not fit the architecture beside them"),
    "deeper": (lambda f, k, r: set_size(f, k, layers=3), "do not fit the architecture|weights lack"),
    "shallower": (lambda f, k, r: set_size(f, k, layers=1), "do not fit the architecture|layers that its settings"),
    "huge width": (lambda f, k, r: set_size(f, k, width=10**9), "describe a larger model than"),
    "huge depth": (lambda f, k, r: set_size(f, k, layers=10**6), "describe a larger model than"),
    "huge vocabulary": (lambda f, k, r: set_size(f, k, words=10**9), "describe a larger model than"),
    "huge output": (lambda f, k, r: set_size(f, k, out=10**9), "describe a larger model than"),
    "code": (lambda f, k, r: with_code(f, r), "names code that comes with the model, which is never run"),
    "no tokenizer": (
        lambda f, k, r: [p.unlink() for p in (*f.glob("token*"), *f.glob("vocab*"))],
        "holds no tokenizer",
    ),
    "cut tokenizer": (lambda f, k, r: (f / "tokenizer.json").write_text('{"model":'), "tokenizer.json' cannot be read"),
    "void tokenizer": (lambda f, k, r: (f / "tokenizer.json").write_text("{}"), "tokenizer.json' holds no tokenizer"),
    "no settings": (lambda f, k, r: [p.unlink() for p in f.glob("*.json")], "no .*json|neither modules"),
}


def refused(capsys: pytest.CaptureFixture[str], table: Path, *encoders: str) -> str:
    """The one line that `encode` ends with."""
    capsys.readouterr()
    store = ["--store", str(table.parent / "store")]
    assert main(["encode", str(table), *store, *(f"--encoder={encoder}" for encoder in encoders)]) == 2
    out, err = capsys.readouterr()
    assert not out and err.count("\n") == 1 and "Traceback" not in err
    return err


@pytest.fixture
def table(tmp_path: Path) -> Path:
    (tmp_path / "items.csv").write_text("id,text\n1,a brown dog\n2,rain")
    return tmp_path / "items.csv"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("harm", HARMS)
def test_a_bad_folder_is_one_line_and_nothing_of_it_runs(harm, kind, whole, table, tmp_path, capsys) -> None:
    if harm == "huge output" and kind == "sentence-transformers":
        return  # has no such size
    change, words = HARMS[harm]
    folder, ran = shutil.copytree(whole[kind], tmp_path / 'it\'s a "model" 猫\n@1'), tmp_path / "ran"
    change(folder, kind, ran)
    said = refused(capsys, table, f"text={FORMS[kind]}{folder}")
    with pytest.raises(BadInput, match=words):
        create_encoder(f"{FORMS[kind]}{folder}", "text").load()
    assert "it's a" in said and not ran.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_of_a_strange_name_is_used(kind, whole, table, tmp_path, capsys) -> None:
    folder = shutil.copytree(whole[kind], tmp_path / 'it\'s a "model" 猫\n@1#2:3=4')
    for _ in range(2):
        store = ["--store", str(tmp_path / "store"), "--json", "-"]
        assert main(["encode", str(table), *store, f"--encoder=text={FORMS[kind]}{folder}"]) == 0
        report = json.loads(capsys.readouterr().out)
    assert report["reused"] == 2 and not report["skipped"]


@pytest.mark.parametrize(
    ("asked", "held", "words"),
    [
        ("clap", "open-clip", "choose it as open-clip:local-dir:"),
        ("sentence-transformers", "open-clip", "tokenizer|choose it as open-clip:local-dir:"),
        ("open-clip", "clap", "choose it as clap:"),
        ("open-clip", "sentence-transformers", "choose it as sentence-transformers:"),
        ("clap", "sentence-transformers", "choose it as sentence-transformers:"),
    ],
)
def test_a_folder_of_another_kind_is_named_by_its_own(asked, held, words, whole, table, capsys) -> None:
    import re

    assert re.search(words, refused(capsys, table, f"text={FORMS[asked]}{whole[held]}"))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_that_give_no_numbers_are_said(kind, whole, table, tmp_path, capsys) -> None:
    folder = shutil.copytree(whole[kind], tmp_path / "nan")
    tensors = load_file(weights(folder))
    void = {key: np.full_like(t, np.nan) if t.dtype.kind == "f" else t for key, t in tensors.items()}
    save_file(void, weights(folder), metadata={"format": "pt"})
    assert "gave a vector with NaN or infinity" in refused(capsys, table, f"text={FORMS[kind]}{folder}")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("device", "words"), [("cuda:9", "'cuda:9' is not here"), ("gpu", "none of auto, cpu")])
def test_a_device_that_is_not_here_is_said_and_none_taken_instead(
    kind, device, words, whole, table, capsys, monkeypatch
) -> None:
    monkeypatch.setenv("MMALIGN_DEVICE", device)
    said = refused(capsys, table, f"text={FORMS[kind]}{whole[kind]}")
    assert words in said and "MMALIGN_DEVICE" in said


@pytest.mark.parametrize(
    ("encoder", "words"),
    [
        ("text=open-clip:", "needs a model behind a colon"),
        ("text=open-clip:local-dir:", "names no folder"),
        ("text=open-clip:hf-hub:", "is no repository"),
        ("text=open-clip:ViT-B-33/openai", "did you mean ViT-B-32/openai"),
        ("text=open-clip:a\nb", "knows no model 'a b'"),
        ("text=clap:", "clap:laion/clap-htsat-unfused"),
        ("text=clap:laion/clap-htsat-unfuse", "did you mean 'laion/clap-htsat-unfused'"),
        ("text=clap:\n/x", "is no folder"),
        ("text=sentence-transformers:", "needs a model"),
        ("text=sentence-transformers:all-MiniLM-L6", "did you mean 'sentence-transformers/all-MiniLM-L6-v2'"),
        ("text=sentence-transformer:x", "did you mean 'sentence-transformers'"),
        ("text=open-clip:local-dir:\0", "there is no folder"),
        ("image=clap:laion/clap-htsat-unfused", "clap-htsat-unfused"),
        ("video=video-frames:open-clip:", "needs a model behind a colon"),
        ("video=video-frames:clap:laion/x", "laion/x"),
        ("video=video-frames:video-frames", "reads video, not image"),
    ],
)
def test_a_name_that_is_none_is_one_line(encoder, words, table, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    assert words in refused(capsys, table, encoder)


def test_scaling_that_cannot_be_is_said(whole, table, tmp_path, capsys) -> None:
    for number, bad in enumerate(({"std": [0, 1, 1]}, {"mean": "x"}, {"std": [1]}, {"interpolation": "odd"})):
        folder = shutil.copytree(whole["open-clip"], tmp_path / str(number))
        edit(folder / "open_clip_config.json", lambda s, bad=bad: s["preprocess_cfg"].update(bad))
        assert next(iter(bad)) in refused(capsys, table, f"text=open-clip:local-dir:{folder}")


def test_a_spectrogram_that_cannot_be_is_said(whole, table, tmp_path, capsys) -> None:
    bad = {"sampling_rate": 0, "fft_window_size": 10**9, "hop_length": "1", "feature_size": 32}
    for name, value in bad.items():
        folder = shutil.copytree(whole["clap"], tmp_path / name)
        edit(folder / "preprocessor_config.json", lambda s, name=name, value=value: s.update({name: value}))
        said = refused(capsys, table, f"text=clap:{folder}")
        assert name in said or "32 bands for a model of 64" in said


def test_links_are_followed_and_a_link_to_nowhere_is_no_weights(whole, table, tmp_path, capsys) -> None:
    linked = tmp_path / "linked"
    linked.symlink_to(whole["clap"])
    create_encoder(f"clap:{linked}", "text").load()
    folder = shutil.copytree(whole["clap"], tmp_path / "model")
    weights(folder).unlink()
    (folder / "model.safetensors").symlink_to(tmp_path / "nowhere")
    assert "holds no weights" in refused(capsys, table, f"text=clap:{folder}")


def test_a_text_tower_that_lacks_can_be_fetched_by_the_line_that_says_so(tmp_path, table, capsys, monkeypatch) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    reference = f"open-clip:local-dir:{saved(tmp_path / 'towers', 'towers')}"
    assert f"fetch {reference}" in refused(capsys, table, f"text={reference}")
    assert [(part.repository, part.with_weights) for part in wanted(reference)] == [("somewhere/bert", False)]
    assert main(["fetch", "--remove", reference]) == 2
    assert "folder of yours" in capsys.readouterr().err


def test_tokenizers_of_the_oldest_names_are_fetched_too() -> None:
    config = {"text_cfg": {"hf_tokenizer_name": "bert-base-uncased", "hf_model_name": "../etc"}}
    assert [part.repository for part in open_clip_tokenizers(config, "")] == ["bert-base-uncased"]
