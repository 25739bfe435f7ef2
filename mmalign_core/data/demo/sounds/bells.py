"""Struck metal and glass: bells, gongs, chimes, coins, keys, cutlery."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.signal import Rng, Wave, clock, place, room, scattered, steady

CHURCH = (
    (0.5, 0.6, 1.4),
    (1, 1, 1),
    (1.19, 0.8, 0.8),
    (1.5, 0.5, 0.6),
    (2, 1, 0.5),
    (2.51, 0.4, 0.3),
    (2.66, 0.3, 0.3),
    (3.01, 0.4, 0.25),
    (4.17, 0.3, 0.15),
    (5.43, 0.2, 0.1),
)
"""Partials of a church bell: (frequency ratio, loudness, relative decay). The ratios follow the usual series of a
minor-third bell (hum, prime, tierce, quint, nominal, …); loudness and decay are chosen by ear."""
BAR = ((1, 1, 1), (2.76, 0.5, 0.5), (5.4, 0.3, 0.25), (8.9, 0.15, 0.15))
SMALL = ((1, 1, 1), (2.0, 0.5, 0.7), (2.9, 0.6, 0.5), (4.2, 0.4, 0.35), (5.6, 0.3, 0.25))
"""Partials of a free bar and of a small bell, each (frequency ratio, loudness, relative decay). The bar's ratios are
those of a uniform bar with free ends (1, 2.76, 5.40, 8.93); the bell's and all loudnesses are chosen by ear."""


def partials(rng: Rng, modes: tuple[tuple[float, float, float], ...], pitch: float, tau: float, seconds: float) -> Wave:
    """One stroke: modes (ratio, gain, relative decay), each split into a slightly beating pair."""
    t = clock(seconds)
    out = np.zeros_like(t)
    for ratio, gain, relative in modes:
        f = pitch * ratio
        if f < 7600:
            beat = f * (1 + rng.uniform(0.0002, 0.0015))
            phase = rng.uniform(0, 6.28)
            wave = np.sin(2 * np.pi * f * t + phase) + 0.6 * np.sin(2 * np.pi * beat * t)
            out += gain * wave * np.exp(-t / (tau * relative))
    return out * np.minimum(1, t / 0.001)


def toll(rng: Rng, seconds: float, pitch: float = 330, tau: float = 1.4, rate: float = 0.8, wet: float = 0.4) -> Wave:
    """A church bell tolling in the open: strike, hum, tierce and quint modes."""
    parts = [(s, partials(rng, CHURCH, pitch, tau, 3.5) * rng.uniform(0.7, 1)) for s in steady(rng, seconds, rate)]
    return room(rng, place(parts, seconds), 1.2, wet)


def ring(rng: Rng, seconds: float, pitch: float = 2200, tau: float = 0.5, rate: float = 1.0, wet: float = 0.2) -> Wave:
    """A small bell struck at a steady rate."""
    parts = [(s, partials(rng, SMALL, pitch, tau, 2) * rng.uniform(0.7, 1)) for s in steady(rng, seconds, rate, 0.03)]
    return room(rng, place(parts, seconds), 0.2, wet)


def trill(
    rng: Rng,
    seconds: float,
    pitch: float = 2600,
    tau: float = 0.25,
    rate: float = 24,
    burst: float = 0.5,
    pause: float = 0.8,
    wet: float = 0.15,
) -> Wave:
    """A bicycle bell or a rattling alarm: fast strokes in bursts of the given length with pauses between."""
    starts = [b + s for b in np.arange(0.05, seconds, burst + pause) for s in np.arange(0, burst, 1 / rate)]
    parts = [(s, partials(rng, SMALL, pitch * rng.uniform(0.999, 1.001), tau, 1) * rng.uniform(0.5, 1)) for s in starts]
    return room(rng, place(parts, seconds), 0.2, wet)


def chime(
    rng: Rng, seconds: float, pitch: float = 1200, tau: float = 0.9, rate: float = 5, spread: float = 1.0
) -> Wave:
    """Wind chimes: tubes of a pentatonic set struck at random."""
    tubes = pitch * 2 ** (np.array([0, 2, 4, 7, 9, 12, 14]) * spread / 12)
    starts = scattered(rng, seconds, rate)
    parts = [(s, partials(rng, BAR, rng.choice(tubes), tau, 2) * rng.uniform(0.2, 1)) for s in starts]
    return room(rng, place(parts, seconds), 0.5, 0.2)


def bowl(rng: Rng, seconds: float, pitch: float = 260, tau: float = 3.0, beat: float = 3.0) -> Wave:
    """A singing bowl: few pure modes that beat slowly."""
    t = clock(seconds)
    modes = ((1, 1), (2.71, 0.6), (5.1, 0.25))
    pair = sum(
        g
        * (np.sin(2 * np.pi * pitch * r * t) + np.sin(2 * np.pi * (pitch * r + beat) * t))
        * np.exp(-t / (tau / r**0.7))
        for r, g in modes
    )
    return room(rng, np.asarray(pair) * np.minimum(1, t / 0.01), 1.0, 0.2)


def jingle(
    rng: Rng, seconds: float, pitch: float = 4000, tau: float = 0.08, rate: float = 60, beat: float = 3.5
) -> Wave:
    """Many tiny bells shaken together (sleigh bells, keys): random strokes gathered on a beat."""
    starts = [
        s for s in scattered(rng, seconds, rate * 2) if rng.random() < 0.15 + 0.85 * abs(np.cos(np.pi * beat * s)) ** 4
    ]
    parts = [(s, partials(rng, SMALL, pitch * rng.uniform(0.7, 1.5), tau, 0.4) * rng.uniform(0.2, 1)) for s in starts]
    return room(rng, place(parts, seconds), 0.1, 0.1)


def clink(rng: Rng, seconds: float, pitch: float = 2800, tau: float = 0.25, rate: float = 1.2) -> Wave:
    """Two glasses touching: a pair of inharmonic strokes a few milliseconds apart."""
    modes = ((1, 1, 1), (1.59, 0.7, 0.6), (2.3, 0.6, 0.5), (3.1, 0.3, 0.3))
    parts = [
        (s + d, partials(rng, modes, pitch * r, tau, 1.2) * g)
        for s in steady(rng, seconds, rate, 0.1)
        for d, r, g in ((0, 1, 1), (0.012, 1.13, 0.8))
    ]
    return room(rng, place(parts, seconds), 0.15, 0.15)


def music_box(rng: Rng, seconds: float, pitch: float = 1046, tau: float = 0.5, rate: float = 5) -> Wave:
    """A music box that plucks a small tune on steel teeth."""
    tune = (0, 4, 7, 12, 7, 4, 5, 9, 12, 9, 5, 2, 7, 11, 14, 11)
    parts = [
        (s, partials(rng, BAR[:3], pitch * 2 ** (tune[i % 16] / 12), tau, 1.5))
        for i, s in enumerate(steady(rng, seconds, rate))
    ]
    return room(rng, place(parts, seconds), 0.4, 0.15)
