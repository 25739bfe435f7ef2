"""Maps of large encoders' towers against each other: faithfulness, whether they point to the thing, and seconds.

python benchmarks/tower_maps.py [--items 40] [--models FOLDER] [--kinds vit resnet minilm speed]

No weights of a CLIP are at hand, so tiny ones of open_clip's own classes are trained on drawn shapes (about two minutes
of one core each; kept in --models if given). Each picture shows two things; its map is of the text that names the
first. Advantage: insertion - deletion of the map's order over real masked copies, whose mean over random orders is 0;
the interval is by bootstrap over items. Pointing: whether the part that adds most touches the thing named, or is one of
the words that name it. "minilm" is a text tower trained by others: photographs' captions against the nearest caption.
"speed" is a ViT-B/32 with random weights: seconds a map, without the check.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from shape_clip import THINGS, VISION, Drawn, caption, draw, save, train

from mmalign_core.explain.faithfulness import Faithfulness, faithfulness, pooled
from mmalign_core.explain.masks import Part
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import Choices, Run, align, encode, open_collection
from mmalign_core.workflow.explanation import METHODS, map_of
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.explanation.placed_media import placed_medium

CAPTIONS = Path(__file__).parents[2] / "shared/data/coco_mini_ccby/manifest.jsonl"
POINTS = 8


@dataclass(frozen=True)
class Case:
    """A medium, the point of the space it is explained against, and what the map should point to, if that is known."""

    item: str
    target: np.ndarray
    box: tuple[float, ...] = ()
    words: tuple[str, ...] = ()

    def hit(self, part: Part) -> bool:
        """Whether that part is it."""
        if self.words or not self.box:
            return part.label in self.words
        (a, b, c, d), (left, top, right, bottom) = part.place, self.box
        return a < right and left < c and b < bottom and top < d


def shapes_run(kind: str, models: Path, work: Path, count: int, store: Store) -> tuple[Run, list[Drawn]]:
    """New pictures and texts in the space of a model trained on others."""
    if not (models / kind / "open_clip_config.json").is_file():
        start = time.perf_counter()
        right = train(kind, models / kind)
        print(f"{kind}: trained in {time.perf_counter() - start:.0f} s, names {right:.0%} of things (chance 8%)")
    rng, drawn, rows = np.random.default_rng(99), [], []
    for number in range(count):
        drawn.append(draw(rng, VISION[kind]["image_size"]))
        Image.fromarray(drawn[-1].pixels).save(work / f"{kind}{number}.png")
        text = caption(rng, drawn[-1].things[0])
        rows.append({"id": f"i{number:03}", "image": f"{kind}{number}.png", "text": text})
    (work / f"{kind}.jsonl").write_text("\n".join(map(json.dumps, rows)))
    reference = f"open-clip:local-dir:{models / kind}"
    return run_of(work / f"{kind}.jsonl", {"image": reference, "text": reference}, ("image", "text"), store), drawn


def run_of(manifest: Path, encoders: dict[str, str], pair: tuple[str, str], store: Store) -> Run:
    """The manifest's media where their encoders put them."""
    collection = open_collection(str(manifest))
    return align(
        collection, encode(collection, encoders, store=store), Choices(pair=pair, aligner="as-is"), store=store
    )


def shape_cases(run: Run, drawn: Sequence[Drawn], modality: str) -> Iterator[Case]:
    """Each picture against its text, or the reverse."""
    other = "text" if modality == "image" else "image"
    for item, picture in zip(run.collection.ids, drawn):
        target = placed_medium(run, other, item).place
        words = () if modality == "image" else tuple(THINGS[picture.things[0]].split())
        yield Case(item, target, picture.boxes[0], words)


