"""The demo's synthesiser: one family of sounds a file, and a table of named sounds with their labels."""

from __future__ import annotations

import csv
import zlib
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

import numpy as np

from mmalign_core.data.demo.sounds.signal import RATE, Wave, ambience, level, samples

SECONDS = 3.375
"""Six whole patches of YAMNet (0.975 s every 0.48 s), so no clip ends in padding."""


@dataclass(frozen=True)
class Sound:
    """One row of sounds.csv: a recipe ("family.function"), its parameters, and the right AudioSet labels."""

    name: str
    recipe: str
    params: dict[str, float]
    labels: tuple[str, ...]


@cache
def sound_table() -> dict[str, Sound]:
    """All sounds by name, in the order of sounds.csv."""
    with Path(__file__).with_name("sounds.csv").open(encoding="utf-8", newline="") as file:
        return {row["name"]: _sound(row) for row in csv.DictReader(file)}


def _sound(row: dict[str, str]) -> Sound:
    pairs = (pair.split("=") for pair in row["params"].split())
    return Sound(row["name"], row["recipe"], {k: float(v) for k, v in pairs}, tuple(row["labels"].split("|")))


def synthesise(sound: Sound, seconds: float = SECONDS) -> Wave:
    """The sound as mono samples in [-1, 1] at RATE hertz, shape (seconds * RATE,); the same on every call.

    Two parameters apply to every recipe: `place` (loudness of the background noise) and `peak` (the clip's peak).
    """
    params = dict(sound.params)
    peak, murmur = params.pop("peak", 0.8), params.pop("place", 0.0)
    family, function = sound.recipe.split(".")
    rng = np.random.default_rng(zlib.crc32(sound.name.encode()))
    wave = getattr(import_module(f".{family}", __package__), function)(rng, seconds, **params)
    wave = np.asarray(wave, dtype=float)[: samples(seconds)]
    return level(wave / np.abs(wave).max() + murmur * ambience(rng, seconds), peak)


__all__ = ["RATE", "SECONDS", "Sound", "sound_table", "synthesise"]
