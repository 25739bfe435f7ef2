"""Sustained instruments: violin, flute, brass, saxophone, accordion, a singing voice."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    Rng,
    Wave,
    clock,
    fade,
    formants,
    harmonics,
    noise,
    passband,
    room,
    wander,
)

TUNE = (0, 4, 7, 12, 11, 7, 9, 5, 4, 0, 2, 7)
"""Semitones above the first note: a short tune of our own."""


def _line(
    rng: Rng, seconds: float, pitch: float, rate: float, vibrato: float, depth: float, scoop: float
) -> tuple[Wave, Wave]:
    """Pitch curve and loudness of a sustained melody: (n,), (n,)."""
    t = clock(seconds)
    note = np.minimum((t * rate).astype(int), 400)
    steps = pitch * 2 ** (np.array(TUNE)[note % 12] / 12)
    within = (t * rate) % 1 / rate
    curve = (
        steps
        * (1 - scoop * np.exp(-within / 0.04))
        * (1 + depth * np.sin(2 * np.pi * vibrato * t) * np.minimum(1, within / 0.2))
    )
    loud = np.minimum(1, within / 0.04) * np.minimum(1, (1 / rate - within) / 0.03)
    return curve, loud * wander(rng, seconds, 3, 0.8, 1)


def bowed(
    rng: Rng,
    seconds: float,
    pitch: float = 294,
    rate: float = 1.6,
    vibrato: float = 5.8,
    depth: float = 0.008,
    slope: float = 0.9,
    rosin: float = 0.05,
    wet: float = 0.3,
) -> Wave:
    """A violin: a saw-like string through the body's resonances, with vibrato and rosin noise."""
    curve, loud = _line(rng, seconds, pitch, rate, vibrato, depth, 0.01)
    string = harmonics(curve, seconds, slope, 30) + rosin * noise(rng, seconds, 1500, 7000)
    body = formants(
        string, ((280, 60, 1), (460, 80, 1.2), (700, 150, 0.8), (1200, 400, 0.8), (2500, 1200, 1.2), (4500, 2000, 0.5))
    )
    return room(rng, (0.3 * string + body) * loud, 0.7, wet)


def blown(
    rng: Rng,
    seconds: float,
    pitch: float = 523,
    rate: float = 2,
    vibrato: float = 5,
    depth: float = 0.006,
    slope: float = 2.2,
    breath: float = 0.1,
    wet: float = 0.3,
) -> Wave:
    """A flute: few harmonics and a breath that follows the tone."""
    curve, loud = _line(rng, seconds, pitch, rate, vibrato, depth, 0.005)
    tone = harmonics(curve, seconds, slope, 8)
    return room(rng, (tone + breath * noise(rng, seconds, pitch * 0.8, min(7000, pitch * 6))) * loud, 0.6, wet)


def brass(
    rng: Rng,
    seconds: float,
    pitch: float = 349,
    rate: float = 2.5,
    slope: float = 0.7,
    bright: float = 2500,
    vibrato: float = 5,
    depth: float = 0.003,
    wet: float = 0.3,
) -> Wave:
    """A trumpet: a rich tone whose upper harmonics come in with the loudness."""
    curve, loud = _line(rng, seconds, pitch, rate, vibrato, depth, 0.03)
    rich = harmonics(curve, seconds, slope, 24)
    return room(rng, passband(rich, 150, bright) * loud + 0.5 * passband(rich, bright, 7000) * loud**3, 0.6, wet)


def reed(
    rng: Rng,
    seconds: float,
    pitch: float = 233,
    rate: float = 2.5,
    slope: float = 0.9,
    breath: float = 0.08,
    vibrato: float = 5,
    depth: float = 0.008,
    wet: float = 0.3,
) -> Wave:
    """A saxophone: a reedy tone with throat resonances, breath and scooped notes."""
    curve, loud = _line(rng, seconds, pitch, rate, vibrato, depth, 0.06)
    x = harmonics(curve, seconds, slope, 24) + breath * noise(rng, seconds, 800, 6000)
    return room(rng, formants(x, ((500, 300, 1.5), (1100, 500, 1.2), (2400, 1200, 0.7))) * loud, 0.5, wet)


def accordion(
    rng: Rng,
    seconds: float,
    pitch: float = 262,
    rate: float = 3,
    slope: float = 0.6,
    beat: float = 4,
    chord: float = 1,
    swell: float = 1.2,
) -> Wave:
    """An accordion: pairs of reeds detuned by a few hertz, chords, and the breathing of the bellows."""
    curve, loud = _line(rng, seconds, pitch, rate, 5, 0.0, 0.0)
    voices = [harmonics(curve, seconds, slope, 24), harmonics(curve + beat, seconds, slope, 24)]
    voices += [0.4 * chord * harmonics(pitch / 2 * r, seconds, slope, 24) for r in (1, 1.26, 1.5)]
    bellows = 0.75 + 0.25 * np.sin(2 * np.pi * swell * clock(seconds))
    return room(rng, passband(sum(voices, np.zeros(len(loud))) * bellows * (0.3 + 0.7 * loud), 150, 6000), 0.3, 0.2)


def voice(
    rng: Rng,
    seconds: float,
    pitch: float = 294,
    rate: float = 1.5,
    vibrato: float = 5.5,
    depth: float = 0.018,
    slope: float = 1.3,
    first: float = 750,
    second: float = 1200,
    wet: float = 0.3,
) -> Wave:
    """A singer on an open vowel: glottal harmonics through five formants, with vibrato."""
    curve, loud = _line(rng, seconds, pitch, rate, vibrato, depth, 0.04)
    glottis = harmonics(curve, seconds, slope, 40) + 0.02 * noise(rng, seconds, 1000, 7000)
    mouth = ((first, 130, 1), (second, 130, 0.7), (2700, 200, 0.5), (3200, 250, 0.4), (4500, 400, 0.15))
    return room(rng, formants(glottis, mouth) * fade(0.4 + 0.6 * loud, 0.05, 0.1), 0.8, wet)
