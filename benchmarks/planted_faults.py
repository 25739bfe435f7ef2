"""Faults planted into five collections, and how many of them are found: recall, precision@20 and false alarms.

python benchmarks/planted_faults.py [folder of the data sets] [--only demo,clip] [--faults "swapped captions,hub"]
                                    [--shares 0.01,0.05,0.1] [--seeds 6] [--store FOLDER]

Each fault is planted into 1, 5 and 10% of the pairs, with several seeds; a cell is mean ± standard deviation. Recall is
the share of the planted items that get the cause. Precision@20 is over the 20 most suspicious items; `most` is what it
can reach, for a small share plants fewer than 20. False alarms are items of the clean collection that get the cause, as
a share of all. For swapped captions two rankings stand beside: confident learning (Northcutt et al. 2021: lowest
self-confidence, the probability out of fold of the own candidate) and plain low similarity.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.fault_finders import MEDIUM_CAUSES, Found, Scores, faulty_media
from benchmarks.fault_kinds import FAULTS, Fault
from mmalign_core.aligners import ALIGNERS
from mmalign_core.data.in_memory import collection_from_arrays
from mmalign_core.settings import Settings
from mmalign_core.splits import content_groups, folds, paired_items
from mmalign_core.store import Store
from mmalign_core.triage.causes.wrong_pair import WrongPair
from mmalign_core.types import BadInput, Collection, EmbeddingSet
from mmalign_core.vectors import unit_rows
from mmalign_core.workflow import Choices, align, encode, open_collection, open_demo
from mmalign_core.workflow.error_analysis.out_of_fold import set_suspicion

DATA = Path(__file__).parents[2] / "shared/data"
BEST = 20
"""The k of precision@k, as the reports of confident learning give it."""
FOLDS = 5
"""Folds of the confident learning that stands beside: cleanlab's default."""


def wrong_pairs(collection: Collection, store: Store, seed: int) -> Found:
    """Suspected wrong pairs, and the two rankings that stand beside."""
    pair = pair_of(collection)
    encoding = encode(collection, store=store)
    found = set_suspicion({m: encoding.sets[m] for m in pair}, store=store, seed=seed)
    values = found.values()
    flagged = {item for item, value in values.items() if value >= WrongPair().threshold}
    named = {item for item in flagged if all(found.evidence(item)["agrees_better_with"].values())}
    aligner = "as-is" if collection.vectors else "bridge"
    space = align(collection, encoding, Choices(pair=pair, aligner=aligner), store=store).result.space
    low = low_similarity({m: space[m] for m in pair})
    confident = self_confidence({m: encoding.sets[m] for m in pair}, seed)
    return Found({"suspicion": values, "confident learning": confident, "low similarity": low}, frozenset(named))


FINDERS: Mapping[str, Callable[[Collection, Store, int], Found]] = {
    "wrong_pair": wrong_pairs,
    **{name: faulty_media(name) for name in MEDIUM_CAUSES},
}
"""Cause -> what finds it. A fault whose cause is not here is printed as 'no finder'."""


def low_similarity(sets: Mapping[str, EmbeddingSet]) -> Scores:
    """Less the cosine of both media of an item; the least one where it has several."""
    items = paired_items(sets)
    first, second = (_by_item(rows, items) for rows in sets.values())
    return {item: -float(first[item] @ second[item]) for item in sorted(items)}


def self_confidence(sets: Mapping[str, EmbeddingSet], seed: int) -> Scores:
    """Less the log of the own candidate's probability out of fold, each candidate being a class.

    The probability is the softmax of the standard scores of ridge regression. {} where there is too little to fit on.
    """
    count = min(FOLDS, len(content_groups(sets)))
    items = sorted(paired_items(sets))
    found: dict[str, float] = {}
    try:
        for part in folds(sets, count, seed):
            model = ALIGNERS.create("ridge").fit({m: rows.of_items(part.train) for m, rows in sets.items()})
            first, second = (_by_item(_placed(model, rows), set(items)) for rows in sets.values())
            held = [item for item in part.test if item in first]
            scores = np.stack([first[item] for item in held]) @ np.stack([second[item] for item in items]).T
            scores = (scores - scores.mean(1, keepdims=True)) / np.maximum(scores.std(1, keepdims=True), 1e-9)
            chance = scores - np.log(np.exp(scores).sum(1, keepdims=True))
            place = {item: at for at, item in enumerate(items)}
            found |= {item: -float(chance[row, place[item]]) for row, item in enumerate(held)}
    except BadInput:
        return {}
    return found


def measure(fault: Fault, collection: Collection, share: float, seeds: int, store: Store) -> list[str]:
    """The lines of one fault at one share: a ranking each."""
    finder, cells = FINDERS[fault.cause], dict[str, list[tuple[float, ...]]]()
    items = sorted(_harmable(collection, fault))
    many = max(2, round(share * len(items)))
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        chosen = [items[at] for at in rng.permutation(len(items))[:many]]
        with tempfile.TemporaryDirectory() as folder:
            harmed = fault.plant(collection, chosen, rng, Path(folder))
            found = finder(harmed, store, seed)
        wrong = really_harmed(collection, harmed, chosen)
        for name, scores in found.rankings.items():
            best = sorted(scores, key=lambda item: (-scores[item], item))[:BEST]
            recall = len(found.flagged & wrong) / len(wrong) if name == next(iter(found.rankings)) else float("nan")
            precision = len(wrong & set(best)) / BEST if scores else float("nan")
            cells.setdefault(name, []).append((recall, precision, min(1.0, len(wrong) / BEST)))
    return [line(name, np.array(rows)) for name, rows in cells.items()]


