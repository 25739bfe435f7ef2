"""Spaces linked by texts alone: `pivot` beside its rivals on real vectors, three seeds, no pair of media given.

python benchmarks/pivot_texts.py [../shared/data]

First, real CLIP pictures (ViT-B/16, 500 photographs of COCO with their modality gap) against captions that another
text encoder read, so that only pivot captions, read by both CLIP's text tower and that encoder, link the two. CLIP's
own text tower is the ceiling. Then, pictures and sounds of the demo, each placed by `bridge` among the words of
another text encoder: a stand-in for models that share a space with texts, for no CLIP or CLAP is embedded.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners import ALIGNERS
from mmalign_core.aligners.linear.base import LinearAligner
from mmalign_core.encoders.batched.embedding_sets import encode_set
from mmalign_core.encoders.batched.instances import encoder
from mmalign_core.store import Store
from mmalign_core.types import EmbeddingSet, Media, digest_bytes
from mmalign_core.types.embeddings import Pivots
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, encode, open_demo
from mmalign_core.workflow.alignment.inputs import usable_sets

DATA = Path(__file__).parents[2] / "shared/data"
SEEDS, TESTED = 3, 200
Sets = dict[str, EmbeddingSet]
Way = Callable[[Sets, Sets], np.ndarray]
"""Fitted on the first sets (unpaired media, pivots), scores (n, n) of the second, whose rows i belong together."""


def ours(**params: float) -> Way:
    """Cosines after `pivot`."""

    def way(known: Sets, asked: Sets) -> np.ndarray:
        model = ALIGNERS.create("pivot", **params).fit(known)
        a, b = (model.transform(s) for s in asked.values())
        return a @ b.T

    return way


def solved(name: str) -> Way:
    """Cosines after an aligner of pairs, fitted on the texts as pairs; media from their own mean."""

    def way(known: Sets, asked: Sets) -> np.ndarray:
        texts = {m: as_set(m, held(s)[1].vectors) for m, s in known.items()}
        model = ALIGNERS.create(name).fit(texts)
        shift = {m: known[m].vectors.mean(0) - texts[m].vectors.mean(0) for m in known}
        moved = {m: as_set(m, s.vectors - shift[m]) for m, s in asked.items()}
        a, b = (model.transform(s) for s in moved.values())
        return a @ b.T

    return way


def gap_left(known: Sets, asked: Sets) -> np.ndarray:
    """`pivot`'s maps, but media taken from the texts' mean."""
    model = ALIGNERS.create("pivot").fit(known)
    assert isinstance(model, LinearAligner)
    found = []
    for m, s in asked.items():
        view = model.linear_map(m)
        assert view is not None
        found.append(unit_rows((s.vectors - held(known[m])[1].vectors.mean(0)) @ view.linear))
    return found[0] @ found[1].T


def completed(sharpness: float) -> Way:
    """C-MCR's semantic completion, without its trained projectors: both as softmax-weighted means of texts of one
    space, each in its own space's weights; media and texts from their means."""

    def way(known: Sets, asked: Sets) -> np.ndarray:
        second = list(known)[1]
        texts = held(known[second])[1].vectors
        meant = unit_rows(texts - texts.mean(0))
        found = []
        for m, s in asked.items():
            own = held(known[m])[1].vectors
            alike = unit_rows(s.vectors - known[m].vectors.mean(0)) @ unit_rows(own - own.mean(0)).T
            weights = np.exp(sharpness * (alike - alike.max(1, keepdims=True)))
            found.append(unit_rows(weights / weights.sum(1, keepdims=True) @ meant))
        return found[0] @ found[1].T

    return way


WAYS: dict[str, Way] = {
    "pivot": ours(),
    "pivot, ridge 0.3": ours(reg=0.3),
    "pivot, gap left": gap_left,
    "cca of texts, by held-out texts": solved("cca"),
    "procrustes of texts": solved("procrustes"),
    "relative to texts (ASIF)": solved("relative"),
    "completion, sharpness 5": completed(5),
    "completion, sharpness 20": completed(20),
}


def held(rows: EmbeddingSet) -> tuple[EmbeddingSet, Pivots]:
    """The set and its pivots."""
    assert rows.pivots is not None
    return rows, rows.pivots


def as_set(modality: str, vectors: np.ndarray, pivots: np.ndarray | None = None) -> EmbeddingSet:
    """Rows named by their number, and pivots likewise."""
    ids = tuple(f"{i:05d}" for i in range(len(vectors)))
    rows = EmbeddingSet(modality, ids, ids, vectors, f"{modality}@given")
    if pivots is None:
        return rows
    names = tuple(map(str, range(len(pivots))))
    return replace(rows, pivots=Pivots(names, (frozenset[str](),) * len(names), pivots))


def read(texts: list[str], name: str, store: Store) -> np.ndarray:
    """(n, d) by that text encoder."""
    media = [Media(text, "text", digest_bytes(text.encode()), text=text) for text in texts]
    return encode_set(encoder(name, "text"), media, store=store)[0].vectors


