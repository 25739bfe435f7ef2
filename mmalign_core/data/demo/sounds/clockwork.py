"""Small mechanisms: clocks, keyboards, camera shutters."""

from __future__ import annotations

from mmalign_core.data.demo.sounds.signal import Rng, Wave, dying, fade, formants, noise, place, room, steady


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
