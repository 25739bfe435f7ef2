"""Tiny CLIPs of open_clip's own classes, trained on drawn shapes: where each lies is known, so maps can be judged.

A picture holds two coloured shapes at random places of a textured ground; a text names one of them, in words that tell
and words that do not. Trained with CLIP's loss, where a pair is right if the picture shows what the text
names: with 24 things to name, other pictures of a batch are often right as well.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 180, 60),
    "blue": (50, 80, 220),
    "yellow": (230, 210, 40),
    "purple": (150, 50, 180),
    "white": (240, 240, 240),
}
SHAPES = ("circle", "square", "triangle", "cross")
TEMPLATES = (
    "a photo of a {}",
    "somewhere in this picture there is a {}",
    "look at the {} over here",
    "the {} that we saw today",
    "i think a {} is part of it",
)
THINGS = tuple(f"{colour} {shape}" for colour in COLOURS for shape in SHAPES)
Box = tuple[float, float, float, float]
CONTEXT = 16
STEPS = {"vit": 1000, "resnet": 400}
VISION: dict[str, dict[str, Any]] = {
    "vit": {"image_size": 56, "layers": 3, "width": 64, "head_width": 16, "patch_size": 8},
    "resnet": {"image_size": 128, "layers": [1, 1, 1, 1], "width": 8, "head_width": 64, "patch_size": None},
}


@dataclass(frozen=True)
class Drawn:
    """`pixels` (side, side, 3) uint8; `things`: rows of THINGS; `boxes`: left, top, right, bottom of each in 0..1."""

    pixels: np.ndarray
    things: tuple[int, ...]
    boxes: tuple[Box, ...]


def draw(rng: np.random.Generator, side: int, shapes: int = 2) -> Drawn:
    """A picture of so many different things that do not touch."""
    pixels = _ground(rng, side)
    things = tuple(int(x) for x in rng.choice(len(THINGS), shapes, replace=False))
    boxes = _boxes(rng, shapes)
    for thing, box in zip(things, boxes):
        colour, shape = THINGS[thing].split()
        inside = _inside(shape, box, side)
        pixels[inside] = np.array(COLOURS[colour]) + rng.normal(0, 12, (int(inside.sum()), 3))
    return Drawn(pixels.clip(0, 255).astype(np.uint8), things, boxes)


def _ground(rng: np.random.Generator, side: int) -> np.ndarray:
    """Brownish grey noise, coarse and fine."""
    coarse = rng.normal(0, 15, (side // 8, side // 8, 3)).repeat(8, 0).repeat(8, 1)
    return 110 + rng.normal(0, 15, 3) + coarse + rng.normal(0, 12, (side, side, 3))


def _boxes(rng: np.random.Generator, count: int) -> tuple[Box, ...]:
    """So many squares that do not touch, of about a third of the side."""
    while True:
        sizes = rng.uniform(0.28, 0.4, count)
        corners = rng.uniform(0, 1, (count, 2)) * (1 - sizes[:, None])
        apart = abs(corners[:, None] - corners[None]).max(-1) > np.maximum(sizes[:, None], sizes[None])
        if apart[~np.eye(count, dtype=bool)].all():
            return tuple((x, y, x + size, y + size) for (x, y), size in zip(corners.tolist(), sizes.tolist()))


def _inside(shape: str, box: Box, side: int) -> np.ndarray:
    """(side, side) bool."""
    places = (np.arange(side) + 0.5) / side
    x = (places[None] - box[0]) / (box[2] - box[0]) * 2 - 1
    y = (places[:, None] - box[1]) / (box[3] - box[1]) * 2 - 1
    within = (abs(x) <= 1) & (abs(y) <= 1)
    return (
        within
        & {
            "circle": x**2 + y**2 <= 1,
            "square": (abs(x) <= 0.85) & (abs(y) <= 0.85),
            "triangle": abs(x) <= (y + 1) / 2,
            "cross": (abs(x) <= 0.33) | (abs(y) <= 0.33),
        }[shape]
    )


def caption(rng: np.random.Generator, thing: int) -> str:
    """A text that names it."""
    return str(rng.choice(TEMPLATES)).format(THINGS[thing])


def build(kind: str) -> tuple[Any, dict[str, Any]]:
    """An untrained CLIP of that kind, and its configuration."""
    from mmalign_core.encoders.openclip.sources import import_open_clip

    text = {"context_length": CONTEXT, "vocab_size": 49408, "width": 64, "heads": 4, "layers": 3}
    config: dict[str, Any] = {"embed_dim": 64, "vision_cfg": VISION[kind], "text_cfg": text}
    return import_open_clip().CLIP(**json.loads(json.dumps(config))), config


def train(kind: str, folder: Path, *, seed: int = 0, batch: int = 64, pool: int = 4000) -> float:
    """Train one, save it as the library saves models, and return how often it names an unseen picture's thing right.

    Pictures are drawn once and seen repeatedly, from a random side each time.
    """
    import torch
    from torch.nn.functional import cross_entropy, normalize

    from mmalign_core.encoders.openclip.sources import import_open_clip

    torch.manual_seed(seed)
    rng, steps = np.random.default_rng(seed), STEPS[kind]
    model, config = build(kind)
    tokenize = import_open_clip().SimpleTokenizer(context_length=CONTEXT)
    side = VISION[kind]["image_size"]
    drawn = [draw(rng, side) for _ in range(pool)]
    pictures = torch.from_numpy(np.stack([_normal(d.pixels) for d in drawn]))
    shown = torch.tensor([d.things for d in drawn])
    ids = torch.stack([tokenize([t.format(thing) for thing in THINGS]) for t in TEMPLATES], 1)
    optimiser = torch.optim.AdamW(model.parameters(), lr=2e-3, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=steps)
    for _ in range(steps):
        rows = torch.from_numpy(rng.choice(pool, batch, replace=False))
        batch_of = pictures[rows]
        batch_of = batch_of.flip(3) if rng.random() < 0.5 else batch_of
        texts = ids[torch.arange(len(THINGS)), torch.from_numpy(rng.integers(0, len(TEMPLATES), len(THINGS)))]
        right = (shown[rows][:, :, None] == torch.arange(len(THINGS))).any(1)
        image, text = normalize(model.encode_image(batch_of), dim=-1), normalize(model.encode_text(texts), dim=-1)
        logits = model.logit_scale.exp() * image @ text.T
        told, seen = right / right.sum(1, keepdim=True), right / right.sum(0, keepdim=True).clamp_min(1)
        loss = (cross_entropy(logits, told) + cross_entropy(logits.T, seen.T)) / 2
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        schedule.step()
    save(model.eval(), config, side, folder)
    return _named(model, ids, rng, side)


def _normal(pixels: np.ndarray) -> np.ndarray:
    from open_clip.constants import OPENAI_DATASET_MEAN, OPENAI_DATASET_STD

    return ((pixels / 255 - OPENAI_DATASET_MEAN) / OPENAI_DATASET_STD).transpose(2, 0, 1).astype(np.float32)


def _named(model: Any, ids: Any, rng: np.random.Generator, side: int, pictures: int = 200) -> float:
    """Share of new pictures whose two best things are the two that it shows."""
    import torch
    from torch.nn.functional import normalize

    drawn = [draw(rng, side) for _ in range(pictures)]
    with torch.inference_mode():
        image = model.encode_image(torch.from_numpy(np.stack([_normal(d.pixels) for d in drawn])))
        text = normalize(model.encode_text(ids[:, 0]), dim=-1)
    best = (image @ text.T).topk(2).indices.numpy()
    return float(np.mean([len(set(b) & set(d.things)) / 2 for b, d in zip(best.tolist(), drawn)]))


def save(model: Any, config: dict[str, Any], side: int, folder: Path) -> None:
    import open_clip
    from open_clip.push_to_hf_hub import save_config_for_hf
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    open_clip.set_model_preprocess_cfg(model, asdict(open_clip.transform.PreprocessCfg(size=side)))
    save_config_for_hf(model, str(folder / "open_clip_config.json"), config)
    save_file(model.state_dict(), folder / "open_clip_model.safetensors")
