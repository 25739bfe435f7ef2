"""Peak memory while 10,000 small pictures and texts go through a tiny OpenCLIP model into the store.

    python benchmarks/large_memory.py [--items 10000] [--side 96]

The media are generated: noise under a slope, no two alike. Their digests, paths and vectors must be held, about 1 KB an
item; all else must not grow. Printed: peak resident memory once the model is loaded, after a tenth of the items, and
after all. What the store's own database takes is part of it; the aim is that ten times the items take no more than
10% on top.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.cost import Memory, sampled_memory
from mmalign_core.data.media.references import text_media
from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, digest_file
from tests.tiny_clip import saved, tower


def pictures(folder: Path, count: int, side: int) -> list[Media]:
    """JPEG files that no other equals."""
    rng, slope = np.random.default_rng(0), np.linspace(0, 120, side)[None, :, None]
    media = []
    for i in range(count):
        pixels = slope * rng.random(3) + rng.integers(0, 120, (side, side, 3))
        path = folder / f"{i}.jpg"
        Image.fromarray(pixels.astype(np.uint8)).save(path)
        media.append(Media(str(i), "image", digest_file(path), path=str(path)))
    return media


def sentences(count: int) -> list[Media]:
    """Texts that no other equals."""
    words = ("dog", "train", "sand", "roof", "bird", "red", "wet", "old", "runs", "sings")
    rng = np.random.default_rng(0)
    return [
        text_media(str(i), f"{i} " + " ".join(rng.choice(words, rng.integers(3, 30))), "made up", Settings())
        for i in range(count)
    ]


def peak(encoder: Encoder, media: list[Media], store: Store) -> tuple[Memory, float]:
    """Resident memory while these are encoded into the store, and seconds."""
    start = time.perf_counter()
    with sampled_memory() as memory:
        done, _, _ = encode_set(encoder, media, store=store)
    assert len(done.ids) == len(media)
    return memory, time.perf_counter() - start


def main() -> None:
    """Print a line per modality."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--side", type=int, default=96)
    given = parser.parse_args()
    print(f"{'reads':7}{'items':>8}{'loaded MB':>11}{'a tenth MB':>12}{'all MB':>9}{'growth':>9}{'items/s':>9}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = saved(folder / "model")
        (folder / "files").mkdir()
        sets = {
            "image": pictures(folder / "files", given.items, given.side),
            "text": sentences(given.items),
        }
        for modality, media in sets.items():
            encoder, store = tower(model, modality), Store(folder / modality)
            encoder.settings = Settings(root=folder / modality)
            encoder.load()
            tenth, _ = peak(encoder, media[: len(media) // 10], store)
            whole, seconds = peak(encoder, media, store)
            print(
                f"{modality:7}{len(media):8}{tenth.start:11.0f}{tenth.peak:12.0f}{whole.peak:9.0f}"
                f"{whole.peak / tenth.peak - 1:9.1%}{0.9 * len(media) / seconds:9.0f}",
                flush=True,
            )


if __name__ == "__main__":
    main()