def numbers(scores: np.ndarray) -> np.ndarray:
    """Recall@1 and @10 in percent and mean reciprocal rank in percent, mean of both directions."""
    found = []
    for one in (scores, scores.T):
        rank = 1 + (one > np.diag(one)[:, None]).sum(1)
        found.append([100 * (rank <= 1).mean(), 100 * (rank <= 10).mean(), 100 * (1 / rank).mean()])
    return np.mean(found, axis=0)


def row(what: str, found: list[np.ndarray]) -> None:
    """Mean, and spread over seeds where something was drawn."""
    mean, spread = np.mean(found, axis=0), np.std(found, axis=0)
    drawn = len(found) > 1
    print(f"{what:40}" + "".join(f"{m:9.1f}" + f" ± {s:3.1f}" * drawn for m, s in zip(mean, spread)))


def clip(folder: Path, store: Store) -> None:
    """Pictures by CLIP, captions by another encoder; other pictures' captions link them."""
    image, text = np.load(folder / "features_clip.npy")
    with (folder / "pairs.csv").open(encoding="utf-8") as file:
        captions = [line["caption"] for line in csv.DictReader(file)]
    orders = [np.random.default_rng(seed).permutation(len(captions)) for seed in range(SEEDS)]
    ceiling = [numbers(unit_rows(image[o[:TESTED]]) @ unit_rows(text[o[:TESTED]]).T) for o in orders]
    for name in ("use-multilingual", "minilm"):
        other = read(captions, name, store)
        for count in (50, 300):
            print(f"\nCLIP pictures, captions by {name}, n = {TESTED}, {count} pivot captions: R@1, R@10, MRR")
            for what, way in WAYS.items():
                found = []
                for o in orders:
                    asked, rest = o[:TESTED], o[TESTED:]
                    link = rest[:count]
                    known = {
                        "image": as_set("image", image[rest], text[link]),
                        "text": as_set("text", other[rest], other[link]),
                    }
                    held_out = {m: as_set(m, x[asked]) for m, x in (("image", image), ("text", other))}
                    found.append(numbers(way(known, held_out)))
                row(what, found)
            row("(ceiling: CLIP's own text tower)", ceiling)


def demo(store: Store) -> None:
    """Pictures by `bridge` in one text encoder's space, sounds in another's; the vocabulary links them."""
    collection = open_demo()
    encoding = encode(collection, store=store)
    names = vocabulary_once()
    places: dict[str, dict[str, np.ndarray]] = {}
    for name in ("use-multilingual", "minilm"):
        sets = dict(encoding.sets)
        sets["text"] = encode(collection, {"text": name}, store=store).sets["text"]
        choices = Choices(("image", "audio"), "bridge")
        ready = usable_sets(sets, choices, store, collection.media)
        places[name] = {m: labels_mean(ready[m]) for m in ("image", "audio")}
    ids = {m: encoding.sets[m].ids for m in ("image", "audio")}
    both = [i for i in ids["audio"] if i in set(ids["image"])]
    at = {m: [ids[m].index(i) for i in both] for m in ids}
    for a, b in (("use-multilingual", "minilm"), ("minilm", "use-multilingual")):
        links = {"image": read(names, a, store), "audio": read(names, b, store)}
        known = {m: as_set(m, places[n][m], links[m]) for m, n in (("image", a), ("audio", b))}
        asked = {m: as_set(m, known[m].vectors[at[m]]) for m in known}
        print(f"\ndemo: pictures by {a}, sounds by {b}, n = {len(both)}, {len(names)} names link: R@1, R@10, MRR")
        for what, way in WAYS.items():
            row(what, [numbers(way(known, asked))])
        for n in (a, b):
            same = [unit_rows(places[n][m][at[m]] - places[n][m].mean(0)) for m in ("image", "audio")]
            row(f"(one space: both by {n})", [numbers(same[0] @ same[1].T)])
    row("(chance)", [np.array([100 / len(both), 1000 / len(both), 100 * np.mean(1 / np.arange(1, len(both) + 1))])])


def vocabulary_once() -> list[str]:
    """Names of things seen and heard, each once."""
    from mmalign_core.workflow.alignment.inputs import vocabulary

    return list(dict.fromkeys(vocabulary()))


def labels_mean(rows: EmbeddingSet) -> np.ndarray:
    """(n, d): mean of the concepts' names by the square root of their probability, where `bridge` starts."""
    concepts = rows.concepts
    assert concepts is not None and concepts.vectors is not None
    weights = np.sqrt(np.clip(concepts.posterior, 0, None))
    return (weights / weights.sum(1, keepdims=True) @ concepts.vectors).astype(np.float32)


def main(data: str = str(DATA)) -> None:
    """Print every table."""
    with tempfile.TemporaryDirectory() as root:
        store = Store(Path(root))
        clip(Path(data) / "clip_embeddings_coco500", store)
        demo(store)


if __name__ == "__main__":
    main(*sys.argv[1:])
