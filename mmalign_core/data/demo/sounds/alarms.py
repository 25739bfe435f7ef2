"""Warnings and calls: sirens, horns, whistles, telephones, beeps."""

from __future__ import annotations

import numpy as np

from mmalign_core.data.demo.sounds.bells import trill
from mmalign_core.data.demo.sounds.signal import (
    Rng,
    Wave,
    clock,
    fade,
    harmonics,
    noise,
    passband,
    place,
    room,
    sine,
    steady,
    wander,
)


def wail(
    rng: Rng,
    seconds: float,
    low: float = 600,
    high: float = 1400,
    rate: float = 0.35,
    slope: float = 1.0,
    wet: float = 0.4,
    street: float = 0.03,
) -> Wave:
    """A wailing siren that sweeps between two pitches, in a street."""
    sweep = low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * rate * clock(seconds)))
    horn = harmonics(sweep, seconds, slope, 10)
    return room(rng, passband(horn, 300, 5000), 0.6, wet) + street * noise(rng, seconds, 60, 1500)


def hilo(
    rng: Rng,
    seconds: float,
    low: float = 440,
    high: float = 585,
    rate: float = 1.0,
    slope: float = 0.8,
    street: float = 0.03,
) -> Wave:
    """A European two-tone siren: two pitches in turn."""
    pitch = np.where((clock(seconds) * rate) % 1 < 0.5, low, high)
    return room(rng, passband(harmonics(pitch, seconds, slope, 14), 300, 5000), 0.6, 0.4) + street * noise(
        rng, seconds, 60, 1500
    )


def horn(
    rng: Rng,
    seconds: float,
    pitch: float = 420,
    chord: float = 1.26,
    length: float = 0.7,
    pause: float = 0.5,
    slope: float = 0.7,
    wet: float = 0.2,
    low: float = 200,
    high: float = 5000,
) -> Wave:
    """A horn of two reeds sounded again and again; low and slow it is a ship, high and short a car."""
    blast = sum(
        (harmonics(pitch * r * rng.uniform(0.998, 1.002), length, slope, 24) for r in (1, chord)),
        np.zeros(len(clock(length))),
    )
    starts = np.arange(0.1, seconds, length + pause)
    return room(rng, passband(place([(s, fade(blast, 0.03, 0.06)) for s in starts], seconds), low, high), 0.7, wet)


def train_horn(
    rng: Rng, seconds: float, pitch: float = 311, slope: float = 0.8, length: float = 1.3, rumble: float = 0.1
) -> Wave:
    """A locomotive's five-note air horn over the rumble of the train."""
    blast = sum(
        (harmonics(pitch * r, length, slope, 20) for r in (1, 1.19, 1.335, 1.5, 1.68)), np.zeros(len(clock(length)))
    )
    call = place([(s, fade(blast, 0.08, 0.15)) for s in np.arange(0.15, seconds, length + 0.3)], seconds)
    return room(rng, passband(call, 200, 4500), 1.0, 0.4) + rumble * noise(rng, seconds, 30, 400)


def steam_whistle(rng: Rng, seconds: float, pitch: float = 520, breath: float = 0.5, length: float = 1.2) -> Wave:
    """A steam whistle: a chord of pipes with much rushing steam."""
    pipes = sum(
        (sine(pitch * r * (1 + 0.01 * np.exp(-clock(length) / 0.1)), length) for r in (1, 1.25, 1.5, 2)),
        np.zeros(len(clock(length))),
    )
    steam = breath * noise(rng, length, 1000, 7000)
    parts = [(s, fade(pipes + steam, 0.08, 0.2)) for s in np.arange(0.1, seconds, length + 0.35)]
    return room(rng, place(parts, seconds), 1.0, 0.4) + 0.05 * noise(rng, seconds, 50, 1500)


