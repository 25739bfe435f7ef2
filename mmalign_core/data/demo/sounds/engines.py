"""Vehicles with engines: cars, motorcycles, helicopters, aeroplanes, rockets, trains."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    RATE,
    Rng,
    Wave,
    clock,
    dying,
    formants,
    harmonics,
    noise,
    passband,
    room,
    steady,
    wander,
)


def firing(rng: Rng, seconds: float, pulses: Wave, rough: float = 0.3, ring: float = 0.012) -> Wave:
    """Exhaust pulses at a curve of rates (per second), each a burst of random strength: the core of a piston engine."""
    phase = np.cumsum(pulses) / RATE
    strokes = np.flatnonzero(np.diff(np.floor(phase)) > 0)
    train = np.zeros(len(phase))
    train[strokes] = 1 + rough * rng.standard_normal(len(strokes))
    burst = dying(noise(rng, 0.08, 60, 3000) + np.sin(2 * np.pi * 90 * clock(0.08)) * 3, ring)
    return np.convolve(train, burst)[: len(phase)]


def engine(
    rng: Rng,
    seconds: float,
    rate: float = 45,
    rev: float = 0.1,
    rough: float = 0.3,
    low: float = 40,
    high: float = 1800,
    hiss: float = 0.15,
    ring: float = 0.012,
    wobble: float = 3,
    drop: float = 0.0,
) -> Wave:
    """A piston engine: firing rate in hertz, how far it revs up and down, roughness, muffler band and intake hiss."""
    t = clock(seconds)
    curve = (
        rate
        * (1 + rev * np.sin(2 * np.pi * t / seconds * 1.5))
        * wander(rng, seconds, wobble, 0.98, 1.02)
        * (1 - drop * t / seconds)
    )
    core = passband(firing(rng, seconds, curve, rough, ring), low, high)
    return core / core.std() + hiss * noise(rng, seconds, 300, 6000)


def revving(
    rng: Rng,
    seconds: float,
    rate: float = 50,
    top: float = 3.0,
    rough: float = 0.2,
    high: float = 4000,
    pulls: float = 2,
    hiss: float = 0.1,
) -> Wave:
    """An engine that accelerates from its idle to top times the rate, pulls times a clip."""
    ramp = (clock(seconds) / seconds * pulls) % 1
    curve = rate * (1 + (top - 1) * np.sin(np.pi * np.clip(ramp * 1.1, 0, 1) ** 0.7) ** 1.2)
    core = passband(firing(rng, seconds, curve, rough, 0.006) + 0.15 * harmonics(curve, seconds, 0.8, 30), 60, high)
    return room(rng, core / core.std() + hiss * noise(rng, seconds, 200, 6000), 0.3, 0.15)


def passing(
    rng: Rng, seconds: float, rate: float = 180, shift: float = 0.35, width: float = 0.35, tyre: float = 0.5
) -> Wave:
    """A car that races past: pitch falls by the Doppler shift while the loudness peaks."""
    t = clock(seconds)
    side = np.tanh((t - seconds / 2) / width)
    core = harmonics(rate * (1 - shift * side / 2), seconds, 0.7, 40)
    return (core + tyre * noise(rng, seconds, 300, 5000)) * (0.08 + np.exp(-(((t - seconds / 2) / (2.2 * width)) ** 2)))


def rotor(
    rng: Rng,
    seconds: float,
    rate: float = 13,
    depth: float = 0.9,
    turbine: float = 0.1,
    low: float = 40,
    high: float = 1500,
    sharp: float = 4,
) -> Wave:
    """A helicopter: noise and thumps chopped by the blades over a turbine whine."""
    phase = np.cumsum(rate * wander(rng, seconds, 2, 0.99, 1.01)) / RATE
    chop = (0.5 + 0.5 * np.cos(2 * np.pi * phase)) ** sharp
    blades = (
        noise(rng, seconds, low, high) * (1 - depth + depth * chop) + np.sin(2 * np.pi * 55 * clock(seconds)) * chop
    )
    return blades + turbine * (harmonics(620, seconds, 1.5, 6) + noise(rng, seconds, 1500, 6000))


def jet(
    rng: Rng,
    seconds: float,
    whine: float = 2400,
    low: float = 60,
    high: float = 3000,
    swell: float = 0.7,
    tone: float = 0.15,
) -> Wave:
    """A jet passing over: roaring noise that swells and fades, with a falling turbine whine."""
    t = clock(seconds)
    loud = 1 - swell + swell * np.sin(np.pi * t / seconds)
    return loud * (
        noise(rng, seconds, low, high)
        + 0.5 * noise(rng, seconds, 30, 200)
        + tone * harmonics(whine * (1.1 - 0.2 * t / seconds), seconds, 1.5, 3)
    )


def rumble(
    rng: Rng, seconds: float, low: float = 30, high: float = 250, crackle: float = 0.3, swell: float = 0.6
) -> Wave:
    """A deep roar with crackling on top: a rocket, a volcano, an underground train."""
    rough = noise(rng, seconds, 300, 4000) * (wander(rng, seconds, 40, 0, 1) ** 3)
    loud = 1 - swell + swell * np.minimum(1, clock(seconds) / 1.0)
    return loud * (noise(rng, seconds, low, high) + crackle * rough)


def rails(
    rng: Rng,
    seconds: float,
    rate: float = 1.6,
    clack: float = 1.5,
    low: float = 60,
    high: float = 900,
    squeal: float = 0.0,
) -> Wave:
    """A train on its rails: rumble with paired clacks at the joints; `squeal` adds squealing wheels."""
    out = noise(rng, seconds, low, high)
    for s in steady(rng, seconds, rate):
        for d in (0.0, 0.13):
            i = int((s + d) * RATE)
            hit = clack * dying(formants(noise(rng, 0.15), ((220, 150, 3), (900, 500, 2), (2400, 1500, 1))), 0.03)
            out[i : i + len(hit)] += hit[: max(0, len(out) - i)]
    return out + squeal * harmonics(2300 * wander(rng, seconds, 3, 0.97, 1.03), seconds, 1, 3)
