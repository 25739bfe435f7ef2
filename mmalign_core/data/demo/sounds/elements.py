"""Wind, water, fire and storms, built from noise."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import (
    RATE,
    Rng,
    Wave,
    clock,
    dying,
    fade,
    noise,
    passband,
    place,
    samples,
    scattered,
    sine,
    wander,
)


def rain(rng: Rng, seconds: float, low: float = 400, high: float = 7500, drops: float = 150, size: float = 1.0) -> Wave:
    """Steady rain: a bed of hiss and single drops that tick on leaves and stones."""
    ticks = [
        (s, size * rng.exponential(1) * dying(noise(rng, 0.02, 1500, 7000), 0.003))
        for s in scattered(rng, seconds, drops)
    ]
    return noise(rng, seconds, low, high) * 0.5 + place(ticks, seconds)


def stream(
    rng: Rng,
    seconds: float,
    bubbles: float = 120,
    pitch: float = 700,
    hiss: float = 0.2,
    low: float = 300,
    high: float = 4000,
    tau: float = 0.012,
) -> Wave:
    """Running water: a crowd of small rising bubbles (Minnaert) over a soft hiss."""
    parts: list[tuple[float, Wave]] = []
    for s in scattered(rng, seconds, bubbles):
        f = pitch * 2 ** rng.uniform(-0.8, 1.5)
        parts.append(
            (s, rng.exponential(0.5) * dying(sine(f * (1 + 3 * clock(0.08)), 0.08), tau * rng.uniform(0.5, 2)))
        )
    return place(parts, seconds) + hiss * noise(rng, seconds, low, high) * wander(rng, seconds, 5, 0.7, 1)


def waves(
    rng: Rng,
    seconds: float,
    period: float = 3.0,
    low: float = 100,
    high: float = 3500,
    depth: float = 0.85,
    start: float = 0.0,
) -> Wave:
    """Surf: noise that swells as a wave breaks, brightens and draws back."""
    t = (clock(seconds) / period + start) % 1
    swell = np.where(t < 0.4, (t / 0.4) ** 2, np.exp(-(t - 0.4) * 4))
    return (
        noise(rng, seconds, low, high) * (1 - depth + depth * swell) + 0.6 * noise(rng, seconds, 1500, 7000) * swell**2
    )


def wind(
    rng: Rng,
    seconds: float,
    pitch: float = 350,
    width: float = 0.5,
    gust: float = 1.2,
    howl: float = 0.5,
    floor: float = 0.3,
) -> Wave:
    """Wind: noise through a wandering band, with a howl where it is narrow; gust in changes a second."""
    loud = wander(rng, seconds, gust, floor, 1)
    step = RATE // 20
    out = np.zeros(samples(seconds))
    for k, f in enumerate(np.linspace(0.6, 1.6, 6)):
        weight = np.exp(-(((loud * 1.3 + 0.2) - f) ** 2) / 0.08)
        band = noise(rng, seconds, pitch * f * (1 - width / 2), pitch * f * (1 + width / 2))
        out += band * np.convolve(weight, np.ones(step) / step, "same") * (1 if k < 3 else howl)
    return loud * (out + 0.7 * noise(rng, seconds, 30, 250) + 0.1 * noise(rng, seconds, 500, 4000))


def thunder(
    rng: Rng,
    seconds: float,
    crack: float = 1.0,
    low: float = 25,
    high: float = 300,
    tau: float = 1.0,
    rain_level: float = 0.0,
    at: float = 0.3,
) -> Wave:
    """A thunderclap: a crack, then rolling low rumble; `rain_level` adds rain."""
    t = clock(seconds)
    roll = np.where(t < at, 0, np.exp(-(t - at) / tau)) * wander(rng, seconds, 9, 0.2, 1)
    boom = noise(rng, seconds, low, high) * roll
    snap = place(
        [(at + d, g * crack * dying(noise(rng, 0.5, 100, 4000), 0.08)) for d, g in ((0, 1), (0.09, 0.6), (0.22, 0.5))],
        seconds,
    )
    return boom * 2 + snap + rain_level * rain(rng, seconds) + 0.01 * noise(rng, seconds, 100, 2000)


def fire(
    rng: Rng,
    seconds: float,
    crackles: float = 18,
    roar: float = 0.15,
    sharp: float = 0.004,
    low: float = 1000,
    high: float = 7000,
) -> Wave:
    """A wood fire: snaps of very different strength over a low flutter."""
    snaps = [
        (s, rng.pareto(2) * dying(noise(rng, 0.05, low, high), sharp * rng.uniform(0.5, 2.5)))
        for s in scattered(rng, seconds, crackles)
    ]
    flutter = noise(rng, seconds, 40, 500) * wander(rng, seconds, 12, 0.3, 1)
    x = place(snaps, seconds)
    return np.clip(x, -2.5, 2.5) + roar * flutter + 0.1 * roar * noise(rng, seconds, 1000, 6000)


def sizzle(rng: Rng, seconds: float, low: float = 2000, high: float = 7800, pops: float = 40, bed: float = 0.4) -> Wave:
    """Fat frying in a pan: a bright hiss full of tiny pops."""
    parts = [
        (s, rng.exponential(1.0) * dying(noise(rng, 0.03, 1500, 7500), 0.003)) for s in scattered(rng, seconds, pops)
    ]
    return bed * noise(rng, seconds, low, high) * wander(rng, seconds, 15, 0.6, 1) + place(parts, seconds)


def spray(
    rng: Rng,
    seconds: float,
    low: float = 800,
    high: float = 7500,
    drops: float = 60,
    splash: float = 0.6,
    body: float = 0.2,
) -> Wave:
    """A shower, fountain or tap: a steady jet with splashing bubbles."""
    return (
        noise(rng, seconds, low, high) * 0.6
        + splash * stream(rng, seconds, drops, 600, 0)
        + body * noise(rng, seconds, 150, 900)
    )


def pour(
    rng: Rng, seconds: float, start: float = 350, end: float = 900, bubbles: float = 70, hiss: float = 0.1
) -> Wave:
    """Liquid poured into a glass: the resonance climbs as the glass fills."""
    t = clock(seconds) / seconds
    glass = sine(start * (end / start) ** t, seconds) * wander(rng, seconds, 30, 0, 1) ** 2
    return 0.3 * glass + stream(rng, seconds, bubbles, 800, hiss, 500, 5000)


def rustle(
    rng: Rng,
    seconds: float,
    rate: float = 30,
    low: float = 1500,
    high: float = 7500,
    tau: float = 0.02,
    gust: float = 1.0,
) -> Wave:
    """Leaves or paper: many soft scratches that come in gusts."""
    loud = wander(rng, seconds, gust, 0.1, 1)
    parts = [
        (s, rng.exponential(1) * fade(noise(rng, 0.1, low, high), 0.005, 0.08)) for s in scattered(rng, seconds, rate)
    ]
    return place(parts, seconds) * loud + 0.15 * loud * noise(rng, seconds, 800, 5000)


def static(rng: Rng, seconds: float, low: float = 300, high: float = 7000, crackle: float = 0.4) -> Wave:
    """A radio between stations: hiss, crackle and a faint whistle."""
    pops = [(s, rng.pareto(2) * dying(noise(rng, 0.01, 500, 7000), 0.002)) for s in scattered(rng, seconds, 30)]
    return (
        noise(rng, seconds, low, high)
        + crackle * place(pops, seconds)
        + 0.1 * passband(sine(wander(rng, seconds, 2, 900, 1600), seconds), 300, 6000)
    )
