"""What can be wrong with a model, for every kind of large encoder, by command line: one line, exit 2, nothing runs."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from mmalign_core.__main__ import main
from mmalign_core.encoders import create_encoder, hub_files
from mmalign_core.model_files.requirements import open_clip_tokenizers
from mmalign_core.types import BadInput
from tests.harmed_models import HARMS, edit, weights
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
    assert [(part.repository, part.with_weights) for part in hub_files(reference)] == [("somewhere/bert", False)]
    assert main(["fetch", "--remove", reference]) == 2
    assert "folder of yours" in capsys.readouterr().err


def test_tokenizers_of_the_oldest_names_are_fetched_too() -> None:
    config = {"text_cfg": {"hf_tokenizer_name": "bert-base-uncased", "hf_model_name": "../etc"}}
    assert [part.repository for part in open_clip_tokenizers(config, "")] == ["bert-base-uncased"]
