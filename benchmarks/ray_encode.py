"""Encoding on one and on two single-thread workers of a local Ray, in turns, beside one thread of this process.

python benchmarks/ray_encode.py [--images 400] [--rounds 3] [--loose]

Each round encodes the same pictures, into stores of their own. Workers have started and loaded the model before. Each
worker is kept on a core of its own, as on a machine with one core for each: left loose, a worker decodes the next
pictures on one core while its model runs on another, so that one worker alone takes more than one core. On a shared
machine compare the processor time of a picture too: equal values mean that a second worker costs nothing extra.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.engines import LocalEngine
from mmalign_core.engines.cluster import Workers
from mmalign_core.engines.ray_engine import RayEngine
from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.types import Media, digest_file, no_progress

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


def keep_on(shared: Any, core: int, progress: Any) -> int:
    """Keep every thread of this worker, and those that it starts later, on one core. Returns its process."""
    for thread in os.listdir("/proc/self/task"):
        os.sched_setaffinity(int(thread), {core})
    return os.getpid()


def used(engine: RayEngine | LocalEngine) -> np.ndarray:
    """Processor seconds of each worker, or of this process."""
    if isinstance(engine, LocalEngine):
        return np.array([time.process_time()])
    actors = engine._pool._actors
    return np.array(engine._pool.ray.get([actor.run.remote(processor_seconds, None, None) for actor in actors]))


def encode_once(engine: RayEngine | LocalEngine, media: Sequence[Media], root: Path) -> tuple[Any, ...]:
    """Wall seconds, processor seconds of each worker, and the vectors."""
    model, settings = encoder("efficientnet-lite0", "image"), Settings(root=root, threads=1)
    model.settings = settings
    store = Store(tempfile.mkdtemp(dir=root))
    before, start = used(engine), time.perf_counter()
    made, counts, _ = encode_set(model, media, store=store, settings=settings, write=engine.write_batches)
    took = time.perf_counter() - start
    assert counts["encoded"] == len(media) == len(made)
    return took, used(engine) - before, made.vectors


def line(name: str, outcome: tuple[Any, ...], pictures: int) -> tuple[float, float, Any]:
    """Print what a pass took; return its wall seconds, the processor seconds of its busiest worker, and its vectors."""
    took, spent, vectors = outcome
    print(f"{name:12}{took:26.1f}{1000 * spent.sum() / pictures:30.1f}{spent.max():22.1f}", flush=True)
    return took, spent.max(), vectors


def main() -> None:
    """Print one line a round, and the median ratio."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--images", type=int, default=400)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--loose", action="store_true", help="let each worker use every core")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, RayEngine(Workers(count=2)) as two:
        root = Path(folder)
        media = pictures(root, args.images)
        one, local = RayEngine(Workers(count=1)), LocalEngine()
        one.__enter__()
        one._pool._actors, pair = [], two._pool
        list(two.run_each(processor_seconds, None, [1, 2, 3, 4], no_progress))
        for core, actor in zip(sorted(os.sched_getaffinity(0)), () if args.loose else pair._actors):
            pair.ray.get(actor.run.remote(keep_on, None, core))
        one._pool._actors = pair._actors[:1]  # the same process, so that both loaded the model once
        encode_once(two, media[:64], root)
        ratios = []
        print(f"{args.images} pictures{'wall s':>22}{'processor ms a picture':>30}{'busiest worker s':>22}")
        expected = line("local", encode_once(local, media, root), len(media))[2]
        for number in range(args.rounds):
            times = {}
            turns = (("1 worker", one), ("2 workers", two))
            for name, engine in turns if number % 2 else reversed(turns):
                *times[name], vectors = line(name, encode_once(engine, media, root), len(media))
                assert np.array_equal(vectors, expected), "vectors differ"
            ratios.append(np.divide(times["1 worker"], times["2 workers"]))
        for name, found in zip(("wall time", "processor time of the busiest worker"), np.transpose(ratios)):
            rounds = ", ".join(f"{ratio:.2f}" for ratio in found)
            print(f"two workers over one by {name}: {np.median(found):.2f}x (rounds: {rounds})")


if __name__ == "__main__":
    main()