def really_harmed(before: Collection, after: Collection, chosen: Sequence[str]) -> set[str]:
    """The items whose content changed: a swap of two equal captions does no harm."""
    old, new = _contents(before), _contents(after)
    return {item for item in chosen if old.get(item) != new.get(item)}


def line(name: str, rows: np.ndarray) -> str:
    """A ranking's cells."""
    cells = [" " * 13 if np.isnan(x).all() else f"{np.nanmean(x):6.2f} ±{np.nanstd(x):5.2f}" for x in rows.T[:2]]
    return f"    {name:22}{'  '.join(cells)}   {rows[:, 2].mean():.2f}"


def pair_of(collection: Collection) -> tuple[str, str]:
    """Text and the modality that most items have beside it."""
    others = [m for m in collection.modalities if m != "text"]
    held = {m: len(collection.media_of(m)) + len(collection.vectors.get(m, ())) for m in others}
    return max(others, key=lambda m: held[m]), "text"


def collections(folder: Path, store: Store) -> dict[str, Callable[[], Collection]]:
    """Name -> what opens it."""

    def clip() -> Collection:
        image, text = np.load(folder / "clip_embeddings_coco500" / "features_clip.npy")
        return collection_from_arrays({"image": image, "text": text}, name="clip coco500")

    files = {"coco_mini": "coco_mini_ccby/manifest.jsonl", "esc10": "esc10/manifest.csv"}
    files["fsa_color"] = "fsa_color/manifest.csv"
    opened: dict[str, Callable[[], Collection]] = {
        name: lambda path=path: open_collection(folder / path) for name, path in files.items()
    }
    return {"clip": clip, "demo": lambda: open_demo(settings=Settings(root=store.root)), **opened}


def show(collection: Collection, faults: Sequence[Fault], shares: Sequence[float], seeds: int, store: Store) -> None:
    """The table of one collection."""
    print(f"\n{collection.name}: {len(collection.ids)} items, {seeds} seeds{'recall':>14}{'precision@20':>18}   most")
    alarms: dict[str, int] = {}
    for fault in faults:
        if fault.cause not in FINDERS:
            print(f"  {fault.name}: no finder")
        elif fault.modality not in collection.modalities or (collection.vectors and not fault.vectors):
            print(f"  {fault.name}: cannot be planted here")
        else:
            if fault.cause not in alarms:
                alarms[fault.cause] = len(FINDERS[fault.cause](collection, store, 0).flagged)
            false = f"{alarms[fault.cause]} of {len(collection.ids)} clean items get the cause"
            print(f"  {fault.name}: {false}", flush=True)
            for share in shares:
                print(f"   {share:.0%}", *measure(fault, collection, share, seeds, store), sep="\n", flush=True)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, default=DATA)
    parser.add_argument("--only", default="")
    parser.add_argument("--faults", default="")
    parser.add_argument("--shares", default="0.01,0.05,0.1")
    parser.add_argument("--seeds", type=int, default=6)
    parser.add_argument("--store", default="")
    args = parser.parse_args()
    wanted = [name for name in args.faults.split(",") if name]
    faults = [fault for fault in FAULTS if not wanted or fault.name in wanted]
    with tempfile.TemporaryDirectory() as folder:
        store = Store(args.store or folder)
        for name, opened in collections(args.data, store).items():
            if args.only and name not in args.only.split(","):
                continue
            try:
                collection = replace(opened(), name=name)
            except (BadInput, FileNotFoundError) as error:
                print(f"\n{name}: not here ({error})")
                continue
            show(collection, faults, [float(share) for share in args.shares.split(",")], args.seeds, store)


def _placed(model: object, rows: EmbeddingSet) -> EmbeddingSet:
    return EmbeddingSet(rows.modality, rows.ids, rows.keys, model.transform(rows), "ridge@fold")  # pyright: ignore


def _by_item(rows: EmbeddingSet, items: set[str]) -> dict[str, np.ndarray]:
    """Item -> unit mean of its unit rows."""
    total: dict[str, np.ndarray] = {}
    for item, vector in zip(rows.ids, unit_rows(rows.vectors)):
        if item in items:
            total[item] = total.get(item, 0) + vector
    return {item: vector / max(float(np.linalg.norm(vector)), 1e-12) for item, vector in total.items()}


def _harmable(collection: Collection, fault: Fault) -> set[str]:
    if collection.vectors:
        return set.intersection(*(set(rows.ids) for rows in collection.vectors.values()))
    first, second = pair_of(collection)
    both = {m.item for m in collection.media_of(first)} & {m.item for m in collection.media_of(second)}
    return both & {m.item for m in collection.media_of(fault.modality)}


def _contents(collection: Collection) -> dict[str, set[tuple[str, str]]]:
    found: dict[str, set[tuple[str, str]]] = {}
    for medium in collection.media:
        found.setdefault(medium.item, set()).add((medium.modality, medium.digest))
    for modality, rows in collection.vectors.items():
        for item, key in zip(rows.ids, rows.keys):
            found.setdefault(item, set()).add((modality, key))
    return found


if __name__ == "__main__":
    main()
