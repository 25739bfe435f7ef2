"""Encoding a long video from its file, beside decoding it plainly and then running the two models over it.

    python benchmarks/video_throughput.py [--minutes 10] [--fps 25] [--threads 2] [--repeats 3]

The video is generated: shapes that move over changing colours, 640 x 360, H.264 with a key frame every 10 s, and a
sweep as its sound. Read at 1 frame a second. `decode` is ours; `plain decode` is PyAV's own loop that decodes every
frame, makes every 25th an RGB picture, and then the whole sound; `forward` is the two models over what was prepared.
The aim: the engine, file to vector, takes at most 1.2 x (decode + forward). One video alone leaves nothing to decode
while the model runs; several do. Ways run in turns; medians over the turns.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.data import decode_audio
from mmalign_core.encoders.batched import encode_media
from mmalign_core.encoders.video.frames import VideoFrames
from mmalign_core.settings import Settings
from mmalign_core.types import Media, digest_file

WIDTH, HEIGHT, RATE = 640, 360, 16_000


def generated(path: Path, minutes: float, fps: int) -> Path:
    """A film of moving squares that changes its colours every 7 seconds, with a sweep to hear."""
    rng, seconds = np.random.default_rng(0), round(60 * minutes)
    shades = rng.integers(0, 256, (seconds // 7 + 1, 2, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        picture = container.add_stream("libx264", rate=fps, options={"preset": "veryfast"})
        picture.width, picture.height, picture.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        picture.codec_context.gop_size = 10 * fps
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for i in range(seconds * fps):
            back, front = shades[i // fps // 7]
            pixels = np.full((HEIGHT, WIDTH, 3), back, np.uint8)
            left, top = 3 * i % (WIDTH - 120), 2 * i % (HEIGHT - 120)
            pixels[top : top + 120, left : left + 120] = front
            container.mux(picture.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(picture.encode(None))
        turns = np.cumsum(np.linspace(200, 4000, seconds * RATE)) / RATE
        frame = av.AudioFrame.from_ndarray(np.sin(2 * np.pi * turns)[None].astype(np.float32) / 2, "fltp", "mono")
        frame.rate = RATE
        split = av.AudioResampler(format="fltp", layout="mono", rate=RATE, frame_size=1024)
        for part in [*split.resample(frame), *split.resample(None)]:
            container.mux(sound.encode(part))
        container.mux(sound.encode(None))
    return path


def plain_decode(path: Path, fps: int) -> tuple[list[np.ndarray], np.ndarray]:
    """What a script would do: every frame decoded, one a second kept, then the sound."""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        kept = [f.to_ndarray(format="rgb24") for i, f in enumerate(container.decode(stream)) if i % fps == 0]
    return kept, decode_audio(path, RATE, Settings(max_audio_seconds=10**6))


def afresh(encoder: VideoFrames, work: Callable[[], Any]) -> float:
    """Seconds of the work with nothing remembered of frames that were run before."""
    encoder.seen.clear()
    return clock(work)


def clock(work: Callable[[], Any]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    """Print the medians and the ratio."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--fps", type=int, default=25)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--repeats", type=int, default=3)
    given = options.parse_args()
    encoder = VideoFrames(most=round(60 * given.minutes), per_second=1.0)
    encoder.settings = Settings(threads=given.threads)
    encoder.load()
    with tempfile.TemporaryDirectory() as folder:
        path = generated(Path(folder) / "film.mp4", given.minutes, given.fps)
        medium = Media("film", "video", digest_file(path), path=str(path))
        prepared = encoder.prepare(medium)
        ways = {
            "ours": lambda: list(encode_media(encoder, [medium], threads=given.threads)),
            "decode": lambda: encoder.prepare(medium),
            "plain decode": lambda: plain_decode(path, given.fps),
            "forward": lambda: encoder.encode([prepared]),
        }
        turns = [{name: afresh(encoder, work) for name, work in ways.items()} for _ in range(given.repeats)]
    print(
        f"{given.minutes:g} minutes, {len(prepared.frames)} frames kept, {given.threads} threads, n = {given.repeats}"
    )
    for name in ways:
        print(f"{name:14} {statistics.median(turn[name] for turn in turns):7.2f} s")
    for decode in ("decode", "plain decode"):
        ratio = statistics.median(turn["ours"] / (turn[decode] + turn["forward"]) for turn in turns)
        print(f"ours / ({decode} + forward): {ratio:.2f} (aim: at most 1.20)")


if __name__ == "__main__":
    main()
