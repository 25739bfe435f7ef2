"""Drums: hand drum, snare, maracas, and an electronic beat."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    Rng,
    Wave,
    clock,
    dying,
    fade,
    noise,
    passband,
    place,
    room,
    sine,
    steady,
)


def thud(rng: Rng, pitch: float, tau: float, click: float, seconds: float = 0.5, bend: float = 0.5) -> Wave:
    """One struck body: a tone that falls a little in pitch, and a click of noise."""
    t = clock(seconds)
    body = dying(sine(pitch * (1 + bend * np.exp(-t / 0.02)), seconds), tau)
    return body + click * dying(noise(rng, seconds, 500, 6000), 0.006)


def beat(
    rng: Rng,
    seconds: float,
    pitch: float = 180,
    tau: float = 0.12,
    click: float = 0.3,
    rate: float = 4,
    second: float = 0.7,
    wet: float = 0.2,
) -> Wave:
    """A hand drum: low and high strokes in a pattern."""
    pattern = (1, 1.6, 1, 2.1, 1.6, 1, 1.6, 2.1)
    parts = [
        (s, thud(rng, pitch * pattern[i % 8], tau, click) * (1 if i % 4 == 0 else second))
        for i, s in enumerate(steady(rng, seconds, rate, 0.02))
    ]
    return room(rng, place(parts, seconds), 0.4, wet)


def snare(
    rng: Rng,
    seconds: float,
    rate: float = 7,
    pitch: float = 190,
    wires: float = 1.0,
    tau: float = 0.07,
    roll: float = 0.3,
) -> Wave:
    """A snare drum: skin and rattling wires, accents and rolls."""
    accents = (1, 0.4, 0.5, 1, 0.4, 0.8, 0.4, 0.5)
    parts = [
        (s, accents[i % 8] * (thud(rng, pitch, 0.06, 0.3) + wires * dying(noise(rng, 0.5, 1200, 7500), tau)))
        for i, s in enumerate(steady(rng, seconds, rate, 0.01))
    ]
    extra = [(s, roll * dying(noise(rng, 0.2, 1200, 7500), 0.03)) for s in steady(rng, seconds, rate * 4)]
    return room(rng, place(parts + extra, seconds), 0.2, 0.2)


def electronic_beat(
    rng: Rng, seconds: float, tempo: float = 126, bass: float = 55, hat: float = 0.25, synth: float = 0.3
) -> Wave:
    """A dance track: kick on every beat, hats between, a pumping synthesiser chord."""
    step = 60 / tempo
    kicks = [(s, 1.5 * thud(rng, 50, 0.15, 0.3, 0.4, 3)) for s in np.arange(0, seconds, step)]
    hats = [(s, hat * dying(noise(rng, 0.1, 6000, 8000), 0.02)) for s in np.arange(step / 2, seconds, step)]
    claps = [(s, 0.5 * dying(noise(rng, 0.2, 800, 5000), 0.05)) for s in np.arange(step, seconds, 2 * step)]
    t = clock(seconds)
    pump = (t % step) / step
    chord = sum((np.sign(np.sin(2 * np.pi * bass * r * t)) for r in (1, 4, 4.76, 6)), np.zeros_like(t))
    return place(kicks + hats + claps, seconds) + synth * passband(chord, 60, 3000) * pump


def shakes(rng: Rng, seconds: float, rate: float = 6, low: float = 3500, high: float = 7800, tau: float = 0.03) -> Wave:
    """Maracas: a swish of seeds on every beat."""
    parts = [
        (s, (1 if i % 2 == 0 else 0.6) * fade(dying(noise(rng, 0.15, low, high), tau), 0.012, 0.02))
        for i, s in enumerate(steady(rng, seconds, rate, 0.02))
    ]
    return room(rng, place(parts, seconds), 0.15, 0.1)
