"""Maps of media: what they are made of, and that they sum to what they explain."""

import wave

import numpy as np
import pytest
from PIL import Image

from mmalign_core.data.media.references import file_media
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Cancelled, Media
from mmalign_core.workflow.explanation import map_of, media_map
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.placed_media import placed_medium
from tests.explained import fitted_run, medium_of


@pytest.mark.parametrize("modality", ["text", "image", "audio"])
def test_a_map_sums_to_the_cosine_that_the_run_has(demo_run, store, modality):
    medium, own = medium_of(demo_run, modality)
    target = demo_run.result.space["text" if modality != "text" else "image"].vectors[5]
    made = media_map(demo_run, medium, target, store=store, faithful=False, grid=3)
    assert made.score == pytest.approx(float(own @ target), abs=1e-5)
    assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)
    assert made.method == "occlusion" and len(made.values) == len(made.parts)
    assert sum(v for _, v in made.explanation.contributions) == pytest.approx(made.score, abs=1e-9)


def test_exact_maps_of_pictures_and_sounds_sum_to_the_cosine(linear_run, store):
    target = linear_run.result.space["text"].vectors[5]
    for modality in ("image", "audio"):
        medium, own = medium_of(linear_run, modality)
        made = media_map(linear_run, medium, target, store=store, faithful=False)
        assert made.method == "exact" and made.score == pytest.approx(float(own @ target), abs=1e-5)
        assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-6)


def test_gradients_through_a_hidden_layer_sum_to_the_cosine(few, store):
    run = fitted_run(few, store, "infonce-mlp", steps=20, prior="off")
    medium, own = medium_of(run, "image")
    target = run.result.space["text"].vectors[3]
    made = media_map(run, medium, target, store=store, faithful=False)
    assert made.method == "integrated gradients" and made.score == pytest.approx(float(own @ target), abs=1e-4)
    assert made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-6)


def test_aligners_that_read_sequences_are_explained_without_the_store(few, store):
    run = fitted_run(few, store, "cnn", steps=5, width=8, layers=1)
    medium, own = medium_of(run, "text")
    target = run.result.space["image"].vectors[3]
    made = media_map(run, medium, target, store=store, faithful=False)
    assert made.score == pytest.approx(float(own @ target), abs=2e-3)


def test_the_word_that_names_the_picture_carries_the_text(demo_run, store):
    dog = placed_medium(demo_run, "text", "dog")
    made = media_map(demo_run, Media("q", "text", "q", text="A dog on the moon"), dog.place, store=store)
    assert made.parts[int(made.values.argmax())].label == "dog"
    assert made.faithfulness is not None and made.faithfulness.advantage > 0


def test_a_finer_grid_is_masked_in_windows(demo_run, store):
    medium, own = medium_of(demo_run, "image")
    masked = MaskedMedium(demo_run, medium, store=store, grid=14)
    made = map_of(masked, own, method="occlusion", faithful=False)
    assert len(made.values) == 196 and made.values.sum() + made.rest == pytest.approx(made.score, abs=1e-9)


def test_the_same_map_comes_out_twice_and_progress_can_stop_it(demo_run, store):
    medium, own = medium_of(demo_run, "text")
    first, second = (media_map(demo_run, medium, own, store=store) for _ in range(2))
    assert np.array_equal(first.values, second.values) and first.faithfulness == second.faithfulness
    seen = []

    def stop(fraction, message):
        seen.append(fraction)
        if len(seen) == 3:
            raise Cancelled

    with pytest.raises(Cancelled):
        media_map(demo_run, medium_of(demo_run, "image")[0], own, store=store, progress=stop)
    assert seen == sorted(seen) and 0 <= seen[0] <= seen[-1] <= 1


def test_black_pictures_silence_and_one_word_get_finite_maps(demo_run, store, tmp_path):
    Image.fromarray(np.zeros((64, 64, 3), np.uint8)).save(tmp_path / "black.png")
    with wave.open(str(tmp_path / "silence.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(bytes(64_000))
    target = demo_run.result.space["text"].vectors[0]
    media = [
        file_media("q", "image", tmp_path / "black.png", "black.png", Settings()),
        file_media("q", "audio", tmp_path / "silence.wav", "silence.wav", Settings()),
        Media("q", "text", "one", text="猫"),
    ]
    for medium in media:
        made = media_map(demo_run, medium, target, store=store, grid=3)
        assert np.isfinite(made.values).all() and np.isfinite([made.score, made.rest]).all()
        assert made.faithfulness is not None and not made.faithfulness.better
    assert not media_map(demo_run, media[0], np.zeros_like(target), store=store, grid=2).values.any()


def test_what_cannot_be_mapped_is_bad_input(demo_run, linear_run, store, tmp_path):
    target = demo_run.result.space["text"].vectors[0]
    text = Media("q", "text", "q", text="a dog")
    for medium, options, words in (
        (text, {"method": "lime"}, "unknown method 'lime'"),
        (text, {"method": "exact"}, "bridge does not place it by one linear map"),
        (text, {"method": "gradients"}, "no gradients"),
        (Media("q", "text", "q", text="  "), {}, "the text is empty"),
        (Media("q", "image", "q", path=str(tmp_path / "gone.png")), {}, "gone.png"),
        (Media("q", "video", "q", path="x.mp4"), {}, "this run holds no video"),
    ):
        with pytest.raises(BadInput, match=words):
            media_map(demo_run, medium, target, store=store, **options)
    picture, _ = medium_of(linear_run, "image")
    with pytest.raises(BadInput, match="grid of 7"):
        media_map(linear_run, picture, target, store=store, method="exact", grid=5)
