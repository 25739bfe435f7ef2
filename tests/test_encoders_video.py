"""The video encoder: its halves are those of the encoders it is made of, from the file to recommendations."""

from pathlib import Path

import numpy as np
import pytest

from mmalign_core.data import read_collection
from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.video.frames import VideoFrames
from mmalign_core.explain.masks import MediaMap
from mmalign_core.explain.parts import medium_parts
from mmalign_core.store import Store
from mmalign_core.types import BadInput, Media
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, QuerySpec, align, encode, recommend
from mmalign_core.workflow.explanation.media_maps import media_map
from tests.sample_files import colours, film, sound, tone, write

RED, GREEN, BLUE = (200, 20, 20), (20, 200, 20), (20, 20, 200)
SHADES = {
    "red": RED,
    "green": GREEN,
    "blue": BLUE,
    "black": (5, 5, 5),
    "white": (250, 250, 250),
    "yellow": (220, 220, 20),
}


@pytest.fixture(scope="module")
def encoder():
    made = create_encoder("video-frames", "video")
    made.load()
    return made


def medium(path: Path) -> Media:
    return Media("v", "video", "v", path=str(path))


def test_the_halves_are_those_of_the_image_and_audio_encoders(encoder, tmp_path: Path) -> None:
    """Frames as pictures through the image encoder, the same samples as a file through the audio encoder."""
    prepared = encoder.prepare(medium(film(tmp_path / "a.mkv", colours(RED, BLUE), sounds=[tone(2.0, 440, 16_000)])))
    image, audio = create_encoder("efficientnet-lite0"), create_encoder("yamnet")
    view = encoder.view(medium(tmp_path / "a.mkv"))
    (tmp_path / "a.wav").write_bytes(sound(view.sound, 16_000, subtype="FLOAT"))
    seen = image.encode([image.from_view(image.crop(pixels)) for pixels in view.pixels])
    heard = audio.encode([audio.prepare(Media("a", "audio", "a", path=str(tmp_path / "a.wav")))])
    found = encoder.encode([prepared])
    halves = [unit_rows(seen.vectors.mean(0, keepdims=True)), unit_rows(heard.vectors)]
    np.testing.assert_allclose(found.vectors, np.concatenate(halves, axis=1), atol=1e-5)
    np.testing.assert_allclose(found.posterior[0, :1000], seen.posterior.mean(0), atol=1e-5)
    mass = max(heard.posterior[0].sum(), 1)
    np.testing.assert_allclose(found.posterior[0, 1000:], heard.posterior[0] / mass, atol=1e-5)
    assert encoder.labels == (*image.labels, *audio.labels)
    assert all(f"{part.name}-{part.version}" in encoder.version for part in (image, audio))


@pytest.mark.parametrize("sounds", [[], [np.zeros(32_000, np.float32)]], ids=["soundless", "silent"])
def test_without_anything_to_hear_that_half_is_zero(encoder, tmp_path: Path, sounds) -> None:
    prepared = [encoder.prepare(medium(film(tmp_path / "a.mkv", colours(RED, BLUE), sounds=sounds)))]
    found = encoder.encode(prepared)
    assert not found.vectors[0, 1280:].any() and not found.posterior[0, 1000:].any()
    assert np.linalg.norm(found.vectors[0]) == pytest.approx(1, abs=1e-5)
    assert not encoder.sequences(prepared)[0][:, 1280:].any()


def test_what_is_heard_belongs_to_the_frames_it_is_heard_with(encoder, tmp_path: Path) -> None:
    """A tone, then noise: earlier frames carry what the tone adds, later ones what the noise does."""
    noise = np.random.default_rng(0).standard_normal(48_000).astype(np.float32) / 5
    both = np.concatenate([tone(3.0, 440, 16_000), noise])
    frames = colours(RED, BLUE, each=30)
    sounds = {"tone": tone(6.0, 440, 16_000), "noise": np.tile(noise, 2), "both": both}
    paths = {name: film(tmp_path / f"{name}.mkv", frames, sounds=[samples]) for name, samples in sounds.items()}
    prepared = {name: encoder.prepare(medium(path)) for name, path in paths.items()}
    like = encoder.encode([prepared["tone"], prepared["noise"]]).vectors[:, 1280:]
    edges, steps = prepared["both"].edges, encoder.sequences([prepared["both"]])[0][:, 1280:]
    early, late = steps[edges[1:] < 2.5] @ like.T, steps[edges[:-1] > 3.5] @ like.T
    assert (early[:, 0] > early[:, 1]).all() and (late[:, 1] > late[:, 0]).all() and len(early) and len(late)


