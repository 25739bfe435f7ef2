"""Insects' wings and chirps, frogs, snakes."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    Rng,
    Wave,
    clock,
    dying,
    fade,
    formants,
    harmonics,
    noise,
    passband,
    place,
    room,
    sine,
    steady,
    wander,
)
from mmalign_core.data.demo.sounds.throats import contour


def buzz(
    rng: Rng,
    seconds: float,
    pitch: float = 230,
    slope: float = 0.8,
    wander_by: float = 0.06,
    near: float = 0.5,
    rate: float = 2,
    low: float = 100,
    high: float = 6000,
    air: float = 0.01,
) -> Wave:
    """Wings of a bee, fly or mosquito: a buzzing tone that drifts in pitch as the insect comes and goes."""
    curve = pitch * wander(rng, seconds, rate, 1 - wander_by, 1 + wander_by)
    wings = passband(harmonics(curve, seconds, slope, 40), low, high)
    return wings * wander(rng, seconds, rate, 1 - near, 1) + air * noise(rng, seconds, 100, 4000)


def chirps(
    rng: Rng,
    seconds: float,
    pitch: float = 4600,
    pulses: float = 4,
    pulse_rate: float = 35,
    rate: float = 2.2,
    second: float = 0.5,
    air: float = 0.01,
) -> Wave:
    """Crickets: trains of short pure pulses, two animals that are never quite together."""
    parts: list[tuple[float, Wave]] = []
    for own, loud, shift in ((pitch, 1.0, 0.0), (pitch * 1.07, second, 0.21)):
        pulse = fade(sine(own, 0.6 / pulse_rate), 0.004, 0.008)
        parts += [
            (s + shift + k / pulse_rate, loud * pulse)
            for s in steady(rng, seconds, rate, 0.02, 0)
            for k in range(int(pulses))
        ]
    return room(rng, place(parts, seconds), 0.5, 0.2) + air * noise(rng, seconds, 200, 4000)


def croaks(
    rng: Rng,
    seconds: float,
    pitch: float = 90,
    length: float = 0.25,
    rate: float = 1.8,
    f1: float = 700,
    f2: float = 1800,
    second: float = 0.6,
    air: float = 0.01,
) -> Wave:
    """Frogs: trains of clicks through a resonant throat sac."""
    parts: list[tuple[float, Wave]] = []
    for own, loud, shift in ((1.0, 1.0, 0.0), (1.25, second, 0.27)):
        for s in steady(rng, seconds, rate, 0.05):
            pulses = harmonics(pitch * own * contour((1, 1.15, 1.2), length), length, 0.1, 80)
            parts.append(
                (s + shift, loud * fade(formants(pulses, ((f1 * own, 150, 1), (f2 * own, 250, 0.8))), 0.04, 0.05))
            )
    return room(rng, place(parts, seconds), 0.5, 0.25) + air * noise(rng, seconds, 100, 4000)


def hiss(
    rng: Rng,
    seconds: float,
    low: float = 2500,
    high: float = 7800,
    rattle: float = 0.0,
    rate: float = 1.0,
    shake: float = 50,
) -> Wave:
    """A snake: breathy hisses; `rattle` adds the dry rattle of a tail."""
    breath = noise(rng, seconds, low, high) * np.maximum(0.02, np.sin(2 * np.pi * rate * clock(seconds) / 2)) ** 0.6
    clicks = [(s, rattle * dying(noise(rng, 0.02, 2500, 7500), 0.004)) for s in steady(rng, seconds, shake, 0.3)]
    return breath + place(clicks, seconds)
