"""Hands, feet and hooves: knocking, steps, clapping, a heartbeat."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    Rng,
    Wave,
    clock,
    dying,
    fade,
    formants,
    noise,
    place,
    room,
    sine,
    steady,
)


def knock(
    rng: Rng,
    seconds: float,
    pitch: float = 170,
    tau: float = 0.04,
    rate: float = 5,
    group: float = 4,
    rest: float = 0.7,
    wood: float = 1.0,
) -> Wave:
    """Knuckles on a wooden door: groups of knocks in a room."""
    period = group / rate + rest
    starts = [g + i / rate for g in np.arange(0.15, seconds, period) for i in range(int(group))]
    panel = ((pitch, 60, 4), (pitch * 2.3, 120, 3 * wood), (pitch * 5, 400, 1.5))
    parts = [(s, formants(dying(noise(rng, 0.25), tau), panel) * rng.uniform(0.8, 1)) for s in starts]
    return room(rng, place(parts, seconds), 0.3, 0.25)


def steps(
    rng: Rng,
    seconds: float,
    rate: float = 1.9,
    heel: float = 140,
    gravel: float = 0.4,
    tau: float = 0.025,
    click: float = 0.5,
    jitter: float = 0.06,
    wet: float = 0.25,
) -> Wave:
    """Footsteps: a heel, then a softer sole; `gravel` adds crunching."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, jitter):
        body = dying(noise(rng, 0.25, heel * 0.5, heel * 2), tau) + click * dying(noise(rng, 0.25, 700, 5000), tau / 4)
        sole = fade(dying(noise(rng, 0.2, 800 * rng.uniform(0.8, 1.2), 6000), 0.05), 0.03, 0.08)
        parts += [(s, body * rng.uniform(0.6, 1)), (s + rng.uniform(0.07, 0.11), gravel * sole * rng.uniform(0.5, 1))]
    return room(rng, place(parts, seconds), 0.4, wet)


def clip_clop(
    rng: Rng, seconds: float, rate: float = 2.2, pitch: float = 900, tau: float = 0.02, wet: float = 0.2
) -> Wave:
    """A horse's hooves: hollow strokes in a trot."""
    offsets = ((0, 1.0), (0.22, 0.85), (0.5, 1.1), (0.72, 0.9))

    def shell(p: float) -> Wave:
        return formants(dying(noise(rng, 0.15), tau), ((p, p * 0.25, 4), (p * 2.1, p * 0.5, 2), (p * 0.3, 150, 3)))

    parts = [
        (s + d / rate, shell(pitch * r) * rng.uniform(0.7, 1))
        for s in np.arange(0.1, seconds, 1 / rate)
        for d, r in offsets
    ]
    return room(rng, place(parts, seconds), 0.3, wet)


def heart(
    rng: Rng,
    seconds: float,
    rate: float = 1.2,
    pitch: float = 55,
    tau: float = 0.05,
    second: float = 0.7,
    hiss: float = 0.002,
) -> Wave:
    """A heartbeat through a stethoscope: lub and dub."""

    def lub(p: float, gain: float) -> Wave:
        return gain * fade(dying(sine(p * (1 + 0.5 * np.exp(-clock(0.3) / 0.03)), 0.3), tau), 0.01, 0.05)

    parts = [
        (s + d, lub(p, g))
        for s in steady(rng, seconds, rate)
        for d, p, g in ((0, pitch, 1), (0.3, pitch * 1.3, second))
    ]
    return place(parts, seconds) + hiss * noise(rng, seconds, 40, 400)
