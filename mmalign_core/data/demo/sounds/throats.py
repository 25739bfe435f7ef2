"""Calls made by a throat: a pitch curve with harmonics, through a mouth of formants."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    RATE,
    Rng,
    Wave,
    clock,
    fade,
    formants,
    harmonics,
    noise,
    passband,
    place,
    room,
    samples,
    sine,
    steady,
    wander,
)


def contour(points: tuple[float, ...], seconds: float) -> Wave:
    """A smooth curve through equally spaced values, shape (seconds * RATE,)."""
    n = samples(seconds)
    return np.interp(np.linspace(0, len(points) - 1, n), np.arange(len(points)), points)


def throat(
    rng: Rng, pitch: Wave, mouth: tuple[tuple[float, float, float], ...], rough: float, slope: float = 0.8
) -> Wave:
    """A call: harmonics of a pitch curve, roughened by random jitter and noise, through a mouth of formants."""
    seconds = len(pitch) / RATE
    jitter = 1 + 0.12 * rough * passband(rng.standard_normal(len(pitch)), 0, 120) * 4
    source = harmonics(np.maximum(30, pitch * jitter), seconds, slope, 50) + 1.2 * rough * noise(
        rng, seconds, 200, 7000
    )
    return formants(source, mouth)


def calls(
    rng: Rng,
    seconds: float,
    pitch: float = 300,
    length: float = 0.3,
    rate: float = 1.2,
    rise: float = 1.3,
    fall: float = 0.7,
    peak: float = 0.3,
    rough: float = 0.2,
    slope: float = 0.8,
    f1: float = 700,
    f2: float = 1500,
    f3: float = 3000,
    glide: float = 1.0,
    tremor: float = 0.0,
    trate: float = 8,
    attack: float = 0.02,
    wet: float = 0.25,
    vary: float = 0.06,
    air: float = 0.004,
) -> Wave:
    """Repeated calls (bark, meow, moo, bleat, caw ...): pitch rises to rise and falls to fall times its start, the
    first two formants glide by glide, and tremor (0..1) at trate hertz makes a bleat."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, 0.08):
        own = length * rng.uniform(1 - vary, 1 + vary)
        t = np.linspace(0, 1, samples(own))
        curve = (
            pitch
            * rng.uniform(1 - vary, 1 + vary)
            * np.interp(t, (0, peak, 1), (1, rise, fall))
            * (1 + 0.1 * tremor * np.sin(2 * np.pi * trate * t * own))
        )
        early = throat(rng, curve, ((f1, f1 * 0.3, 1), (f2, f2 * 0.2, 0.8), (f3, f3 * 0.2, 0.4)), rough, slope)
        late = throat(
            rng, curve, ((f1 * glide, f1 * 0.3, 1), (f2 * glide, f2 * 0.2, 0.8), (f3, f3 * 0.2, 0.4)), rough, slope
        )
        loud = fade(
            np.sin(np.pi * np.clip(t, 0, 1)) ** 0.5
            * (1 - 0.5 * tremor + 0.5 * tremor * np.sin(2 * np.pi * trate * t * own)),
            attack,
            own * 0.3,
        )
        parts.append((s, ((1 - t) * early + t * late) * loud))
    return room(rng, place(parts, seconds), 0.5, wet) + air * noise(rng, seconds, 50, 3000)


def howl(
    rng: Rng,
    seconds: float,
    pitch: float = 420,
    rise: float = 1.7,
    slope: float = 1.8,
    rough: float = 0.03,
    wobble: float = 0.01,
    wet: float = 0.5,
) -> Wave:
    """A wolf or a whale: one long note that climbs, holds and falls."""
    curve = (
        pitch
        * contour((1, rise * 0.9, rise, rise * 0.98, rise * 0.95, rise * 0.85, 0.9), seconds)
        * (1 + wobble * np.sin(2 * np.pi * 5 * clock(seconds)))
    )
    x = throat(rng, curve, ((600, 400, 1), (1100, 400, 0.7), (2600, 800, 0.2)), rough, slope)
    return room(rng, fade(x, 0.25, 0.5), 1.5, wet) + 0.003 * noise(rng, seconds, 50, 1500)


def snore(
    rng: Rng,
    seconds: float,
    rate: float = 0.55,
    flutter: float = 28,
    low: float = 100,
    high: float = 1200,
    inhale: float = 1.0,
) -> Wave:
    """A snore: a fluttering inward breath and a soft outward one."""
    t = (clock(seconds) * rate) % 1
    inward = np.clip(np.sin(np.pi * np.clip(t / 0.5, 0, 1)), 0, 1) * (t < 0.5)
    outward = np.clip(np.sin(np.pi * np.clip((t - 0.55) / 0.4, 0, 1)), 0, 1) * (t > 0.55)
    flap = np.maximum(0, sine(flutter * wander(rng, seconds, 6, 0.9, 1.1), seconds)) ** 2
    nose = formants(noise(rng, seconds, low, high), ((250, 150, 2), (700, 250, 1.5), (1500, 500, 0.7)))
    return inhale * nose * inward * (0.1 + flap) * 3 + 0.2 * noise(rng, seconds, 500, 4000) * outward
