"""Hits and machines that hit: drums, knocks, steps, tools, balls, clockwork, keys, bangs."""

from __future__ import annotations

import numpy as np
from scipy.signal import fftconvolve

from .signal import (
    RATE,
    Rng,
    Wave,
    clock,
    dying,
    fade,
    formants,
    noise,
    passband,
    place,
    room,
    samples,
    scattered,
    sine,
    steady,
    wander,
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
    """Footsteps: a heel, then a softer sole, on a floor that crunches as much as asked."""
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


def claps(
    rng: Rng,
    seconds: float,
    rate: float = 4,
    tau: float = 0.012,
    low: float = 700,
    high: float = 4000,
    jitter: float = 0.08,
    wet: float = 0.3,
) -> Wave:
    """One pair of hands clapping in rhythm."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, jitter, 0):
        tone = rng.uniform(0.9, 1.1)
        parts.append((s, rng.uniform(0.7, 1) * dying(noise(rng, 0.08, low * tone, high * tone), tau)))
    return room(rng, place(parts, seconds), 0.5, wet)


def applause(
    rng: Rng,
    seconds: float,
    rate: float = 900,
    tau: float = 0.008,
    low: float = 700,
    high: float = 5000,
    near: float = 8,
    voices: float = 0.0,
    wet: float = 0.3,
) -> Wave:
    """An audience: so many claps a second, near ones among them, every hand with its own ring, and a murmur."""
    out = np.zeros(samples(seconds))
    for _ in range(8):
        tone = rng.uniform(0.7, 1.4)
        strokes = (rng.random(len(out)) < rate / 8 / RATE) * rng.exponential(1, len(out))
        out += fftconvolve(strokes, dying(noise(rng, 0.08, low * tone, high * tone), tau * rng.uniform(0.6, 1.6)))[
            : len(out)
        ]
    close = claps(rng, seconds, near, tau, low, high, 0.5, 0)
    return room(rng, out / out.std() + 2 * close + voices * noise(rng, seconds, 300, 1500), 0.8, wet)


def ticks(
    rng: Rng,
    seconds: float,
    rate: float = 2,
    pitch: float = 2500,
    tau: float = 0.006,
    tock: float = 0.75,
    floor: float = 0.001,
    wet: float = 0.1,
) -> Wave:
    """A clock: two small clicks of different pitch in turn."""

    def tick(p: float) -> Wave:
        return formants(dying(noise(rng, 0.06), tau), ((p, p * 0.2, 3), (p * 1.9, p * 0.4, 2), (p * 0.4, p * 0.2, 1)))

    parts = [(s, tick(pitch * (1 if i % 2 else tock))) for i, s in enumerate(steady(rng, seconds, rate))]
    return room(rng, place(parts, seconds), 0.15, wet) + floor * noise(rng, seconds, 100, 6000)


def keys(
    rng: Rng,
    seconds: float,
    rate: float = 9,
    pitch: float = 2200,
    tau: float = 0.006,
    bottom: float = 0.6,
    floor: float = 0.002,
    wet: float = 0.15,
) -> Wave:
    """Typing: for every key a click down and a softer one up, in an uneven rhythm."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, 0.4):
        p = pitch * rng.uniform(0.8, 1.3)
        hit = formants(dying(noise(rng, 0.06), tau), ((p, p * 0.6, 2), (p * 2, p, 1.5), (300, 200, bottom)))
        parts += [(s, hit * rng.uniform(0.5, 1)), (s + rng.uniform(0.05, 0.09), 0.4 * hit)]
    return room(rng, place(parts, seconds), 0.15, wet) + floor * noise(rng, seconds, 100, 6000)


def shutter(
    rng: Rng,
    seconds: float,
    rate: float = 1.3,
    gap: float = 0.09,
    tau: float = 0.012,
    pitch: float = 2500,
    whirr: float = 0.1,
) -> Wave:
    """A camera: mirror, shutter and film advance as three clicks and a short whirr."""

    def clack(p: float, gain: float) -> Wave:
        return gain * formants(dying(noise(rng, 0.1), tau), ((p, p * 0.7, 2), (p * 2.2, p, 2), (500, 300, 1)))

    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate):
        parts += [
            (s, clack(pitch, 1)),
            (s + gap, clack(pitch * 1.3, 0.8)),
            (s + 0.6 * gap, whirr * fade(noise(rng, 0.2, 1500, 6000), 0.02, 0.05)),
        ]
    return room(rng, place(parts, seconds), 0.15, 0.15)


