"""On a GPU: the vectors of the processor, a smaller dtype only where they stay, batches by memory, halved at need."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.torch_models.devices import MOST, SAME, least_cosine, measured_batch
from mmalign_core.engine import encode_media
from mmalign_core.settings import Settings
from mmalign_core.types import Media
from tests.tiny_bert import TEXTS, save_bert, save_model
from tests.tiny_clap import noise, save_clap, save_wav, tone
from tests.tiny_clip import image_media, mixed_pictures, saved, text_media

DEVICE = "cuda"
pytestmark = [pytest.mark.gpu, pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")]
CASES = ("vit image", "vit text", "resnet image", "custom text", "clap audio", "clap text", "bert text")


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str, list[Media]]:
    """Reference, modality and media of one encoder."""
    kind, modality = request.param.split()
    folder = tmp_path_factory.mktemp("gpu")
    return _reference(kind, folder / "model"), modality, _media(modality, folder)


def _reference(kind: str, folder: Path) -> str:
    if kind == "clap":
        pytest.importorskip("transformers", reason="transformers is an optional package")
        return f"clap:{save_clap(folder)}"
    if kind == "bert":
        pytest.importorskip("sentence_transformers", reason="sentence-transformers is an optional package")
        return f"sentence-transformers:{save_model(folder / 'model', save_bert(folder / 'bert'))}"
    return f"open-clip:local-dir:{saved(folder, kind)}"


def _media(modality: str, folder: Path) -> list[Media]:
    if modality == "text":
        return text_media(TEXTS)
    if modality == "image":
        return image_media(mixed_pictures(folder))
    return [save_wav(folder / f"{i}.wav", sound) for i, sound in enumerate((noise(0.4), tone(12, 440), noise(3, 1)))]


def opened(case: tuple[str, str, list[Media]], device: str = DEVICE) -> tuple[Any, list[Any]]:
    """The encoder on that device, and what it prepared."""
    encoder: Any = create_encoder(case[0], case[1])
    encoder.settings = Settings(device=device)
    encoder.load()
    return encoder, [encoder.prepare(medium) for medium in case[2]]


def test_vectors_and_sequences_are_those_of_the_processor(case):
    (ours, prepared), (exact, same) = opened(case), opened(case, "cpu")
    assert ours.device == DEVICE and exact.dtype == "float32"
    assert least_cosine(ours.encode(prepared).vectors, exact.encode(same).vectors) >= SAME
    for steps, wanted in zip(ours.sequences(prepared), exact.sequences(same), strict=True):
        assert steps.dtype == np.float32 and least_cosine(steps, wanted) >= SAME


def test_the_dtype_is_chosen_by_the_vectors(case):
    encoder, prepared = opened(case)
    assert encoder.dtype in ("bfloat16", "float16", "float32")
    whole = encoder.vectors(encoder.sample())
    assert least_cosine(whole, encoder.run_at(encoder.sample(), "float32")) >= SAME
    assert encoder.encode(prepared).vectors.dtype == np.float32


def test_the_batch_is_found_by_memory_and_holds(case):
    encoder, _ = opened(case)
    found = encoder.at_once
    assert 1 <= found <= MOST and found & (found - 1) == 0
    assert len(encoder.vectors([encoder.sample()[-1]] * found)) == found


def test_the_engine_gives_what_the_encoder_gives(case):
    encoder, prepared = opened(case)
    media = [Media(m.item, m.modality, str(i), text=m.text) for i, m in enumerate(case[2])]
    if case[1] == "text":
        vectors = np.concatenate([batch.vectors for batch in encode_media(encoder, media)])
        assert least_cosine(vectors, encoder.encode(prepared).vectors) >= SAME


def test_a_trial_measures_what_a_batch_takes():
    held = []

    def run(count: int) -> None:
        held[:] = [torch.zeros(count * 2**28, dtype=torch.uint8, device=DEVICE)]
        held.clear()

    free = torch.cuda.mem_get_info()[0]
    assert measured_batch(DEVICE, run) == min(MOST, 1 << (int(0.7 * free) // 2**28).bit_length() - 1)


def test_memory_that_runs_out_in_a_model_halves_the_batch(tmp_path):
    encoder, (prepared, *_) = opened((_reference("vit", tmp_path / "m"), "image", _media("image", tmp_path)))
    exact = encoder.vectors([prepared])
    torch.cuda.empty_cache()
    total, room = torch.cuda.get_device_properties(0).total_memory, 64 * 2**20
    torch.cuda.set_per_process_memory_fraction((torch.cuda.memory_reserved() + room) / total)
    try:
        encoder.at_once = 4096
        vectors = encoder.vectors([prepared] * 4096)
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0)
    assert encoder.at_once < 4096 and least_cosine(vectors, np.repeat(exact, 4096, axis=0)) >= SAME
