"""Batches by memory: the arithmetic, memory that runs out inside a real model, a GPU that is gone in the middle."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from mmalign_core.encoders.batched import encode_media
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.torch_models.devices import FEW, MOST, SHARE, DeviceLost, in_batches, largest_batch
from mmalign_core.encoders.torch_models.encoder import PASSES, longest_first
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media
from tests.tiny_bert import save_bert, save_model
from tests.tiny_clap import noise, save_clap, save_wav
from tests.tiny_clip import image_media, mixed_pictures, saved, text_media, tower

GIB = 2**30


def test_the_batch_that_fits_in_known_cases():
    assert largest_batch(10 * GIB, one=GIB, few=8 * GIB) == 4, "7 of 10 GiB, 1 each"
    assert largest_batch(10 * GIB, one=5 * GIB, few=12 * GIB) == 2, "4 GiB for itself, 1 each: 3 fit"
    assert largest_batch(80 * GIB, one=2**20, few=8 * 2**20) == MOST
    assert largest_batch(GIB, one=2 * GIB, few=16 * GIB) == 1, "none fits: one is tried, and said no to by the net"
    assert largest_batch(GIB, one=0, few=0) == MOST
    assert largest_batch(80 * GIB, one=2**20, few=8 * 2**20, most=100) == 64


@given(
    free=st.integers(0, 200 * GIB),
    each=st.integers(1, 4 * GIB),
    fixed=st.integers(0, 8 * GIB),
    most=st.integers(1, MOST),
)
def test_it_fits_and_twice_as_many_would_not(free, each, fixed, most):
    batch = largest_batch(free, fixed + each, fixed + FEW * each, most=most)
    assert 1 <= batch <= most and batch & (batch - 1) == 0
    assert batch == 1 or fixed + batch * each <= SHARE * free + 1
    assert 2 * batch > most or fixed + 2 * batch * each > SHARE * free - 1


@given(st.lists(st.text(max_size=8), max_size=30))
def test_texts_by_length_are_found_again(texts):
    ordered, place = longest_first(texts)
    assert [ordered[i] for i in place] == texts
    assert sorted(map(len, texts), reverse=True) == [len(text) for text in ordered]


def refuses(module: torch.nn.Module, room: int) -> list[int]:
    """The module runs out of memory, as torch says it, on more than `room` rows; which sizes it was given."""
    sizes = []

    def check(_, given):
        sizes.append(len(given[0]))
        if len(given[0]) > room:
            torch.empty(2**50, dtype=torch.uint8)

    module.register_forward_pre_hook(check)
    return sizes


def test_a_model_without_room_goes_on_with_half_and_remembers(tmp_path):
    encoder = tower(saved(tmp_path / "m"), "image")
    media = image_media(mixed_pictures(tmp_path) * 8)
    media = [Media(m.item, m.modality, m.item, path=m.path) for m in media]
    prepared = [encoder.prepare(m) for m in media]
    whole = encoder.encode(prepared).vectors
    sizes = refuses(encoder.loaded.model.visual, room=5)
    np.testing.assert_allclose(encoder.encode(prepared).vectors, whole, atol=1e-6)
    assert sizes[:3] == [16, 8, 4] and max(sizes[2:]) == 4 and encoder.batch_size == 4
    sizes.clear()
    assert len(encoder.sequences(prepared)) == 40 and max(sizes, default=0) <= 4


@pytest.fixture
def clap(tmp_path):
    pytest.importorskip("transformers", reason="transformers is an optional package")
    from mmalign_core.encoders import create_encoder

    folder = save_clap(tmp_path / "clap")
    return create_encoder(f"clap:{folder}", "audio"), create_encoder(f"clap:{folder}", "text")


def test_windows_and_texts_of_clap_go_on_with_half(clap, tmp_path):
    audio, text = clap
    sounds = [audio.prepare(save_wav(tmp_path / f"{i}.wav", noise(0.2 + 4 * i, i))) for i in range(5)]
    texts = ["rain", "a dog barks loudly", "a dog"] * 5
    pairs = [
        (audio, sounds, audio._towers.model.audio_model.audio_encoder),
        (text, texts, text._towers.model.text_model),
    ]
    for encoder, prepared, module in pairs:
        whole, steps = encoder.encode(prepared).vectors, encoder.sequences(prepared)
        embeddings = module.batch_norm if encoder is audio else module.embeddings.word_embeddings
        sizes = refuses(embeddings, room=3)
        np.testing.assert_allclose(encoder.encode(prepared).vectors, whole, atol=1e-5)
        for ours, theirs in zip(encoder.sequences(prepared), steps, strict=True):
            np.testing.assert_allclose(ours, theirs, atol=1e-5)
        assert max(sizes) > 3 and encoder.at_once <= 3
    assert audio.batch_size == audio.at_once and text.batch_size == PASSES * text.at_once


def test_texts_of_a_sentence_transformer_go_on_with_half(tmp_path):
    pytest.importorskip("sentence_transformers", reason="sentence-transformers is an optional package")
    from mmalign_core.encoders import create_encoder

    encoder = create_encoder(f"sentence-transformers:{save_model(tmp_path / 'm', save_bert(tmp_path / 'b'))}", "text")
    texts = ["rain", "two red birds sing on the roof", "a dog"] * 15
    whole = encoder.encode(texts).vectors
    sizes = refuses(next(m for m in encoder.loaded.modules() if isinstance(m, torch.nn.Embedding)), room=10)
    np.testing.assert_allclose(encoder.encode(texts).vectors, whole, atol=1e-5)
    assert sizes[0] == 32 and encoder.at_once == 8
    assert len(encoder.sequences(texts)) == 45 and max(sizes[3:]) == 8


def test_a_gpu_that_is_gone_stops_the_run_in_one_line_and_loses_nothing(tmp_path):
    encoder = tower(saved(tmp_path / "m"), "text")
    encoder.settings = Settings(root=tmp_path / "store")
    media = text_media([f"the dog of number {i}" for i in range(100)])
    passes = []

    def dies(*_):
        passes.append(1)
        if len(passes) > 2:
            raise RuntimeError("CUDA error: device-side assert triggered\nCUDA kernel errors might be reported later")

    handle = encoder.loaded.model.token_embedding.register_forward_pre_hook(dies)
    store = Store(tmp_path / "store")
    with pytest.raises(DeviceLost, match=r"GPU stopped working \(CUDA error: device-side.*is kept") as caught:
        encode_set(encoder, media, store=store, settings=encoder.settings)
    assert "\n" not in str(caught.value) and len(passes) == 3, "nothing is tried one by one"
    handle.remove()
    done, counts, skipped = encode_set(encoder, media, store=store, settings=encoder.settings)
    assert len(done.ids) == 100 and counts == {"encoded": 68, "reused": 32} and not skipped


@pytest.mark.parametrize(
    "error",
    [RuntimeError("CUDA error: unspecified launch failure"), torch.AcceleratorError("no device")]
    if hasattr(torch, "AcceleratorError")
    else [RuntimeError("CUDA driver error: device not ready")],
)
def test_a_lost_gpu_is_told_from_memory_and_from_other_errors(error):
    def fails(batch):
        raise error

    with pytest.raises(DeviceLost):
        in_batches(fails, range(4), 2)
    for other in (RuntimeError("CUDA error: out of memory"), RuntimeError("shapes differ")):
        error = other
        with pytest.raises((RuntimeError, ValueError)) as caught:
            in_batches(fails, range(4), 2)
        assert not isinstance(caught.value, DeviceLost)


def test_sequences_stop_too(tmp_path):
    from mmalign_core.encoders.batched import encode_sequences

    encoder = tower(saved(tmp_path / "m"), "text")

    def dies(*_):
        raise RuntimeError("CUDA error: unspecified launch failure")

    encoder.load()
    encoder.loaded.model.token_embedding.register_forward_pre_hook(dies)
    for run in (encode_sequences, encode_media):
        with pytest.raises(DeviceLost):
            list(run(encoder, text_media(["a", "b"])))