def test_another_image_encoder_and_what_cannot_be_one(tmp_path: Path) -> None:
    encoder = create_encoder("video-frames:colour-gradient", "video")
    plain = create_encoder("colour-gradient")
    assert encoder.dim == plain.dim + 1024 and encoder.key.startswith("video-frames:colour-gradient@2-colour-gradient-")
    found = encoder.encode([encoder.prepare(medium(film(tmp_path / "a.mkv", colours(RED))))])
    assert found.vectors.shape == (1, encoder.dim) and found.posterior.shape == (1, len(encoder.labels)) == (1, 521)
    with pytest.raises(BadInput, match="reads text, not image"):
        create_encoder("video-frames:bag-of-words", "video")
    with pytest.raises(BadInput, match="nonesuch"):
        create_encoder("video-frames:nonesuch", "video")


def test_most_and_rate_of_frames_are_part_of_the_key(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", colours(RED, BLUE))
    few, many = VideoFrames(most=3), VideoFrames(most=32, per_second=10)
    assert [len(e.view(medium(path)).times) for e in (few, many)] == [3, 20]
    assert len({few.key, many.key, VideoFrames().key}) == 3


def test_frames_that_come_again_are_run_once(tmp_path: Path) -> None:
    """Nothing is run again for a second batch; what is remembered equals what is run anew."""
    encoder = create_encoder("video-frames", "video")
    prepared = [encoder.prepare(medium(film(tmp_path / "a.avi", colours(RED, BLUE), codec="mpeg4")))]
    runs: list[int] = []
    plain = encoder._image.encode
    encoder._image.encode = lambda frames: runs.append(len(frames)) or plain(frames)
    first, again = encoder.encode(prepared).vectors, encoder.encode(prepared * 2).vectors
    assert 2 <= sum(runs) <= len(prepared[0].frames) and np.array_equal(first[[0, 0]], again)
    encoder.seen.clear()
    np.testing.assert_allclose(encoder.encode(prepared).vectors, first, atol=1e-6)


def test_masked_stretches_are_blurred_and_silent(encoder, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frames = [rng.integers(0, 256, (48, 64, 3), dtype=np.uint8) for _ in range(20)]
    view = encoder.view(medium(film(tmp_path / "a.mkv", frames, sounds=[tone(2.0, 440, 16_000)])))
    parts = medium_parts("video", view)
    places = np.array([part.place for part in parts.parts])
    count = len(view.times)
    assert [part.sense for part in parts.parts] == ["seen"] * count + ["heard"] * count
    assert np.array_equal(places[:count], places[count:]) and places[0, 0] == 0 and places[-1, 1] == view.seconds
    assert (places[1:count, 0] == places[: count - 1, 1]).all() and parts.masked(np.ones(2 * count, bool)) is view
    mask = np.ones((2, count), bool)
    mask[:, 2] = False
    masked = parts.masked(mask.ravel())
    start, end = (int(edge * view.rate) for edge in places[2])
    assert not masked.sound[start + 2 : end - 2].any() and np.array_equal(
        masked.sound[end + 400 :], view.sound[end + 400 :]
    )
    assert masked.pixels[2].std() < view.pixels[2].std() / 2
    assert np.array_equal(np.delete(masked.pixels, 2, 0), np.delete(view.pixels, 2, 0))
    assert np.array_equal(masked.times, view.times)


@pytest.fixture(scope="module")
def placed(tmp_path_factory):
    """Six films of one colour each that turn grey, with a text each, aligned by least squares."""
    folder = write(tmp_path_factory.mktemp("films"), {f"{name}.txt": f"a {name} film" for name in SHADES})
    for name, shade in SHADES.items():
        film(folder / f"{name}.mp4", colours(shade, (120, 120, 120)), sounds=[tone(2.0, 440, 16_000)])
    store = Store(tmp_path_factory.mktemp("store"))
    return folder, store, _aligned(folder, store)


def _aligned(folder: Path, store: Store):
    collection = read_collection(folder)
    return align(
        collection, encode(collection, store=store), Choices(pair=("video", "text"), aligner="ridge"), store=store
    )


def test_a_video_asks_for_items(placed) -> None:
    folder, store, run = placed
    for name in ("red", "blue"):
        assert recommend(run, QuerySpec.of(video=str(folder / f"{name}.mp4"), k=3), store=store)[0].id == name
        assert recommend(run, QuerySpec.of(text=f"a {name} film", k=3), store=store)[0].id == name
    with pytest.raises(BadInput, match="holds text, not video"):
        recommend(run, QuerySpec.of(video=str(folder / "red.txt")), store=store)


def test_a_map_over_time_is_exact_and_sums_to_the_score(placed) -> None:
    _, store, run = placed
    target = run.result.space["text"].vectors[0]
    found = media_map(run, medium_of(run, "red"), target, store=store, faithful=False)
    assert isinstance(found, MediaMap) and found.modality == "video" and found.method == "exact"
    assert found.values.sum() + found.rest == pytest.approx(found.score, abs=1e-4)
    masked = media_map(run, medium_of(run, "red"), target, store=store, method="occlusion", faithful=False)
    assert masked.score == pytest.approx(found.score, abs=1e-4) and len(masked.values) == len(found.values) == 16


def medium_of(run, item: str) -> Media:
    return next(m for m in run.collection.media_of("video") if m.item == item)
