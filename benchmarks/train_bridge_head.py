"""Make the evidence that `bridge` has of an image encoder: its classifier's rows, and a head trained on drawings.

    npm pack @iconify-json/noto @iconify-json/openmoji @iconify-json/twemoji @iconify-json/fluent-emoji-flat
    (unpack each into a folder of its own under PACKAGES)
    python benchmarks/train_bridge_head.py PACKAGES FEATURES [encoder ...]

Licences of the drawings: Apache-2.0 (Noto), CC BY-SA 4.0 (OpenMoji), CC BY 4.0 (Twemoji), MIT (Fluent). Names in
English and Chinese: Unicode CLDR, by the package `emoji`. Flags, key caps, skin tones and genders are left out, and
every emoji of the demo, in whatever set. FEATURES keeps the encoder's vectors between runs. The head is a regularised
canonical correlation of centred vectors and whitened names, as it is solved, without chance.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import emoji
import numpy as np
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))
from mmalign_core.aligners.matching.concepts import label_space
from mmalign_core.aligners.matching.evidence import FOLDER
from mmalign_core.data.demo.items import demo_items, emoji_name
from mmalign_core.encoders import ENCODERS
from mmalign_core.vectors import unit_rows

LANGUAGES = ("en", "zh")
TEXTS = "use-multilingual"
SIDE = 288
"""Pixels of a rendered drawing; above the inputs of the encoders."""
PROTOTYPES, DIMENSIONS = 224, 128
"""Dimensions kept of the classifier's rows and of the head (docs/zero_shot.md)."""
PENALTY = 10.0
"""Added to the diagonal of either side's Gram matrix; chosen by cross-validation over names (docs/zero_shot.md)."""
_VARIANT, _JOINER = "\ufe0f", "\u200d"
_LEFT_OUT = (range(0x1F3FB, 0x1F400), range(0x1F1E6, 0x1F200), range(0xE0000, 0xE0080), (0x2640, 0x2642, 0x20E3))
"""Code points of skin tones, flags, tags, genders and key caps."""


def bare(character: str) -> str:
    """An emoji without its variation selector."""
    return character.replace(_VARIANT, "")


def emojis() -> list[str]:
    """Every emoji with a picture and a name of its own."""
    status = emoji.STATUS["fully_qualified"]
    qualified = [e for e, known in emoji.EMOJI_DATA.items() if known["status"] == status]
    return [e for e in qualified if not any(ord(c) in out for c in e for out in _LEFT_OUT) and e.count(_JOINER) < 2]


def trained_on() -> list[str]:
    """Those that are not in the demo."""
    demo = {bare(item.emoji) for item in demo_items() if item.emoji}
    return [e for e in emojis() if bare(e) not in demo]


def drawings(package: Path) -> Iterator[tuple[str, str]]:
    """(emoji, SVG) of a package that holds icons.json and chars.json."""
    icons = json.loads((package / "icons.json").read_text(encoding="utf-8"))
    names = json.loads((package / "chars.json").read_text(encoding="utf-8"))
    wanted, named = {bare(e): e for e in trained_on()}, {}
    for points, name in names.items():
        named.setdefault(bare("".join(chr(int(point, 16)) for point in points.split("-"))), name)
    side = icons.get("width", 16)
    for character, whole in wanted.items():
        icon = icons["icons"].get(named.get(character, ""))
        if icon:
            box = f"0 0 {icon.get('width', side)} {icon.get('height', side)}"
            spaces = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
            yield whole, f'<svg {spaces} viewBox="{box}">{icon["body"]}</svg>'


def picture(svg: str, rng: np.random.Generator) -> np.ndarray:
    """The drawing at a random size and place, half of them mirrored, half on white and half on a pale colour."""
    import resvg_py

    side = int(SIDE * rng.uniform(0.7, 0.97))
    png = resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side, skip_system_fonts=True)
    drawn = Image.open(io.BytesIO(bytes(png))).convert("RGBA")
    if rng.random() < 0.5:
        drawn = drawn.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    colour = (255, 255, 255) if rng.random() < 0.5 else tuple(int(c) for c in rng.integers(150, 256, 3))
    ground = Image.new("RGB", (SIDE, SIDE), colour)
    corner = tuple(int((SIDE - size) * rng.uniform(0.3, 0.7)) for size in drawn.size)
    ground.paste(drawn, corner, drawn)
    return np.asarray(ground)


