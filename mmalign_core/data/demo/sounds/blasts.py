"""Explosions, fireworks, popping corn."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import Rng, Wave, clock, dying, fade, noise, place, room, scattered, sine


def bang(
    rng: Rng,
    seconds: float,
    count: float = 2,
    tau: float = 0.12,
    low: float = 40,
    high: float = 5000,
    whoosh: float = 0.0,
    sparkle: float = 0.0,
    echo: float = 0.6,
) -> Wave:
    """Explosions: fireworks with a whistle before and sparks after, firecrackers in a string, one big bang."""
    parts: list[tuple[float, Wave]] = []
    for s in np.linspace(0.5 if whoosh else 0.1, seconds - 0.8, int(count)) + rng.uniform(-0.05, 0.05, int(count)):
        boom = dying(noise(rng, 1.2, low, high), tau) + 1.5 * dying(noise(rng, 1.2, 30, 150), 2 * tau)
        parts.append((s, boom * rng.uniform(0.7, 1)))
        rocket = clock(0.45)
        parts.append(
            (
                s - 0.48,
                whoosh * fade(sine(1800 + 2500 * rocket, 0.45) * 0.5 + 0.3 * noise(rng, 0.45, 2000, 7000), 0.1, 0.05),
            )
        )
        parts += [
            (s + rng.uniform(0.15, 0.9), sparkle * rng.uniform(0.1, 0.5) * dying(noise(rng, 0.05, 1500, 7500), 0.006))
            for _ in range(40)
        ]
    return room(rng, place(parts, seconds), 1.0, echo)


def pops(
    rng: Rng,
    seconds: float,
    rate: float = 12,
    tau: float = 0.008,
    low: float = 300,
    high: float = 4000,
    lid: float = 0.3,
) -> Wave:
    """Corn popping in a covered pot."""
    parts = [
        (
            s,
            rng.uniform(0.3, 1)
            * (dying(noise(rng, 0.08, low, high), tau) + lid * dying(sine(rng.uniform(700, 1500), 0.08), 0.015)),
        )
        for s in scattered(rng, seconds, rate)
    ]
    return room(rng, place(parts, seconds), 0.12, 0.2) + 0.03 * noise(rng, seconds, 2000, 7000)
