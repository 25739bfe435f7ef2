"""Building blocks of the synthesiser: noise, tones, envelopes, formants, placing and rooms; mono, 16 kHz."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

RATE = 16_000
"""Samples a second; the rate that YAMNet reads."""
Wave = NDArray[np.float64]
Rng = np.random.Generator


def samples(seconds: float) -> int:
    """The number of samples in so many seconds."""
    return round(seconds * RATE)


def clock(seconds: float) -> Wave:
    """Sample times in seconds, shape (seconds * RATE,)."""
    return np.arange(samples(seconds)) / RATE


def passband(x: Wave, low: float, high: float, order: int = 2) -> Wave:
    """The wave between two frequencies in hertz (Butterworth); low 0 keeps the bass, high 8000 the treble."""
    return np.asarray(sosfilt(_sections(low, high, order), x))


@lru_cache(maxsize=1024)
def _sections(low: float, high: float, order: int) -> Any:
    """The cached Butterworth sections, since designing a filter takes longer than applying it to a short sound."""
    top = RATE / 2 - 50
    if low <= 0:
        return butter(order, min(high, top), "lowpass", fs=RATE, output="sos")
    if high >= top:
        return butter(order, low, "highpass", fs=RATE, output="sos")
    return butter(order, (low, high), "bandpass", fs=RATE, output="sos")


def noise(rng: Rng, seconds: float, low: float = 0, high: float = 8000) -> Wave:
    """White noise of unit deviation, band-limited to low..high hertz."""
    x = passband(rng.standard_normal(samples(seconds)), low, high)
    return x / (x.std() + 1e-9)


def wander(rng: Rng, seconds: float, per_second: float, low: float, high: float) -> Wave:
    """A smooth random curve between low and high that takes a new value about per_second times a second."""
    t = clock(seconds)
    knots = np.arange(0, seconds + 2 / per_second, 1 / per_second)
    return np.interp(t, knots, rng.uniform(low, high, len(knots)))


def sine(frequency: float | Wave, seconds: float) -> Wave:
    """A sine of fixed frequency, or one that follows a frequency curve of the same length."""
    curve = np.broadcast_to(np.asarray(frequency, float), clock(seconds).shape)
    return np.sin(2 * np.pi * np.cumsum(curve) / RATE)


def harmonics(frequency: float | Wave, seconds: float, slope: float = 1.0, count: int = 40, odd: bool = False) -> Wave:
    """A sum of harmonics k with amplitude k**-slope, silent above 7.6 kHz; only odd ones make a hollow tone."""
    curve = np.broadcast_to(np.asarray(frequency, float), clock(seconds).shape)
    phase = 2 * np.pi * np.cumsum(curve) / RATE
    out = np.zeros_like(phase)
    for k in range(1, count + 1, 2 if odd else 1):
        if k * curve.min() > 7600:
            break
        out += k**-slope * np.sin(k * phase) * (k * curve < 7600)
    return out


def fade(x: Wave, attack: float = 0.01, release: float = 0.05) -> Wave:
    """The wave with linear attack and release, both in seconds."""
    t = np.arange(len(x)) / RATE
    return x * np.minimum(1, t / max(attack, 1e-4)) * np.minimum(1, t[::-1] / max(release, 1e-4))


def dying(x: Wave, tau: float) -> Wave:
    """The wave under an exponential decay with time constant tau in seconds."""
    return x * np.exp(-np.arange(len(x)) / (tau * RATE))


def formants(x: Wave, peaks: Iterable[tuple[float, float, float]]) -> Wave:
    """The wave through parallel resonances (centre Hz, width Hz, gain), as a mouth or a wooden body has."""
    return sum((gain * passband(x, max(20, f - w / 2), f + w / 2, 1) for f, w, gain in peaks), np.zeros_like(x))


def place(parts: Iterable[tuple[float, Wave]], seconds: float) -> Wave:
    """Waves added at their start times (seconds); what would run over the end is cut."""
    out = np.zeros(samples(seconds))
    for start, x in parts:
        i = int(start * RATE)
        if 0 <= i < len(out):
            out[i : i + len(x)] += x[: len(out) - i]
    return out


def steady(rng: Rng, seconds: float, per_second: float, jitter: float = 0.0, start: float = 0.1) -> list[float]:
    """Event times at a steady rate, each displaced by up to jitter of a period."""
    times = np.arange(start, seconds - 0.05, 1 / per_second)
    return list(np.maximum(0, times + rng.uniform(-jitter, jitter, len(times)) / per_second))


def scattered(rng: Rng, seconds: float, per_second: float) -> Sequence[float]:
    """Event times scattered at random (a Poisson process given its mean count)."""
    return sorted(rng.uniform(0, seconds, max(1, int(per_second * seconds))))


def room(rng: Rng, x: Wave, size: float = 0.3, wet: float = 0.3) -> Wave:
    """The wave in a room: convolved with a noise tail of reverberation constant size (seconds), mixed in by wet."""
    tail = dying(rng.standard_normal(samples(3 * size)), size / 2)
    echo = fftconvolve(x, passband(tail, 100, 5000))[: len(x)]
    return x + wet * echo * (np.abs(x).max() + 1e-9) / (np.abs(echo).max() + 1e-9)


def ambience(rng: Rng, seconds: float) -> Wave:
    """The murmur of a quiet place: pink-like noise of unit deviation."""
    x = noise(rng, seconds, 30, 250) + 0.4 * noise(rng, seconds, 200, 1500) + 0.15 * noise(rng, seconds, 1000, 8000)
    return x / x.std()


def level(x: Wave, peak: float = 0.8) -> Wave:
    """The wave without offset, with short fades at its ends, scaled to the given peak."""
    x = fade(x - x.mean(), 0.005, 0.02)
    return peak * x / (np.abs(x).max() + 1e-9)
