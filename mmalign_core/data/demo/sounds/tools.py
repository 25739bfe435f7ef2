"""Tools at work: hammer, axe, saw, scissors, printer, sewing machine, pencil."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import Rng, Wave, dying, formants, noise, place, room, samples, sine, steady


def strikes(
    rng: Rng,
    seconds: float,
    rate: float = 2,
    pitch: float = 1100,
    metal: float = 0.6,
    thump: float = 0.6,
    tau: float = 0.06,
    body: float = 180,
) -> Wave:
    """A hammer or an axe: a thump of wood; `metal` adds ringing metal."""
    modes = (1, 1.63, 2.41, 3.6, 4.9)
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, 0.05):
        ping = sum(
            (dying(sine(pitch * m * rng.uniform(0.99, 1.01), 0.5), tau / m**0.5) / m for m in modes),
            np.zeros(samples(0.5)),
        )
        wood = formants(dying(noise(rng, 0.5), 0.025), ((body, 100, 4), (body * 3, 300, 3), (2500, 2500, 2)))
        parts.append((s, metal * ping + thump * wood))
    return room(rng, place(parts, seconds), 0.3, 0.25)