def strikes(
    rng: Rng,
    seconds: float,
    rate: float = 2,
    pitch: float = 1100,
    metal: float = 0.6,
    thump: float = 0.6,
    tau: float = 0.06,
    body: float = 180,
) -> Wave:
    """A hammer or an axe: a thump of wood with as much ringing metal as asked."""
    modes = (1, 1.63, 2.41, 3.6, 4.9)
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, 0.05):
        ping = sum(
            (dying(sine(pitch * m * rng.uniform(0.99, 1.01), 0.5), tau / m**0.5) / m for m in modes),
            np.zeros(samples(0.5)),
        )
        wood = formants(dying(noise(rng, 0.5), 0.025), ((body, 100, 4), (body * 3, 300, 3), (2500, 2500, 2)))
        parts.append((s, metal * ping + thump * wood))
    return room(rng, place(parts, seconds), 0.3, 0.25)


def saw(
    rng: Rng,
    seconds: float,
    rate: float = 1.4,
    teeth: float = 90,
    low: float = 700,
    high: float = 6000,
    grit: float = 0.8,
) -> Wave:
    """A hand saw: rasping strokes to and fro, the pushing one louder."""
    t = clock(seconds)
    stroke = np.abs(np.sin(np.pi * rate * t)) ** 0.7 * np.where((t * rate) % 2 < 1, 1, 0.6)
    rasp = noise(rng, seconds, low, high) * (
        1 - grit + grit * np.maximum(0, sine(teeth * (0.6 + 0.6 * stroke), seconds)) ** 2
    )
    return room(rng, rasp * stroke, 0.2, 0.15) + 0.003 * noise(rng, seconds, 50, 2000)


def snips(rng: Rng, seconds: float, rate: float = 2.5, low: float = 2500, high: float = 7500) -> Wave:
    """Scissors: blades that slide with a rising hiss and close with a click."""
    n = 0.14
    slide = noise(rng, n, low, high) * np.linspace(0.1, 1, samples(n)) ** 2
    click = dying(noise(rng, 0.05, 3000, 7800), 0.006)
    parts = [(s, 0.5 * fade(slide, 0.01, 0.005)) for s in steady(rng, seconds, rate, 0.1)]
    return room(rng, place(parts + [(s + n, 1.6 * click) for s, _ in parts], seconds), 0.1, 0.1)


def bounces(
    rng: Rng,
    seconds: float,
    rate: float = 2,
    pitch: float = 110,
    ring: float = 600,
    tau: float = 0.05,
    slap: float = 0.4,
    wet: float = 0.3,
) -> Wave:
    """A ball dribbled on a hall floor: thump, rubbery ring and slap."""
    parts: list[tuple[float, Wave]] = []
    for s in steady(rng, seconds, rate, 0.02):
        hit = thud(rng, pitch, tau, slap, 0.4) + 0.25 * dying(sine(ring, 0.4), tau * 0.8)
        parts.append((s, hit))
    return room(rng, place(parts, seconds), 0.8, wet)


def rally(
    rng: Rng,
    seconds: float,
    rate: float = 3,
    pitch: float = 1100,
    table: float = 1.4,
    tau: float = 0.012,
    wet: float = 0.2,
) -> Wave:
    """Table tennis or tennis: bat and bounce in turn, each a short hollow pock."""

    def pock(p: float) -> Wave:
        return formants(dying(noise(rng, 0.12), tau), ((p, p * 0.2, 4), (p * 2.6, p * 0.5, 1.5)))

    parts = [
        (s, pock(pitch * (table if i % 2 else 1)) * rng.uniform(0.7, 1))
        for i, s in enumerate(steady(rng, seconds, rate, 0.08))
    ]
    return room(rng, place(parts, seconds), 0.5, wet)


def bowling(rng: Rng, seconds: float, at: float = 1.8, pins: float = 14, roll: float = 0.5) -> Wave:
    """A bowling ball rolls down the lane and scatters the pins."""
    t = clock(seconds)
    rolling = roll * noise(rng, seconds, 60, 500) * np.where(t < at, 0.3 + 0.7 * t / at, 0)
    hits = [
        (
            at + rng.exponential(0.15),
            formants(
                dying(noise(rng, 0.3), 0.025), ((900 * rng.uniform(0.8, 1.3), 200, 4), (2200, 900, 2), (300, 200, 2))
            ),
        )
        for _ in range(int(pins))
    ]
    return room(rng, rolling + place(hits, seconds), 0.6, 0.3)


def wheels(
    rng: Rng, seconds: float, low: float = 150, high: float = 2500, clack: float = 1.0, rate: float = 2.5
) -> Wave:
    """Skateboard wheels on pavement: a rough roll with clacks at the cracks."""
    rough = noise(rng, seconds, low, high) * wander(rng, seconds, 20, 0.5, 1)
    cracks = [
        (s + d, clack * thud(rng, 250, 0.03, 0.8, 0.15)) for s in steady(rng, seconds, rate, 0.1) for d in (0, 0.08)
    ]
    return 0.5 * rough + place(cracks, seconds)