def beeps(
    rng: Rng,
    seconds: float,
    pitch: float = 2000,
    length: float = 0.1,
    rate: float = 4,
    slope: float = 1.5,
    group: float = 4,
    rest: float = 0.5,
) -> Wave:
    """An electronic alarm: groups of short beeps with a rest between the groups."""
    beep = fade(harmonics(pitch, length, slope, 5, odd=True), 0.003, 0.005)
    period = group / rate + rest
    starts = [g + i / rate for g in np.arange(0.05, seconds, period) for i in range(int(group))]
    return room(rng, place([(s, beep) for s in starts], seconds), 0.1, 0.1)


def telephone(
    rng: Rng,
    seconds: float,
    pitch: float = 1400,
    rate: float = 22,
    length: float = 1.6,
    pause: float = 1.0,
    tau: float = 0.2,
) -> Wave:
    """An old telephone: a clapper between two bells, ringing and pausing."""
    return trill(rng, seconds, pitch, tau, rate, length, pause) + trill(
        rng, seconds, pitch * 1.19, tau, rate, length, pause
    )


def ringtone(rng: Rng, seconds: float, pitch: float = 880, rate: float = 9, slope: float = 1.2) -> Wave:
    """A mobile phone's tune of short electronic notes."""
    tune = (12, 10, 2, 4, 9, 7, -1, 0, 7, 5, -3, 0, 4, 4, 4, 4)
    notes = [
        (s, fade(harmonics(pitch * 2 ** (tune[i % 16] / 12), 0.95 / rate, slope, 8), 0.004, 0.02))
        for i, s in enumerate(steady(rng, seconds, rate))
    ]
    return room(rng, passband(place(notes, seconds), 400, 6000), 0.1, 0.1)


def line_tone(rng: Rng, seconds: float, low: float = 350, high: float = 440, on: float = 9, off: float = 0) -> Wave:
    """A telephone line: the dial tone, or the busy signal when it is switched on and off (seconds)."""
    gate = (clock(seconds) % (on + off)) < on
    return (sine(low, seconds) + sine(high, seconds)) * gate + 0.002 * noise(rng, seconds, 300, 3400)


def video_game(rng: Rng, seconds: float, pitch: float = 440, rate: float = 10, glide: float = 1.5) -> Wave:
    """A game console: square-wave arpeggios with jumps and a noise burst."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate):
        n = clock(0.9 / rate)
        f = (
            pitch
            * 2 ** (rng.choice([0, 3, 5, 7, 10, 12, 15, 19]) / 12)
            * glide ** (n * rate * rng.choice([0, 0, 1, -1]))
        )
        parts.append((s, fade(np.sign(np.sin(2 * np.pi * np.cumsum(f) / 16000)), 0.002, 0.01)))
    shots = [
        (s, 0.8 * noise(rng, 0.15, 500, 6000) * np.linspace(1, 0, 2400) ** 2) for s in np.arange(0.7, seconds, 1.3)
    ]
    return passband(place(parts, seconds), 150, 7000) + place(shots, seconds)


def sonar(rng: Rng, seconds: float, pitch: float = 1200, rate: float = 0.8, tau: float = 0.35) -> Wave:
    """A sonar ping with a long echo."""
    t = clock(1.4)
    ping = np.sin(2 * np.pi * pitch * t) * np.exp(-t / tau) * np.minimum(1, t / 0.01)
    return room(rng, place([(s, ping) for s in steady(rng, seconds, rate)], seconds), 1.5, 0.5)


def theremin(
    rng: Rng,
    seconds: float,
    pitch: float = 500,
    glide: float = 0.5,
    vibrato: float = 6,
    depth: float = 0.03,
    slope: float = 2.5,
) -> Wave:
    """A flying saucer as films have it: an eerie gliding tone with much vibrato."""
    curve = (
        pitch
        * wander(rng, seconds, 1.5, 1 - glide, 1 + glide)
        * (1 + depth * np.sin(2 * np.pi * vibrato * clock(seconds)))
    )
    return room(rng, harmonics(curve, seconds, slope, 6), 1.0, 0.3)
