"""CLAP from folders as transformers saves it: both towers are the library's own, whatever the length or the batch."""

import json
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.types import BadInput, Media
from tests.tiny_clap import RATE, TEXTS, noise, save_clap, save_wav, tone

pytest.importorskip("transformers", reason="transformers is an optional package")


@pytest.fixture(scope="module")
def unfused(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clap(tmp_path_factory.mktemp("clap") / "unfused", fusion=False)


@pytest.fixture(scope="module", params=[False, True], ids=["unfused", "fused"])
def folder(request: pytest.FixtureRequest, unfused: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_clap(tmp_path_factory.mktemp("clap") / "fused", fusion=True) if request.param else unfused


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def towers(folder: Path):
    audio, text = encoder(f"clap:{folder}", "audio"), encoder(f"clap:{folder}", "text")
    audio.load()
    text.load()
    return audio, text


def theirs_audio(folder: Path, sounds: list[np.ndarray]) -> np.ndarray:
    """The example of the library's documentation."""
    import torch
    from transformers import AutoFeatureExtractor, ClapModel

    model = ClapModel.from_pretrained(folder)
    inputs = AutoFeatureExtractor.from_pretrained(folder)(sounds, sampling_rate=RATE, return_tensors="pt")
    with torch.inference_mode():
        return model.get_audio_features(**inputs).pooler_output.numpy()


def test_sounds_are_those_of_the_library(unfused: Path, tmp_path: Path) -> None:
    audio, _ = towers(unfused)
    media = [save_wav(tmp_path / f"{i}.wav", s) for i, s in enumerate((noise(0.4), tone(3, 440), noise(10, 1)))]
    views = [audio.view(m) for m in media]
    prepared = [audio.from_view(view) for view in views]
    theirs = theirs_audio(unfused, views)
    alone = np.concatenate([audio.encode([p]).vectors for p in prepared])
    for ours in (audio.encode(prepared).vectors, alone, audio.encode(prepared * 7).vectors[-3:]):
        assert ours.shape == (3, 24) and ours.dtype == np.float32 and cosines(ours, theirs).min() >= 0.9999
    assert audio.dim == 24 and audio.rate == RATE


def test_a_fused_model_takes_a_short_sound_as_the_library_takes_it_beside_a_long_one(tmp_path: Path) -> None:
    folder = save_clap(tmp_path / "fused", fusion=True)
    audio, _ = towers(folder)
    short = tone(2, 300)
    theirs = theirs_audio(folder, [noise(12), short])[1:]
    ours = audio.encode([audio.from_view(short)]).vectors
    assert cosines(ours, theirs).min() >= 0.9999


def test_texts_are_those_of_the_library(folder: Path) -> None:
    import torch
    from transformers import AutoTokenizer, ClapModel

    _, text = towers(folder)
    model, tokenizer = ClapModel.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    with torch.inference_mode():
        inputs = tokenizer(list(TEXTS), padding=True, truncation=True, return_tensors="pt")
        theirs = model.get_text_features(**inputs).pooler_output.numpy()
    prepared = [text.prepare(Media("t", "text", "t", text=t)) for t in TEXTS]
    alone = np.concatenate([text.encode([p]).vectors for p in prepared])
    for ours in (text.encode(prepared).vectors, alone, text.encode(prepared * 9).vectors[-3:]):
        assert cosines(ours, theirs).min() >= 0.9999
    assert TEXTS[2].startswith(prepared[2]) and len(prepared[2]) < len(TEXTS[2])


def test_a_long_sound_is_the_mean_of_its_windows_by_their_seconds(folder: Path) -> None:
    audio, _ = towers(folder)
    sound = np.concatenate([noise(10), tone(10, 500), noise(4, 2)])
    parts = [audio.from_view(sound[i : i + 10 * RATE]) for i in (0, 10 * RATE, 20 * RATE)]
    windows = audio.encode(parts).vectors
    mean = np.array([10, 10, 4]) @ windows
    whole = audio.encode([audio.from_view(sound)]).vectors
    assert cosines(whole, mean[None]).min() >= 0.99999
    assert np.linalg.norm(whole) == pytest.approx(1, abs=1e-5)


def test_sequences_are_what_was_heard_and_read(folder: Path) -> None:
    audio, text = towers(folder)
    counts = [len(s) for s in audio.sequences([audio.from_view(x) for x in (noise(24), noise(2.5), noise(0.001))])]
    assert counts == [64 + 13, 8, 1]
    steps = text.sequences(list(TEXTS))
    assert all(s.shape[1] == 24 and np.isfinite(s).all() and s.dtype == np.float32 for s in steps)
    firsts = np.stack([s[0] for s in steps])
    np.testing.assert_allclose(firsts, text.encode(list(TEXTS)).vectors, atol=1e-5)


def test_steps_follow_the_sound_in_time(unfused: Path) -> None:
    audio, _ = towers(unfused)
    sound = np.concatenate([tone(5, 300), noise(5)])
    other = np.concatenate([tone(5, 300), noise(2.5), tone(2.5, 3000)])
    a, b = (audio.sequences([audio.from_view(s)])[0] for s in (sound, other))
    assert cosines(a[:12], b[:12]).mean() > cosines(a[26:], b[26:]).mean()


def test_both_towers_share_one_model_and_one_space(unfused: Path) -> None:
    audio, text = towers(unfused)
    assert audio._towers is text._towers
    assert audio.key == text.key and audio.space == text.space == f"clap:{unfused}"
    assert (audio.modality, text.modality, text.rate) == ("audio", "text", 0)


def test_silence_and_an_empty_text_have_finite_vectors(folder: Path) -> None:
    audio, text = towers(folder)
    for model, view in ((audio, np.zeros(RATE, np.float32)), (audio, np.zeros(0, np.float32)), (text, "")):
        prepared = [model.from_view(view)]
        assert np.isfinite(model.encode(prepared).vectors).all()
        assert len(model.sequences(prepared)[0]) >= 1


def test_other_rates_are_resampled(unfused: Path, tmp_path: Path) -> None:
    audio, _ = towers(unfused)
    low = save_wav(tmp_path / "low.wav", tone(2, 440)[::3], RATE // 3)
    assert len(audio.view(low)) == pytest.approx(2 * RATE, abs=2)


def test_broken_media_are_one_line(unfused: Path, tmp_path: Path) -> None:
    audio, text = towers(unfused)
    (tmp_path / "x.wav").write_bytes(b"no sound" * 50)
    for model, medium in (
        (audio, Media("x", "audio", "x", path=str(tmp_path / "x.wav"))),
        (audio, Media("x", "audio", "x")),
        (text, Media("x", "text", "x", text=" ")),
    ):
        with pytest.raises(BadInput) as caught:
            model.prepare(medium)
        assert "\n" not in str(caught.value)


def test_damaged_folders_are_one_line(unfused: Path, tmp_path: Path) -> None:
    def opened(folder: Path) -> None:
        encoder(f"clap:{folder}", "text").load()

    cut = copytree(unfused, tmp_path / "cut")
    (cut / "model.safetensors").write_bytes((unfused / "model.safetensors").read_bytes()[:-5])
    other = copytree(unfused, tmp_path / "other")
    config = json.loads((other / "config.json").read_text())
    (other / "config.json").write_text(json.dumps(config | {"model_type": "clip"}))
    deeper = copytree(unfused, tmp_path / "deeper")
    config["text_config"]["num_hidden_layers"] = 3
    (deeper / "config.json").write_text(json.dumps(config))
    lone = copytree(unfused, tmp_path / "lone")
    (lone / "preprocessor_config.json").unlink()
    odd = copytree(unfused, tmp_path / "odd")
    (odd / "config.json").write_text("[1]")
    cases = {
        cut: "cut short",
        other: "not clap",
        deeper: "weights lack",
        lone: "'preprocessor_config.json' is missing",
        odd: "no settings",
    }
    for folder, words in cases.items():
        with pytest.raises(BadInput, match=words) as caught:
            opened(folder)
        assert "\n" not in str(caught.value)


def test_other_modalities_are_refused(unfused: Path) -> None:
    with pytest.raises(BadInput, match="reads audio and text, not image"):
        encoder(f"clap:{unfused}", "image")


def test_without_the_package_there_is_the_command(unfused: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import importlib.util

    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda n, *a: None if n == "transformers" else real(n, *a))
    with pytest.raises(BadInput, match="pip install transformers"):
        encoder(f"clap:{unfused}/../{unfused.name}", "text")
