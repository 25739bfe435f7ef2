"""Encoding on one and on two single-thread workers of a local Ray, in turns, beside one thread of this process.

python benchmarks/ray_encode.py [--images 400] [--rounds 3]

Each round encodes the same pictures, into stores of their own. Workers have started and loaded the model before. On a
shared machine compare the processor time of a picture: equal values mean that a second worker costs nothing extra,
and the speed-up is what the machine's other work leaves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.encoders.batched.stored import encode_set
from mmalign_core.engines import LocalEngine
from mmalign_core.engines.cluster import Workers
from mmalign_core.engines.ray_engine import RayEngine
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, digest_file, no_progress

Outcome = tuple[float, float, np.ndarray]
SIDE = 256


def pictures(folder: Path, count: int) -> list[Media]:
    """Smooth random pictures as JPEG files."""
    media = []
    for number in range(count):
        coarse = np.random.default_rng(number).integers(0, 255, (8, 8, 3), np.uint8)
        path = folder / f"{number}.jpg"
        Image.fromarray(coarse).resize((SIDE, SIDE), Image.Resampling.BICUBIC).save(path, quality=90)
        media.append(Media(str(number), "image", digest_file(path), path=str(path)))
    return media


def processor_seconds(shared: Any, task: Any, progress: Any) -> float:
    """Processor time of this worker so far."""
    return time.process_time()


def used(engine: RayEngine | LocalEngine, workers: int) -> float:
    """Processor seconds of the workers, or of this process. Each call goes to the next worker."""
    if isinstance(engine, LocalEngine):
        return time.process_time()
    actors = engine._pool._actors
    return sum(engine._pool.ray.get([actor.run.remote(processor_seconds, None, None) for actor in actors]))


def encode_once(engine: RayEngine | LocalEngine, workers: int, media: Sequence[Media], root: Path) -> Outcome:
    """Wall seconds, processor seconds of the workers, and the vectors."""
    model, settings = encoder("efficientnet-lite0", "image"), Settings(root=root, threads=1)
    model.settings = settings
    store = Store(tempfile.mkdtemp(dir=root))
    before, start = used(engine, workers), time.perf_counter()
    made, counts, _ = encode_set(model, media, store=store, settings=settings, write=engine.write_batches)
    took = time.perf_counter() - start
    assert counts["encoded"] == len(media) == len(made)
    return took, used(engine, workers) - before, made.vectors


def line(name: str, outcome: Outcome, pictures: int) -> tuple[float, np.ndarray]:
    """Print what a pass took, and return its wall seconds and its vectors."""
    took, spent, vectors = outcome
    print(f"{name:12}{took:26.1f}{1000 * spent / pictures:36.1f}", flush=True)
    return took, vectors


def main() -> None:
    """Print one line a round, and the median ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RayEngine(Workers(count=2)) as two:
        root = Path(folder)
        media = pictures(root, args.images)
        one, local = RayEngine(Workers(count=1)), LocalEngine()
        one.__enter__()
        one._pool._actors, pair = [], two._pool
        list(two.run_each(processor_seconds, None, [1, 2, 3, 4], no_progress))
        one._pool._actors = pair._actors[:1]  # the same process, so that both loaded the model once
        encode_once(two, 2, media[:64], root)
        ratios = []
        print(f"{args.images} pictures{'wall s':>22}{'processor ms a picture':>36}")
        expected = line("local", encode_once(local, 1, media, root), len(media))[1]
        for number in range(args.rounds):
            walls = {}
            turns = (("1 worker", one, 1), ("2 workers", two, 2))
            for name, engine, workers in turns if number % 2 else reversed(turns):
                walls[name], vectors = line(name, encode_once(engine, workers, media, root), len(media))
                assert np.array_equal(vectors, expected), "vectors differ"
            ratios.append(walls["1 worker"] / walls["2 workers"])
        print(f"two workers over one: {np.median(ratios):.2f}x (rounds: {', '.join(f'{r:.2f}' for r in ratios)})")


if __name__ == "__main__":
    main()
