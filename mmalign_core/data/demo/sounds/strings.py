"""Strings, plucked and struck: guitar, banjo, harp, piano."""

from __future__ import annotations

import numpy as np
from scipy.signal import lfilter

from mmalign_core.data.demo.sounds.signal import (
    RATE,
    Rng,
    Wave,
    clock,
    dying,
    noise,
    passband,
    place,
    room,
    samples,
    steady,
)

TUNE = (0, 4, 7, 12, 11, 7, 9, 5, 4, 0, 2, 7)
"""Semitones above the first note: a short tune of our own."""


def pluck(rng: Rng, pitch: float, seconds: float, bright: float = 0.5, damp: float = 0.996) -> Wave:
    """A plucked string (Karplus and Strong 1983): a noise burst round a delay line with a smoothing filter."""
    delay = max(2, int(RATE / pitch - bright))
    excite = np.zeros(samples(seconds))
    excite[:delay] = passband(rng.standard_normal(delay), 0, 7000)
    feedback = np.zeros(delay + 2)
    feedback[0], feedback[delay], feedback[delay + 1] = 1, -damp * bright, -damp * (1 - bright)
    return np.asarray(lfilter([1.0], feedback, excite))


def strings(
    rng: Rng,
    seconds: float,
    pitch: float = 196,
    rate: float = 4,
    bright: float = 0.5,
    damp: float = 0.996,
    ring: float = 1.5,
    body: float = 120,
    drive: float = 0.0,
    chord: float = 0.0,
    wet: float = 0.15,
) -> Wave:
    """Guitar, banjo, harp: a plucked tune; `body`, `drive` and `chord` add a body, an overdriven amplifier, chords."""
    parts: list[tuple[float, Wave]] = []
    for i, s in enumerate(steady(rng, seconds, rate, 0.02)):
        root = pitch * 2 ** (TUNE[i % 12] / 12)
        notes = (1, 1.5, 2, 2.52, 3)[: 1 + int(4 * chord)]
        parts += [(s + 0.018 * k, pluck(rng, root * r, ring, bright, damp)) for k, r in enumerate(notes)]
    x = place(parts, seconds)
    x = x + 0.8 * passband(x, body * 0.8, body * 1.3) + 0.4 * passband(x, body * 1.8, body * 2.4)
    if drive > 0:
        x = passband(np.tanh(drive * x / x.std()), 80, 4500)
    return room(rng, x, 0.3, wet)


def piano(
    rng: Rng,
    seconds: float,
    pitch: float = 262,
    rate: float = 4,
    tau: float = 0.8,
    stiff: float = 0.0004,
    hammer: float = 0.2,
    chord: float = 1,
) -> Wave:
    """A piano: slightly stretched partials that die faster the higher they are, three strings a note."""
    parts: list[tuple[float, Wave]] = []
    for i, s in enumerate(steady(rng, seconds, rate, 0.02)):
        roots = [TUNE[i % 12]] + ([TUNE[i % 12] - 12, TUNE[i % 12] - 5] if chord and i % 4 == 0 else [])
        parts += [(s, _piano_note(rng, pitch * 2 ** (r / 12), tau, stiff, hammer)) for r in roots]
    return room(rng, place(parts, seconds), 0.5, 0.2)


def _piano_note(rng: Rng, f0: float, tau: float, stiff: float, hammer: float) -> Wave:
    t = clock(1.6)
    out = np.zeros_like(t)
    for k in range(1, 18):
        f = k * f0 * np.sqrt(1 + stiff * k * k)
        if f > 7500:
            break
        fall = 0.7 * np.exp(-t * k**0.5 / (0.3 * tau)) + 0.3 * np.exp(-t * k**0.5 / (1.6 * tau))
        out += k**-1.1 * fall * (np.sin(2 * np.pi * f * t) + 0.6 * np.sin(2 * np.pi * f * 1.0006 * t + 1))
    return out * np.minimum(1, t / 0.003) + hammer * dying(noise(rng, 1.6, 100, 1500), 0.01)
