"""The loops that large encoders are measured against: the model alone over tensors, and each library's own example."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.throughput import Stages
from mmalign_core.data import decode_audio
from mmalign_core.encoders.torch_models.devices import at_dtype
from mmalign_core.types import Media


def bare(encoder: Any) -> Stages:
    """The model alone over batches of tensors on the processor, at the encoder's dtype."""
    import torch

    collate, forward = _LOOPS[encoder.name, encoder.modality](encoder)
    looks = encoder._image if encoder.name == "video-frames" else encoder

    def run(batch: Any) -> Any:
        with torch.inference_mode(), at_dtype(looks.device, looks.dtype):
            return forward(batch).float().cpu()

    return Stages("model alone", encoder.prepare, run, collate)


def _clip(encoder: Any) -> tuple[Callable[[Sequence[Any]], Any], Callable[[Any], Any]]:
    import torch

    return lambda some: torch.from_numpy(np.stack(some)), lambda x: encoder.forward(x.to(encoder.device))


def _video(encoder: Any) -> tuple[Callable[[Sequence[Any]], Any], Callable[[Any], Any]]:
    collate, forward = _clip(encoder._image)
    return lambda some: collate([frame for video in some for frame in video.frames]), forward


def _clap_sounds(encoder: Any) -> tuple[Callable[[Sequence[Any]], Any], Callable[[Any], Any]]:
    import torch

    model, device = encoder._towers.model, encoder.device
    return (
        lambda some: torch.from_numpy(np.concatenate([sound.features for sound in some])),
        lambda x: model.get_audio_features(input_features=x.to(device)).pooler_output,
    )


def _clap_texts(encoder: Any) -> tuple[Callable[[Sequence[Any]], Any], Callable[[Any], Any]]:
    model, tokenizer, device = encoder._towers.model, encoder._towers.tokenizer, encoder.device
    return (
        lambda some: tokenizer(list(some), padding=True, truncation=True, return_tensors="pt"),
        lambda x: model.get_text_features(**x.to(device)).pooler_output,
    )


def _sentences(encoder: Any) -> tuple[Callable[[Sequence[Any]], Any], Callable[[Any], Any]]:
    model, device = encoder._model, encoder.device

    def forward(features: dict[str, Any]) -> Any:
        return model({key: value.to(device) for key, value in features.items()})["sentence_embedding"]

    return lambda some: {k: v for k, v in model.preprocess(list(some)).items() if hasattr(v, "to")}, forward


_LOOPS = {
    ("open-clip", "image"): _clip,
    ("open-clip", "text"): _clip,
    ("video-frames", "video"): _video,
    ("clap", "audio"): _clap_sounds,
    ("clap", "text"): _clap_texts,
    ("sentence-transformers", "text"): _sentences,
}


def library(encoder: Any, media: Sequence[Media]) -> None:
    """The example of the library's documentation over the files; nothing for videos, which none of them reads."""
    import torch

    with torch.no_grad():
        _EXAMPLES[encoder.name, encoder.modality](encoder, media)


def _clip_pictures(encoder: Any, media: Sequence[Media]) -> None:
    """`for file: preprocess; encode`, as open_clip's README has it."""
    from PIL import Image

    for medium in media:
        image = encoder.loaded.preprocess(Image.open(medium.path or "")).unsqueeze(0)
        encoder.loaded.model.encode_image(image.to(encoder.device)).cpu()


def _clip_words(encoder: Any, media: Sequence[Media]) -> None:
    for batch in _batches(encoder, media):
        encoder.loaded.model.encode_text(encoder.loaded.tokenize(batch).to(encoder.device)).cpu()


def _clap_files(encoder: Any, media: Sequence[Media]) -> None:
    towers = encoder._towers
    for medium in media:
        samples = decode_audio(medium.path or "", towers.rate)
        inputs = towers.extractor(samples, sampling_rate=towers.rate, return_tensors="pt")
        towers.model.get_audio_features(**inputs.to(encoder.device)).pooler_output.cpu()


def _clap_words(encoder: Any, media: Sequence[Media]) -> None:
    towers = encoder._towers
    for batch in _batches(encoder, media):
        inputs = towers.tokenizer(batch, padding=True, truncation=True, return_tensors="pt")
        towers.model.get_text_features(**inputs.to(encoder.device)).pooler_output.cpu()


def _encode(encoder: Any, media: Sequence[Media]) -> None:
    encoder._model.encode([medium.text for medium in media], batch_size=encoder.at_once)


def _batches(encoder: Any, media: Sequence[Media]) -> list[list[str]]:
    said = [medium.text or "" for medium in media]
    return [said[start : start + encoder.at_once] for start in range(0, len(said), encoder.at_once)]


_EXAMPLES: dict[tuple[str, str], Callable[[Any, Sequence[Media]], None]] = {
    ("open-clip", "image"): _clip_pictures,
    ("open-clip", "text"): _clip_words,
    ("video-frames", "video"): lambda encoder, media: None,
    ("clap", "audio"): _clap_files,
    ("clap", "text"): _clap_words,
    ("sentence-transformers", "text"): _encode,
}
