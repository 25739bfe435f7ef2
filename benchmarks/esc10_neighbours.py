"""ESC-10: class of a sound from its 5 nearest neighbours in YAMNet's embedding, over the folds of the data set.

python benchmarks/esc10_neighbours.py [FOLDER with manifest.csv: id, text, audio, fold]
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.encoders import ENCODERS
from mmalign_core.encoders.batched import encode_media
from mmalign_core.types import Media, digest_file

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "esc10"


def majority(labels: list[str]) -> str:
    """The commonest label; of equally common ones that of the nearest neighbour, which comes first."""
    return Counter(labels).most_common(1)[0][0]


def accuracy(vectors: np.ndarray, labels: np.ndarray, folds: np.ndarray, k: int) -> float:
    """Share of sounds whose k nearest neighbours by cosine in the other folds agree with their class."""
    right = 0
    for fold in np.unique(folds):
        test = folds == fold
        nearest = np.argsort(-(vectors[test] @ vectors[~test].T), axis=1)[:, :k]
        guesses = [majority(list(labels[~test][row])) for row in nearest]
        right += int((np.array(guesses) == labels[test]).sum())
    return right / len(labels)


def main() -> None:
    """Print the accuracy for 1, 3, 5 and 7 neighbours."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    files = {i: folder / row["audio"] for i, row in rows.items()}
    media = [Media(i, "audio", digest_file(path), path=str(path)) for i, path in files.items()]
    row_of = {m.digest: rows[m.item] for m in media}
    batches = list(encode_media(ENCODERS.create("yamnet"), media))
    vectors = np.concatenate([batch.vectors for batch in batches])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    used = [row_of[digest] for batch in batches for digest in batch.digests]
    labels, folds = (np.array([row[column] for row in used]) for column in ("text", "fold"))
    for k in (1, 3, 5, 7):
        print(f"{k} nearest: {accuracy(vectors, labels, folds, k):.4f}  ({len(labels)} sounds; asked for at 5: 0.96)")


if __name__ == "__main__":
    main()
