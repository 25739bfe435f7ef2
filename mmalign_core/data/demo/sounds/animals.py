"""Animals: song, calls made by a throat (pitch curve through formants), and wings."""

from __future__ import annotations

import numpy as np

from .signal import (
    RATE,
    Rng,
    Wave,
    clock,
    dying,
    fade,
    formants,
    harmonics,
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


def crow_call(
    rng: Rng,
    seconds: float,
    pitch: float = 420,
    top: float = 900,
    rough: float = 0.25,
    slope: float = 0.6,
    f1: float = 1100,
    f2: float = 2000,
) -> Wave:
    """A rooster: cock-a-doodle-doo, two short notes, a leap and a long falling one."""
    notes = (
        (0.0, 0.16, (1, 1.3, 1.2)),
        (0.22, 0.14, (1.2, 1.4, 1.3)),
        (0.4, 0.2, (1.4, 1.9, 1.8)),
        (0.62, 1.0, (1.6, top / pitch, top / pitch * 0.95, 1.5, 0.9)),
    )
    mouth = ((f1, 500, 1), (f2, 600, 0.9), (3300, 900, 0.5))
    parts = [
        (b + s, fade(throat(rng, pitch * contour(p, d), mouth, rough, slope), 0.02, 0.06))
        for b in (0.1, 2.0)
        for s, d, p in notes
    ]
    return room(rng, place(parts, seconds), 0.6, 0.25) + 0.003 * noise(rng, seconds, 100, 3000)


def song(
    rng: Rng,
    seconds: float,
    pitch: float = 3800,
    spread: float = 0.35,
    rate: float = 6,
    length: float = 0.09,
    sweep: float = 0.3,
    air: float = 0.01,
) -> Wave:
    """Birdsong: quick whistled syllables that sweep up or down, in phrases."""
    parts: list[tuple[float, Wave]] = []
    for phrase in np.arange(0.05, seconds, 1.1):
        base, way = pitch * rng.uniform(1 - spread, 1 + spread), rng.choice([-1, 1])
        for i in range(int(rate * rng.uniform(0.6, 1.0))):
            n = length * rng.uniform(0.7, 1.3)
            curve = np.clip(base * (1 + way * sweep * np.linspace(-0.5, 0.5, len(clock(n)))), 900, 7400)
            parts.append((phrase + i / rate, fade(sine(curve, n) * rng.uniform(0.6, 1), 0.012, 0.03)))
    return room(rng, place(parts, seconds), 0.7, 0.2) + air * noise(rng, seconds, 100, 5000)


def hoots(
    rng: Rng,
    seconds: float,
    pitch: float = 360,
    rate: float = 0.6,
    length: float = 0.4,
    second: float = 0.9,
    tremolo: float = 0.2,
    gap: float = 0.55,
    slope: float = 3.0,
    air: float = 0.004,
) -> Wave:
    """An owl or a dove: soft near-pure notes in pairs, the second lower and trembling."""
    parts: list[tuple[float, Wave]] = []
    for s in np.arange(0.15, seconds, 1 / rate):
        for d, r, n, tremor in ((0, 1, length, 0), (gap, second, length * 1.6, tremolo)):
            t = clock(n)
            x = harmonics(pitch * r * (1 - 0.06 * (2 * t / n - 1) ** 2), n, slope, 4) * (
                1 + tremor * np.sin(2 * np.pi * 14 * t)
            )
            parts.append((s + d, fade(x + 0.02 * noise(rng, n, 300, 2000)[: len(x)], 0.06, 0.12)))
    return room(rng, place(parts, seconds), 1.0, 0.35) + air * noise(rng, seconds, 50, 1500)


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


def buzz(
    rng: Rng,
    seconds: float,
    pitch: float = 230,
    slope: float = 0.8,
    wander_by: float = 0.06,
    near: float = 0.5,
    rate: float = 2,
    low: float = 100,
    high: float = 6000,
    air: float = 0.01,
) -> Wave:
    """Wings of a bee, fly or mosquito: a buzzing tone that drifts in pitch as the insect comes and goes."""
    curve = pitch * wander(rng, seconds, rate, 1 - wander_by, 1 + wander_by)
    wings = passband(harmonics(curve, seconds, slope, 40), low, high)
    return wings * wander(rng, seconds, rate, 1 - near, 1) + air * noise(rng, seconds, 100, 4000)


def chirps(
    rng: Rng,
    seconds: float,
    pitch: float = 4600,
    pulses: float = 4,
    pulse_rate: float = 35,
    rate: float = 2.2,
    second: float = 0.5,
    air: float = 0.01,
) -> Wave:
    """Crickets: trains of short pure pulses, two animals that are never quite together."""
    parts: list[tuple[float, Wave]] = []
    for own, loud, shift in ((pitch, 1.0, 0.0), (pitch * 1.07, second, 0.21)):
        pulse = fade(sine(own, 0.6 / pulse_rate), 0.004, 0.008)
        parts += [
            (s + shift + k / pulse_rate, loud * pulse)
            for s in steady(rng, seconds, rate, 0.02, 0)
            for k in range(int(pulses))
        ]
    return room(rng, place(parts, seconds), 0.5, 0.2) + air * noise(rng, seconds, 200, 4000)


def croaks(
    rng: Rng,
    seconds: float,
    pitch: float = 90,
    length: float = 0.25,
    rate: float = 1.8,
    f1: float = 700,
    f2: float = 1800,
    second: float = 0.6,
    air: float = 0.01,
) -> Wave:
    """Frogs: trains of clicks through a resonant throat sac."""
    parts: list[tuple[float, Wave]] = []
    for own, loud, shift in ((1.0, 1.0, 0.0), (1.25, second, 0.27)):
        for s in steady(rng, seconds, rate, 0.05):
            pulses = harmonics(pitch * own * contour((1, 1.15, 1.2), length), length, 0.1, 80)
            parts.append(
                (s + shift, loud * fade(formants(pulses, ((f1 * own, 150, 1), (f2 * own, 250, 0.8))), 0.04, 0.05))
            )
    return room(rng, place(parts, seconds), 0.5, 0.25) + air * noise(rng, seconds, 100, 4000)


def hiss(
    rng: Rng,
    seconds: float,
    low: float = 2500,
    high: float = 7800,
    rattle: float = 0.0,
    rate: float = 1.0,
    shake: float = 50,
) -> Wave:
    """A snake: breathy hisses, and the dry rattle of a tail where asked."""
    breath = noise(rng, seconds, low, high) * np.maximum(0.02, np.sin(2 * np.pi * rate * clock(seconds) / 2)) ** 0.6
    clicks = [(s, rattle * dying(noise(rng, 0.02, 2500, 7500), 0.004)) for s in steady(rng, seconds, shake, 0.3)]
    return breath + place(clicks, seconds)


def peeps(
    rng: Rng,
    seconds: float,
    pitch: float = 3400,
    length: float = 0.12,
    rate: float = 3,
    drop: float = 0.25,
    second: float = 0.6,
    air: float = 0.005,
) -> Wave:
    """Chicks or mice: short whistles that fall in pitch, several small animals."""
    parts = [
        (
            s,
            rng.uniform(second, 1)
            * fade(
                harmonics(pitch * rng.uniform(0.9, 1.1) * contour((1, 1.05, 1 - drop), length), length, 2.2, 3),
                0.01,
                0.04,
            ),
        )
        for s in scattered(rng, seconds, rate)
    ]
    return room(rng, place(parts, seconds), 0.3, 0.15) + air * noise(rng, seconds, 100, 4000)


def crowd(
    rng: Rng, seconds: float, people: float = 14, pitch: float = 260, rough: float = 0.4, clapping: float = 0.3
) -> Wave:
    """A cheering crowd: many voices on open vowels at once, with clapping."""
    out = np.zeros(samples(seconds))
    for _ in range(int(people)):
        own = pitch * 2 ** rng.uniform(-0.8, 0.9)
        curve = own * wander(rng, seconds, 1.5, 0.85, 1.2)
        f1, f2 = rng.uniform(600, 900), rng.uniform(1000, 1700)
        out += (
            rng.uniform(0.3, 1)
            * throat(rng, curve, ((f1, 150, 1), (f2, 200, 0.7), (2800, 400, 0.4)), rough, 1.0)
            * wander(rng, seconds, 2, 0, 1)
        )
    hands = place(
        [(s, clapping * dying(noise(rng, 0.05, 800, 4000), 0.01)) for s in scattered(rng, seconds, 80)], seconds
    )
    return room(rng, out / out.std() + hands, 1.0, 0.3)


def snore(
    rng: Rng,
    seconds: float,
    rate: float = 0.55,
    flutter: float = 28,
    low: float = 100,
    high: float = 1200,
    inhale: float = 1.0,
) -> Wave:
    """Somebody asleep: a fluttering inward breath and a soft outward one."""
    t = (clock(seconds) * rate) % 1
    inward = np.clip(np.sin(np.pi * np.clip(t / 0.5, 0, 1)), 0, 1) * (t < 0.5)
    outward = np.clip(np.sin(np.pi * np.clip((t - 0.55) / 0.4, 0, 1)), 0, 1) * (t > 0.55)
    flap = np.maximum(0, sine(flutter * wander(rng, seconds, 6, 0.9, 1.1), seconds)) ** 2
    nose = formants(noise(rng, seconds, low, high), ((250, 150, 2), (700, 250, 1.5), (1500, 500, 0.7)))
    return inhale * nose * inward * (0.1 + flap) * 3 + 0.2 * noise(rng, seconds, 500, 4000) * outward
