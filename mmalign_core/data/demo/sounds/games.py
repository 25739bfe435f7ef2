"""Balls and wheels: dribbling, rallies, bowling, skateboards."""

from __future__ import annotations

from mmalign_core.data.demo.sounds.signal import Rng, Wave, dying, formants, noise, place, room, steady


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