def features(package: Path, model, folder: Path) -> tuple[list[str], np.ndarray]:
    """The emoji of a package and their vectors (n, d), kept in `folder`."""
    kept = folder / f"{model.name}-{package.name}.npz"
    if not kept.is_file():
        rng = np.random.default_rng(0)
        found = list(drawings(package))
        vectors = [model.encode([model.from_view(picture(svg, rng))]).vectors[0] for _, svg in found]
        np.savez(kept, emoji=np.array([e for e, _ in found]), vectors=np.array(vectors))
    with np.load(kept) as held:
        return held["emoji"].tolist(), held["vectors"]


def names(model, labels: np.ndarray, known: list[str]) -> dict[str, np.ndarray]:
    """Language -> whitened unit vectors (e, w) of the names of these emoji, as `bridge` places texts."""
    whiten, middle = label_space([labels], 1.0), labels.mean(0, dtype=np.float64)
    found = {}
    for language in LANGUAGES:
        rows = model.encode([model.prepare_text(emoji_name(e, language)) for e in known]).vectors
        found[language] = unit_rows((rows - middle - 0.5 * (rows.mean(0) - middle)) @ whiten)
    return found


def head(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Maps (d, h) and (w, h) of regularised canonical correlations, either scaled by them."""
    roots = [np.linalg.cholesky(a.T @ a + PENALTY * np.eye(a.shape[1])) for a in (x, y)]
    both = np.linalg.solve(roots[1], np.linalg.solve(roots[0], x.T @ y).T).T
    left, strength, right = np.linalg.svd(both, full_matrices=False)
    maps = (np.linalg.solve(root.T, side) for root, side in zip(roots, (left, right.T)))
    first, second = (found[:, :DIMENSIONS] * strength[:DIMENSIONS] for found in maps)
    return first, second


def weights(encoder: str, packages: list[Path], folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the encoder's evidence, half precision but for the centre."""
    model, texts = ENCODERS.create(encoder), ENCODERS.create(TEXTS)
    labels = texts.encode([f"a {label}" for label in model.labels]).vectors
    known = trained_on()
    named, place = names(texts, labels, known), {e: i for i, e in enumerate(known)}
    pictures, words, centres = [], [], []
    for package in packages:
        characters, vectors = features(package, model, folder)
        rows = [i for i, e in enumerate(characters) if e in place]
        centres.append(vectors[rows].mean(0))
        for language in LANGUAGES:
            pictures.append(unit_rows(vectors[rows] - centres[-1]))
            words.append(named[language][[place[characters[i]] for i in rows]])
        print(f"{encoder} {package.name}: {len(rows)} drawings", flush=True)
    media, of_texts = head(np.concatenate(pictures).astype(float), np.concatenate(words).astype(float))
    rows = model.classifier().astype(float)
    directions = np.linalg.svd(rows - rows.mean(0), full_matrices=False)[2][:PROTOTYPES].T
    halves = {"directions": directions, "labels": (rows - rows.mean(0)) @ directions}
    halves |= {"head_media": media / np.abs(media).max(), "head_texts": of_texts / np.abs(of_texts).max()}
    found = {name: np.ascontiguousarray(value, np.float16) for name, value in halves.items()}
    return found | {"centre": np.mean(centres, axis=0).astype(np.float32)}


def main(packages: str, folder: str, *encoders: str) -> None:
    """Write one file for each encoder into the package."""
    from safetensors.numpy import save_file

    sets = sorted(path.parent for path in Path(packages).glob("*/chars.json"))
    for encoder in encoders or ("efficientnet-lite0", "efficientnet-lite2"):
        made = weights(encoder, sets, Path(folder))
        save_file(made, FOLDER / f"{encoder}.safetensors", {"text_encoder": TEXTS})
        print(f"{encoder}: {sum(a.nbytes for a in made.values()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
