"""Does YAMNet hear what the demo's synthetic sounds are meant to be?

    python benchmarks/demo_sounds.py [--seeds 3]

For every sound: the labels that would be right, YAMNet's three strongest with their mean probabilities, and the rank of
the best right label. With --seeds N the recipes are also run with N - 1 other random streams: what the recipe is worth,
rather than the one clip that was chosen. "guessing" is what the same labels would score in a random order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import soundfile

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mmalign_core.data.demo.sounds import RATE, Sound, sound_table, synthesise
from mmalign_core.encoders.base import ENCODERS
from mmalign_core.types import Media


def posterior(encoder, sounds: list[Sound]) -> np.ndarray:
    """(n, 521) mean probabilities of the sounds as the demo writes them: 16-bit FLAC, decoded by the encoder."""
    with tempfile.TemporaryDirectory() as folder:
        prepared = [encoder.prepare(_written(sound, Path(folder))) for sound in sounds]
        chunks = [encoder.encode(prepared[i : i + 8]).posterior for i in range(0, len(prepared), 8)]
    return np.concatenate(chunks)


def _written(sound: Sound, folder: Path) -> Media:
    path = folder / f"{sound.name}.flac"
    soundfile.write(path, synthesise(sound), RATE, subtype="PCM_16")
    return Media(sound.name, "audio", sound.name, str(path))


def ranks(scores: np.ndarray, sounds: list[Sound], names: list[str]) -> np.ndarray:
    """Rank (1 is best) of the strongest right label of each sound; a tie never helps."""
    right = [[names.index(label) for label in sound.labels] for sound in sounds]
    best = np.array([row[index].max() for row, index in zip(scores, right, strict=True)])
    others = [np.delete(row, index) for row, index in zip(scores, right, strict=True)]
    return np.array([1 + int((rest >= top).sum()) for rest, top in zip(others, best, strict=True)])


def main() -> None:
    """Print a line a sound, then the totals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=1, help="random streams to try, the shipped one included")
    seeds = parser.parse_args().seeds
    encoder = ENCODERS.get("yamnet")()
    names, sounds = list(encoder.labels), list(sound_table().values())
    scores = posterior(encoder, sounds)
    rank = ranks(scores, sounds, names)
    for sound, row, place in zip(sounds, scores, rank, strict=True):
        top = ", ".join(f"{names[i]} {row[i]:.2f}" for i in np.argsort(-row, kind="stable")[:3])
        print(
            f"{'hit ' if place <= 5 else 'MISS'} rank {place:3d}  {sound.name:16s} {top}   [{' | '.join(sound.labels)}]"
        )
    print(f"\n{len(sounds)} sounds, seed shipped: top-1 {np.mean(rank <= 1):.1%}, top-5 {np.mean(rank <= 5):.1%}")
    for seed in range(2, seeds + 1):
        others = [replace(sound, name=f"{sound.name}~{seed}") for sound in sounds]
        rank = ranks(posterior(encoder, others), sounds, names)
        print(
            f"{len(sounds)} sounds, other seed {seed}: top-1 {np.mean(rank <= 1):.1%}, top-5 {np.mean(rank <= 5):.1%}"
        )
    share = np.array([len(sound.labels) / len(names) for sound in sounds])
    print(f"guessing: top-1 {share.mean():.1%}, top-5 {np.mean(1 - (1 - share) ** 5):.1%}")


if __name__ == "__main__":
    main()