def table(run: Run, modality: str, cases: Sequence[Case], store: Store) -> None:
    """One line a method, and one for values drawn at random."""
    found: dict[str, list[Faithfulness]] = {}
    hits: dict[str, list[bool]] = {}
    seconds: dict[str, list[float]] = {}
    for number, case in enumerate(cases):
        medium = placed_medium(run, modality, case.item).medium
        assert medium is not None
        masked = MaskedMedium(run, medium, store=store)
        scores = masked.scores(case.target)
        drawn = np.random.default_rng(number).random(len(masked.parts))
        for method in (*METHODS[1:], "random"):
            start = time.perf_counter()
            try:
                made = None if method == "random" else map_of(masked, case.target, method=method, faithful=False)
            except BadInput:
                continue
            values = drawn if made is None else made.values
            seconds.setdefault(method, []).append(time.perf_counter() - start)
            found.setdefault(method, []).append(faithfulness(values, scores, number, 0, steps=POINTS))
            hits.setdefault(method, []).append(case.hit(masked.parts[int(values.argmax())]))
    for method, seen in found.items():
        whole = pooled(seen)
        low, high = whole.interval
        points = f"{np.mean(hits[method]):8.2f}" if cases[0].box else "       -"
        line = f"{method:11}{len(seen):4}{whole.advantage:+10.3f} [{low:+.3f}, {high:+.3f}]{points}"
        print(f"{line}{np.median(seconds[method]):10.3f} s", flush=True)


def captions_run(store: Store) -> tuple[Run, list[Case]]:
    """Captions of photographs in the space of all-MiniLM-L6-v2, each against the nearest of another photograph."""
    run = run_of(CAPTIONS, {"text": "minilm", "image": "colour-gradient"}, ("text", "text"), store)
    space = run.result.space["text"]
    near = space.vectors @ space.vectors.T
    near[np.array(space.ids)[:, None] == np.array(space.ids)[None]] = -1
    first = {item: row for row, item in reversed(list(enumerate(space.ids)))}
    return run, [Case(item, space.vectors[near[row].argmax()]) for item, row in first.items()]


def speed(work: Path, store: Store) -> None:
    """Seconds a map of a picture and of a text, for a tower of a usual size."""
    import torch

    from mmalign_core.encoders.openclip.sources import import_open_clip

    open_clip = import_open_clip()
    torch.manual_seed(0)
    config = open_clip.get_model_config("ViT-B-32")
    model = open_clip.CLIP(**json.loads(json.dumps(config))).eval()
    save(model, config, 224, work / "b32")
    rng = np.random.default_rng(0)
    rows = [{"id": f"i{i}", "image": f"b{i}.png", "text": caption(rng, i)} for i in range(2)]
    for i in range(2):
        Image.fromarray(draw(rng, 224).pixels).save(work / f"b{i}.png")
    (work / "b.jsonl").write_text("\n".join(map(json.dumps, rows)))
    reference = f"open-clip:local-dir:{work / 'b32'}"
    run = run_of(work / "b.jsonl", {"image": reference, "text": reference}, ("image", "text"), store)
    for modality, other in (("image", "text"), ("text", "image")):
        medium, target = placed_medium(run, modality, "i0").medium, placed_medium(run, other, "i0").place
        assert medium is not None
        masked, took = MaskedMedium(run, medium, store=store), {}
        for method in METHODS[2:]:
            start = time.perf_counter()
            try:
                map_of(masked, target, method=method, faithful=False)
            except BadInput:
                continue
            took[method] = time.perf_counter() - start
        said = ", ".join(f"{name} {s:.2f} s ({took['occlusion'] / s:.1f} x faster)" for name, s in took.items())
        print(f"ViT-B/32, {modality}, {len(masked.parts)} parts: {said}")


def main() -> None:
    """Print the tables."""
    options = argparse.ArgumentParser()
    options.add_argument("--items", type=int, default=40)
    options.add_argument("--models", type=Path, help="where trained models are kept")
    options.add_argument("--kinds", nargs="+", default=("vit", "resnet", "minilm", "speed"))
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        store, models = Store(work / "store"), given.models or work / "models"
        for kind in (kind for kind in ("vit", "resnet") if kind in given.kinds):
            run, drawn = shapes_run(kind, models, work, given.items, store)
            for modality in ("image", "text"):
                print(f"\n{kind}, {modality}\nmethod        n  advantage 95%             points     median map")
                table(run, modality, list(shape_cases(run, drawn, modality)), store)
        if "minilm" in given.kinds:
            run, cases = captions_run(store)
            print("\nminilm, text\nmethod        n  advantage 95%             points     median map")
            table(run, "text", cases[: given.items], store)
        if "speed" in given.kinds:
            speed(work, store)


if __name__ == "__main__":
    main()
