"""What `bridge` finds without any pair: each part of its evidence alone, and all together.

    python benchmarks/zero_shot.py [--data FOLDER] [--drawings PACKAGES] [--image efficientnet-lite2]

Sets: the demo (captions in English, names in Chinese), COCO photographs (five captions each; 24 captions in Chinese),
FSA photographs (titles), ESC-10 sounds (names of ten classes), and with --drawings (folders of npm's @iconify-json
packages, as for train_bridge_head.py) the emoji of the demo as other sets draw them, which no head was trained on.
R@10 (of ESC-10 accuracy) in both directions, n queries, and the 95% interval of a bootstrap over queries.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from benchmarks.train_bridge_head import LANGUAGES, SIDE, bare, drawings
from benchmarks.translated_captions import CAPTIONS
from benchmarks.translated_captions import LANGUAGES as CAPTION_LANGUAGES
from mmalign_core.aligners.explainable import HasParts
from mmalign_core.data.demo import demo_items, write_demo
from mmalign_core.data.demo.items import emoji_name
from mmalign_core.store import Store
from mmalign_core.types import Collection, EmbeddingSet
from mmalign_core.workflow import Choices, align, encode, open_collection

DATA = Path(__file__).parents[2] / "shared/data"
RESAMPLES = 1000
"""Resamples of the bootstrap; their number moves the interval's ends by tenths of a percent."""

Sets = Iterator[tuple[str, Collection, tuple[str, str], int]]


def manifest(folder: Path, rows: list[dict[str, str]]) -> Collection:
    """The collection of these rows."""
    file = folder / "rows.jsonl"
    file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return open_collection(file)


def demo_sets(work: Path) -> Sets:
    """The demo's pictures with captions, and with names in Chinese."""
    folder = write_demo(work / "demo")
    rows = [json.loads(line) for line in (folder / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    yield "demo, captions", manifest(folder, rows), ("image", "text"), 10
    sounds = [row for row in rows if "audio" in row]
    yield "demo's sounds, captions", manifest(folder, sounds), ("audio", "text"), 10
    yield "demo, Chinese names", manifest(folder, [r | {"text": r["name_zh"]} for r in rows]), ("image", "text"), 10


def shared_sets(data: Path, work: Path) -> Sets:
    """Photographs and recordings that are there."""
    for name, file, pair, k in (
        ("coco_mini_ccby", "manifest.jsonl", ("image", "text"), 10),
        ("fsa_color", "manifest.csv", ("image", "text"), 10),
        ("esc10", "manifest.csv", ("audio", "text"), 1),
    ):
        if (data / name / file).is_file():
            yield name, open_collection(data / name / file), pair, k
    coco = data / "coco_mini_ccby"
    if coco.is_dir():
        lines = (coco / "manifest.jsonl").read_text(encoding="utf-8").splitlines()[: len(CAPTIONS)]
        chinese = [row[CAPTION_LANGUAGES.index("Chinese")] for row in CAPTIONS]
        rows = [json.loads(line) | {"text": text} for line, text in zip(lines, chinese)]
        rows = [row | {"image": str(coco / row["image"])} for row in rows]
        yield "coco, Chinese captions", manifest(work, rows), ("image", "text"), 10


def drawn_sets(packages: Path, work: Path) -> Sets:
    """The demo's emoji as each package draws them, by their names."""
    import resvg_py

    demo = {bare(item.emoji): item.emoji for item in demo_items() if item.emoji}
    for package in sorted(path.parent for path in packages.glob("*/chars.json")):
        folder = work / package.name
        folder.mkdir()
        drawn = dict(drawings(package, demo))
        for i, svg in enumerate(drawn.values()):
            png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE, skip_system_fonts=True))
            picture = Image.open(io.BytesIO(png)).convert("RGBA")
            ground = Image.new("RGB", picture.size, "white")
            ground.paste(picture, (0, 0), picture)
            ground.save(folder / f"{i}.png")
        for language in LANGUAGES:
            rows = [{"id": str(i), "image": f"{i}.png", "text": emoji_name(e, language)} for i, e in enumerate(drawn)]
            yield f"{package.name}, {language}", manifest(folder, rows), ("image", "text"), 10


def hits(sources: EmbeddingSet, targets: EmbeddingSet, span: slice, k: int) -> np.ndarray:
    """(n,) whether a right target is among the first k of each source: targets of one text count once."""
    first = {key: i for i, key in reversed(list(enumerate(targets.keys)))}
    columns = sorted(first.values())
    scores = sources.vectors[:, span] @ targets.vectors[columns, span].T
    of_key: dict[str, set[str]] = {}
    for item, key in zip(targets.ids, targets.keys):
        of_key.setdefault(key, set()).add(item)
    owners = [of_key[targets.keys[c]] for c in columns]
    right = np.array([[item in owner for owner in owners] for item in sources.ids])
    best = np.where(right, scores, -np.inf).max(1)
    return (scores > best[:, None]).sum(1) < k


def interval(found: np.ndarray) -> tuple[float, float]:
    """The 95% interval of the mean, by resampling."""
    rng = np.random.default_rng(0)
    means = [found[rng.integers(0, len(found), len(found))].mean() for _ in range(RESAMPLES)]
    return float(np.percentile(means, 2.5)), float(np.percentile(means, 97.5))


def measure(name: str, collection: Collection, pair: tuple[str, str], k: int, encoders: dict[str, str]) -> None:
    """Print one set: the parts alone, all, and the bridge without evidence."""
    with tempfile.TemporaryDirectory() as root:
        store = Store(root)
        encoding = encode(collection, encoders, store=store)
        for title, params in (("named concepts alone", {"evidence": 0.0}), ("", {})):
            run = align(collection, encoding, Choices(pair=pair, aligner="bridge", params=params), store=store)
            sets = [run.result.space[modality] for modality in pair]
            whole = {title or "all": slice(None)}
            own = {} if title or not isinstance(run.aligner, HasParts) else run.aligner.parts()
            for part, span in {**own, **whole}.items():
                print(f"{name:26}{part:24}", end="")
                for a, b in (sets, sets[::-1]):
                    found = hits(a, b, span, k if a is sets[0] or k > 1 else 10)
                    low, high = interval(found)
                    print(f"  {100 * found.mean():5.1f} ({100 * low:.1f}–{100 * high:.1f}) of {len(found):5}", end="")
                print(flush=True)


def main() -> None:
    """Print every set."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=DATA)
    parser.add_argument("--drawings", type=Path)
    parser.add_argument("--image", default="efficientnet-lite0")
    parser.add_argument("--only", default="", help="sets whose name begins so")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        sources = [demo_sets(work), shared_sets(args.data, work)]
        sources += [drawn_sets(args.drawings, work)] if args.drawings else []
        for source in sources:
            for name, collection, pair, k in source:
                if name.startswith(args.only):
                    measure(name, collection, pair, k, {"image": args.image} if pair[0] == "image" else {})


if __name__ == "__main__":
    main()