def shakes(rng: Rng, seconds: float, rate: float = 6, low: float = 3500, high: float = 7800, tau: float = 0.03) -> Wave:
    """Maracas: a swish of seeds on every beat."""
    parts = [
        (s, (1 if i % 2 == 0 else 0.6) * fade(dying(noise(rng, 0.15, low, high), tau), 0.012, 0.02))
        for i, s in enumerate(steady(rng, seconds, rate, 0.02))
    ]
    return room(rng, place(parts, seconds), 0.15, 0.1)


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


def bang(
    rng: Rng,
    seconds: float,
    count: float = 2,
    tau: float = 0.12,
    low: float = 40,
    high: float = 5000,
    whoosh: float = 0.0,
    sparkle: float = 0.0,
    echo: float = 0.6,
) -> Wave:
    """Explosions: fireworks with a whistle before and sparks after, firecrackers in a string, one big bang."""
    parts: list[tuple[float, Wave]] = []
    for s in np.linspace(0.5 if whoosh else 0.1, seconds - 0.8, int(count)) + rng.uniform(-0.05, 0.05, int(count)):
        boom = dying(noise(rng, 1.2, low, high), tau) + 1.5 * dying(noise(rng, 1.2, 30, 150), 2 * tau)
        parts.append((s, boom * rng.uniform(0.7, 1)))
        rocket = clock(0.45)
        parts.append(
            (
                s - 0.48,
                whoosh * fade(sine(1800 + 2500 * rocket, 0.45) * 0.5 + 0.3 * noise(rng, 0.45, 2000, 7000), 0.1, 0.05),
            )
        )
        parts += [
            (s + rng.uniform(0.15, 0.9), sparkle * rng.uniform(0.1, 0.5) * dying(noise(rng, 0.05, 1500, 7500), 0.006))
            for _ in range(40)
        ]
    return room(rng, place(parts, seconds), 1.0, echo)


def pops(
    rng: Rng,
    seconds: float,
    rate: float = 12,
    tau: float = 0.008,
    low: float = 300,
    high: float = 4000,
    lid: float = 0.3,
) -> Wave:
    """Corn popping in a covered pot."""
    parts = [
        (
            s,
            rng.uniform(0.3, 1)
            * (dying(noise(rng, 0.08, low, high), tau) + lid * dying(sine(rng.uniform(700, 1500), 0.08), 0.015)),
        )
        for s in scattered(rng, seconds, rate)
    ]
    return room(rng, place(parts, seconds), 0.12, 0.2) + 0.03 * noise(rng, seconds, 2000, 7000)


def printer(
    rng: Rng,
    seconds: float,
    rate: float = 1.6,
    pitch: float = 700,
    hum: float = 0.3,
    low: float = 1500,
    high: float = 6500,
) -> Wave:
    """A printer: the carriage buzzes to and fro with clunks at the turns."""
    t = clock(seconds)
    buzz = noise(rng, seconds, low, high) * (0.4 + 0.6 * np.maximum(0, sine(110, seconds))) * (((t * rate) % 1) < 0.75)
    clunks = [(s, thud(rng, 220, 0.03, 0.8, 0.2)) for s in np.arange(0.05, seconds, 1 / rate)]
    whine = sine(pitch * (1 + 0.3 * ((t * rate) % 1)), seconds)
    return 0.5 * buzz + place(clunks, seconds) + hum * whine * (((t * rate) % 1) < 0.75)


def stitching(
    rng: Rng, seconds: float, rate: float = 14, pitch: float = 1500, hum: float = 0.2, tau: float = 0.012
) -> Wave:
    """A sewing machine: the needle's rattle over a motor hum, run in bursts."""
    run = (clock(seconds) % 2.2) < 1.9
    parts = [
        (s, formants(dying(noise(rng, 0.06), tau), ((pitch, 700, 3), (400, 200, 2), (4000, 2000, 2))))
        for s in steady(rng, seconds, rate, 0.02)
    ]
    return run * (place(parts, seconds) + hum * (sine(2 * rate * 5, seconds) + 0.5 * noise(rng, seconds, 300, 3000)))


def scribble(
    rng: Rng, seconds: float, rate: float = 5, low: float = 1500, high: float = 7000, tap: float = 0.3
) -> Wave:
    """A pencil on paper: short scratches up and down with a tap at their ends."""
    stroke = np.abs(np.sin(np.pi * rate * clock(seconds) + 2 * wander(rng, seconds, 3, -1, 1))) ** 1.5 * (
        wander(rng, seconds, 2, -0.3, 1.2) > 0
    )
    taps = [(s, tap * thud(rng, 300, 0.02, 0.8, 0.1)) for s in steady(rng, seconds, rate / 2, 0.3)]
    return noise(rng, seconds, low, high) * stroke + place(taps, seconds)
