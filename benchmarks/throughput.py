"""Files from disk through the engine beside a bare forward loop over what was decoded before, in turns."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mmalign_core.encoders import Encoder
from mmalign_core.encoders.batched import encode_media
from mmalign_core.types import Media


@dataclass(frozen=True)
class Stages:
    """Where decoding ends and the forward loop, which takes a batch of what was decoded, begins.

    `collate` brings a batch into the form that `forward` takes, before any clock runs.
    """

    name: str
    decode: Callable[[Media], Any]
    forward: Callable[[Any], Any]
    collate: Callable[[Sequence[Any]], Any] = list


@dataclass(frozen=True)
class Speed:
    """Items a second `whole` (files to vectors), `bare` (the forward loop) and `plain` (a third way, 0 if none).

    `ratio` is the median over the turns of whole / bare; `bound` the best that the processor time of decoding allows:
    beside a loop that keeps all cores busy, decoding comes on top. `by_cpu` is the ratio of processor times: what the
    ratio would be if nobody else used the machine and no core ever waited.
    """

    items: int
    bare: float
    whole: float
    plain: float
    ratio: float
    by_cpu: float
    bound: float
    decode_ms: float
    forward_ms: float


def clock(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds of wall clock and of processor time."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def nothing() -> None:
    """Do nothing."""


def measure(
    encoder: Encoder,
    stages: Stages,
    media: list[Media],
    repeats: int,
    *,
    size: int = 0,
    plain: Callable[[], Any] = nothing,
    before: Callable[[], Any] = nothing,
) -> Speed:
    """Items a second of each way, and the ratio, over `repeats` turns.

    `size`: the forward loop's batches (default: the encoder's); `before` is called ahead of each pass of the engine.
    """
    decoded: list[Any] = []
    _, decode_cpu = clock(lambda: decoded.extend(stages.decode(m) for m in media))
    size = size or encoder.batch_size
    batches = [stages.collate(decoded[start : start + size]) for start in range(0, len(decoded), size)]
    stages.forward(batches[0])
    bare, whole, rest, forward_cpu, whole_cpu = [], [], [], [], []
    for _ in range(repeats):
        seconds, cpu = clock(lambda: [stages.forward(batch) for batch in batches])
        bare.append(seconds)
        forward_cpu.append(cpu)
        before()
        seconds, cpu = clock(lambda: list(encode_media(encoder, media)))
        whole.append(seconds)
        whole_cpu.append(cpu)
        if plain is not nothing:
            rest.append(clock(plain)[0])
    forward = statistics.median(forward_cpu)
    return Speed(
        items=len(media),
        bare=len(media) / statistics.median(bare),
        whole=len(media) / statistics.median(whole),
        plain=len(media) / statistics.median(rest) if rest else 0.0,
        ratio=statistics.median(b / w for b, w in zip(bare, whole)),
        by_cpu=statistics.median(f / w for f, w in zip(forward_cpu, whole_cpu)),
        bound=forward / (forward + decode_cpu),
        decode_ms=1000 * decode_cpu / len(media),
        forward_ms=1000 * forward / len(media),
    )
