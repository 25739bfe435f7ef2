"""Birdsong, hoots and peeps: whistled notes."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import Rng, Wave, clock, fade, harmonics, noise, place, room, scattered, sine
from mmalign_core.data.demo.sounds.throats import contour


def song(
    rng: Rng,
    seconds: float,
    pitch: float = 3800,
    spread: float = 0.35,
    rate: float = 6,
    length: float = 0.09,
    sweep: float = 0.3,
    air: float = 0.01,
) -> Wave:
    """Birdsong: quick whistled syllables that sweep up or down, in phrases."""
    parts: list[tuple[float, Wave]] = []
    for phrase in np.arange(0.05, seconds, 1.1):
        base, way = pitch * rng.uniform(1 - spread, 1 + spread), rng.choice([-1, 1])
        for i in range(int(rate * rng.uniform(0.6, 1.0))):
            n = length * rng.uniform(0.7, 1.3)
            curve = np.clip(base * (1 + way * sweep * np.linspace(-0.5, 0.5, len(clock(n)))), 900, 7400)
            parts.append((phrase + i / rate, fade(sine(curve, n) * rng.uniform(0.6, 1), 0.012, 0.03)))
    return room(rng, place(parts, seconds), 0.7, 0.2) + air * noise(rng, seconds, 100, 5000)


def peeps(
    rng: Rng,
    seconds: float,
    pitch: float = 3400,
    length: float = 0.12,
    rate: float = 3,
    drop: float = 0.25,
    second: float = 0.6,
    air: float = 0.005,
) -> Wave:
    """Chicks or mice: short whistles that fall in pitch, several small animals."""
    parts = [
        (
            s,
            rng.uniform(second, 1)
            * fade(
                harmonics(pitch * rng.uniform(0.9, 1.1) * contour((1, 1.05, 1 - drop), length), length, 2.2, 3),
                0.01,
                0.04,
            ),
        )
        for s in scattered(rng, seconds, rate)
    ]
    return room(rng, place(parts, seconds), 0.3, 0.15) + air * noise(rng, seconds, 100, 4000)
