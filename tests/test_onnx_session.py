"""Encoders' sessions give back the memory of large batches, and go on as before."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import psutil
import pytest

from mmalign_core.encoders.embedded.onnx_session import OnnxSession, release_sessions

ROOT = Path(__file__).parents[1]
LARGE_BATCHES = """
import gc
from concurrent.futures import ThreadPoolExecutor
import numpy as np
import psutil
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.encoders.embedded.onnx_session import release_sessions
from mmalign_core.heap import release_freed

def megabytes():  # of this process, without the files that it maps
    gc.collect()
    return psutil.Process().memory_full_info().uss / 1e6

model = encoder("efficientnet-lite0", "image")
pictures = np.random.default_rng(0).integers(0, 255, (8, 224, 224, 3), np.uint8)
first = model.encode(list(pictures[:1]))
release_sessions()
with ThreadPoolExecutor(2) as workers:
    list(workers.map(lambda _: model.encode(list(pictures)), range(2)))
release_freed()
held = megabytes()
release_sessions()
print(held - megabytes(), (model.encode(list(pictures[:1])).vectors == first.vectors).all())
"""


class Recorder:
    """Stands in the place of onnxruntime's session, and keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def run(self, outputs: list[str], feed: dict[str, np.ndarray], options: object = None) -> list[np.ndarray]:
        self.asked.append((outputs, {name: value.shape for name, value in feed.items()}, options is not None))
        return [next(iter(feed.values())).copy()]


def test_memory_goes_back_by_the_smallest_run_and_only_after_one() -> None:
    recorder = Recorder()
    session = OnnxSession(recorder)
    session.release()
    assert not recorder.asked
    for rows in (3, 2, 5):
        assert (session.run(("y",), {"x": np.full((rows, 4), 7.0)})[0] == 7).all()
    session.release()
    session.release()
    assert recorder.asked[3:] == [(["y"], {"x": (2, 4)}, True)]
    session.run(("y",), {"x": np.ones((9, 4))})
    release_sessions()
    assert len(recorder.asked) == 6 and recorder.asked[-1] == recorder.asked[3]


@pytest.mark.skipif(not psutil.LINUX, reason="memory that goes back is read from Linux")
def test_an_encoder_gives_back_what_large_batches_took() -> None:
    """In a process of its own: what other tests left in this one would count."""
    run = subprocess.run([sys.executable, "-c", LARGE_BATCHES], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    given_back, equal = run.stdout.split()
    assert float(given_back) > 60 and equal == "True"
