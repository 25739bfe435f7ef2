"""What every registered encoder owes its callers; new encoders are found by themselves."""

import wave
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mmalign_core.data import Video
from mmalign_core.encoders import ENCODERS, create_encoder
from mmalign_core.types import MODALITIES, BadInput, Media
from tests.sample_files import colours, film, tone
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import save_clap
from tests.tiny_clip import saved
from tests.tiny_static import save_static

EMBEDDED = {"use-multilingual", "efficientnet-lite0", "yamnet", "video-frames"}
TEXTS = ("A brown dog runs over wet sand.", "猫", "Zwei Züge stehen im Bahnhof, der eine ist rot. " * 4)


def text_media(folder: Path) -> list[Media]:
    return [Media(f"t{i}", "text", f"t{i}", text=text) for i, text in enumerate(TEXTS)]


def image_media(folder: Path) -> list[Media]:
    """Three pictures of different shape: smooth colours, noise, stripes."""
    rng = np.random.default_rng(0)
    across, down = np.meshgrid(np.linspace(0, 255, 300), np.linspace(0, 255, 200))
    smooth = np.stack([across, down, np.full_like(across, 90)], axis=-1)
    noise = rng.integers(0, 256, (240, 240, 3))
    stripes = np.tile((np.arange(128)[:, None, None] // 8 % 2) * 255, (1, 500, 3))
    for i, pixels in enumerate((smooth, noise, stripes)):
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{i}.png")
    return [Media(f"i{i}", "image", f"i{i}", path=str(folder / f"{i}.png")) for i in range(3)]


def audio_media(folder: Path) -> list[Media]:
    """A tone of half a second, noise of three, a sweep of two."""
    rng, rate = np.random.default_rng(0), 16_000
    tone = np.sin(2 * np.pi * 440 * np.arange(rate // 2) / rate)
    sweep = np.sin(2 * np.pi * np.cumsum(np.linspace(200, 4000, 2 * rate)) / rate)
    for i, samples in enumerate((tone, rng.standard_normal(3 * rate) / 4, sweep)):
        with wave.open(str(folder / f"{i}.wav"), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(rate)
            file.writeframes((np.clip(samples, -1, 1) * 30000).astype("<i2").tobytes())
    return [Media(f"a{i}", "audio", f"a{i}", path=str(folder / f"{i}.wav")) for i in range(3)]


def video_media(folder: Path) -> list[Media]:
    """A red film that turns blue, with a tone; noise without sound; a film of one colour with noise to hear."""
    rng = np.random.default_rng(0)
    noise = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(12)]
    film(folder / "0.mp4", colours((200, 30, 30), (30, 30, 200)), sounds=[tone(2.0, 440, 16_000)])
    film(folder / "1.mkv", noise, codec="libx264")
    film(folder / "2.webm", colours((30, 200, 30)), codec="libvpx-vp9", sounds=[rng.standard_normal(16_000) / 5])
    return [Media(f"v{i}", "video", f"v{i}", path=str(next(folder.glob(f"{i}.*")))) for i in range(3)]


SAMPLES = {"text": text_media, "image": image_media, "audio": audio_media, "video": video_media}


def nothing_in(view):
    """A view of the same shape that shows and sounds nothing."""
    if isinstance(view, Video):
        return replace(view, pixels=np.zeros_like(view.pixels), sound=np.zeros_like(view.sound))
    return "" if isinstance(view, str) else np.zeros_like(view)


MODELS: dict[str, Callable[[Path], str]] = {
    "open-clip": lambda folder: f"local-dir:{saved(folder)}",
    "clap": lambda folder: str(save_clap(folder)),
    "sentence-transformers": lambda folder: str(save_model(folder / "model", save_bert(folder / "bert"))),
    "model2vec": lambda folder: str(save_static(folder / "model")),
    "video-frames of CLIP": lambda folder: f"open-clip:local-dir:{saved(folder)}",
}
"""For encoders that load any model of a kind: saves a tiny one into the folder and gives what names it."""

OMNI = {"sentence-transformers"}
"""Encoders whose model says what it reads; the tiny one here reads texts, others have tests of their own."""
CASES = [(n, m) for n in ENCODERS.names() for m in (("text",) if n in OMNI else ENCODERS.get(n).reads())]
CASES += [("video-frames of CLIP", "video")]


def ready(name, modality, folder):
    """The encoder with its weights; encoders whose weights are an extra skip with the reason they give."""
    try:
        model = f":{MODELS[name](folder)}" if name in MODELS else ""
        encoder = create_encoder(f"{name.partition(' ')[0]}{model}", modality)
        encoder.load()
    except BadInput as reason:
        if name in EMBEDDED | set(MODELS):
            raise
        pytest.skip(str(reason))
    return encoder


@pytest.fixture(params=CASES, ids=["-".join(case) for case in CASES], scope="module")
def case(request, tmp_path_factory):
    name, modality = request.param
    if modality not in SAMPLES:
        pytest.skip(f"no sample media of modality {modality} here")
    encoder = ready(name, modality, tmp_path_factory.mktemp("model"))
    media = SAMPLES[modality](tmp_path_factory.mktemp("media"))
    return encoder, media, [encoder.prepare(m) for m in media]


def cosines(a, b):
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def test_the_embedded_encoders_are_registered():
    assert set(ENCODERS.names()) >= EMBEDDED


def test_it_describes_itself(case):
    encoder, _, _ = case
    assert encoder.modality in MODALITIES and encoder.summary and encoder.licence and encoder.space
    assert encoder.batch_size >= 1 and encoder.version in encoder.key
    assert encoder.key.startswith(f"{encoder.name}:{encoder.model}@" if encoder.model else f"{encoder.name}@")


def test_vectors_have_the_declared_shape_and_are_finite(case):
    encoder, media, prepared = case
    vectors = encoder.encode(prepared).vectors
    assert vectors.shape == (len(media), encoder.dim) and vectors.dtype == np.float32
    assert np.isfinite(vectors).all() and (np.linalg.norm(vectors, axis=1) > 0).all()


def test_the_same_media_give_the_same_vectors(case):
    encoder, media, prepared = case
    again = [encoder.prepare(m) for m in media]
    assert np.array_equal(encoder.encode(prepared).vectors, encoder.encode(again).vectors)


def test_what_it_reads_can_be_shown_and_is_all_that_its_vector_is_made_of(case):
    encoder, media, prepared = case
    views = [encoder.view(m) for m in media]
    for view in views:
        if encoder.modality == "text":
            assert isinstance(view, str)
        elif encoder.modality == "image":
            assert view.dtype == np.uint8 and view.ndim == 3 and view.shape[2] == 3
        elif encoder.modality == "video":
            assert view.pixels.dtype == np.uint8 and view.pixels.shape[::3] == (len(view.times), 3)
            assert (np.diff(view.times) > 0).all() and view.sound.dtype == np.float32 and encoder.rate == view.rate
        else:
            assert view.dtype == np.float32 and view.ndim == 1 and np.abs(view).max() <= 1 and encoder.rate >= 100
    again = encoder.encode([encoder.from_view(view) for view in views]).vectors
    assert np.array_equal(again, encoder.encode(prepared).vectors)


def test_a_view_with_nothing_in_it_has_a_finite_vector_and_sequence(case):
    encoder, media, _ = case
    view = encoder.view(media[0])
    prepared = [encoder.from_view(nothing_in(view))]
    assert np.isfinite(encoder.encode(prepared).vectors).all()
    assert len(encoder.sequences(prepared)[0]) >= 1 and np.isfinite(encoder.sequences(prepared)[0]).all()


def test_vectors_pool_their_sequence_as_declared(case):
    encoder, _, prepared = case
    if not encoder.pooling:
        return
    pooled = np.stack([getattr(steps, encoder.pooling)(axis=0) for steps in encoder.sequences(prepared)])
    np.testing.assert_allclose(pooled, encoder.encode(prepared).vectors, rtol=1e-4, atol=1e-4)


def test_a_vector_does_not_depend_on_its_batch(case):
    encoder, _, prepared = case
    together = encoder.encode(prepared).vectors
    alone = np.concatenate([encoder.encode([p]).vectors for p in prepared])
    crowd = encoder.encode([p for p in prepared[::-1] for _ in range(3)]).vectors[::3][::-1]
    assert cosines(together, alone).min() >= 0.99999
    assert cosines(together, crowd).min() >= 0.99999


def test_different_media_give_different_vectors(case):
    encoder, _, prepared = case
    vectors = encoder.encode(prepared).vectors
    assert cosines(vectors[:1], vectors[1:2])[0] < 0.99


def test_concepts_align_with_labels(case):
    encoder, media, prepared = case
    posterior = encoder.encode(prepared).posterior
    if posterior is None:
        assert encoder.labels == ()
        return
    assert posterior.shape == (len(media), len(encoder.labels)) and posterior.dtype == np.float32
    assert (posterior >= 0).all() and (posterior <= 1).all()
    assert all(isinstance(label, str) and label.strip() == label != "" for label in encoder.labels)


def test_sequences_are_one_matrix_of_vectors_per_medium(case):
    encoder, media, prepared = case
    sequences = encoder.sequences(prepared)
    assert len(sequences) == len(media)
    for sequence in sequences:
        assert sequence.ndim == 2 and len(sequence) >= 1 and sequence.dtype == np.float32
        assert sequence.shape[1] == encoder.dim and np.isfinite(sequence).all()


def test_what_cannot_be_decoded_is_bad_input(case, tmp_path):
    encoder, _, _ = case
    broken = tmp_path / "broken.bin"
    broken.write_bytes(b"\x00\x01 not what it should be \xff" * 20)
    with pytest.raises(BadInput):
        encoder.prepare(Media("x", encoder.modality, "x", path=str(broken), text="  \n"))
    with pytest.raises(BadInput):
        encoder.prepare(Media("x", encoder.modality, "x", path=str(tmp_path / "absent")))
    with pytest.raises(BadInput):
        encoder.prepare(Media("x", encoder.modality, "x"))
