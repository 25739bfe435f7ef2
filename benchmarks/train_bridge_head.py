"""Make the evidence that `bridge` has of encoders: classifiers' rows, and for pictures a head trained on drawings.

    npm pack @iconify-json/noto @iconify-json/openmoji @iconify-json/twemoji @iconify-json/fluent-emoji-flat
    npm pack cldr-annotations-full
    (unpack each into a folder of its own under PACKAGES, named noto, openmoji, …, cldr-annotations-full)
    python benchmarks/train_bridge_head.py PACKAGES FEATURES [encoder ...]

Licences of the drawings: Apache-2.0 (Noto), CC BY-SA 4.0 (OpenMoji), CC BY 4.0 (Twemoji), MIT (Fluent). Names and
keywords in English and Chinese: Unicode CLDR. Flags, key caps, skin tones and genders are left out, and every emoji of
the demo, in whatever set. FEATURES keeps the encoder's vectors between runs. The head is a regularised canonical
correlation of centred vectors and whitened names, and of the classifier's rows and labels: solved, without chance.
"""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Mapping
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
DIMENSIONS = 96
"""Dimensions of the head; 64 to 256 do alike."""
PENALTY, LABELS = 2.5, 0.375
"""For each set of drawings: what is added to the diagonal of either side's Gram matrix, and the weight of the
classifier's rows. Chosen by how well left-out drawings and the development sets of docs/zero_shot.md are found."""
MODELS = {
    "efficientnet-lite0": ("a {}", 192, (1.17, 1.17)),
    "efficientnet-lite2": ("a {}", 192, (1.17, 1.17)),
    "yamnet": ("a {}", 128, (1.0, 0.0)),
}
"""Encoder -> sentence around its labels, dimensions kept of its classifier's rows, and the weights of prototypes and
head beside the named concepts' 1 (docs/zero_shot.md). Dimensions: as many as 3 MB hold."""
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


def drawings(package: Path, wanted: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """(emoji, SVG) of a package that holds icons.json and chars.json: of `wanted` (bare -> emoji), else to train on."""
    icons = json.loads((package / "icons.json").read_text(encoding="utf-8"))
    names = json.loads((package / "chars.json").read_text(encoding="utf-8"))
    wanted, named = {bare(e): e for e in trained_on()} if wanted is None else wanted, {}
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
    left, upper = (int((SIDE - size) * rng.uniform(0.3, 0.7)) for size in drawn.size)
    ground.paste(drawn, (left, upper), drawn)
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


def words_of(packages: Path, known: list[str]) -> list[tuple[list[str], list[int], np.ndarray]]:
    """(texts, place of each text's emoji, weight) of names and of keywords; the keywords of an emoji count as one."""
    found = []
    for language in LANGUAGES:
        found.append(([emoji_name(e, language) for e in known], list(range(len(known))), np.ones(len(known))))
        file = packages / "cldr-annotations-full/annotations" / language / "annotations.json"
        said = json.loads(file.read_text(encoding="utf-8"))["annotations"]["annotations"]
        said = {bare(e): entry.get("default", []) for e, entry in said.items()}
        pairs = [(word, i) for i, e in enumerate(known) for word in said.get(bare(e), [])]
        owners = [i for _, i in pairs]
        found.append(([word for word, _ in pairs], owners, 1 / np.bincount(owners, minlength=len(known))[owners]))
    return found


class Words:
    """Whitened unit vectors of texts, as `bridge` places them beside these labels."""

    def __init__(self, labels: np.ndarray) -> None:
        self.model = ENCODERS.create(TEXTS)
        self.middle, self.whiten = labels.mean(0, dtype=np.float64), label_space([labels], 1.0)
        self.labels = unit_rows((labels - self.middle) @ self.whiten)

    def place(self, texts: list[str]) -> np.ndarray:
        """(n, w), centred half-way between the labels' mean and that of the different texts."""
        different = {text: i for i, text in enumerate(dict.fromkeys(texts))}
        rows = np.concatenate([self.model.encode([text]).vectors for text in different])
        placed = unit_rows((rows - self.middle - 0.5 * (rows.mean(0) - self.middle)) @ self.whiten)
        return placed[[different[text] for text in texts]]


def head(x: np.ndarray, y: np.ndarray, penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """Maps (d, h) and (w, h) of regularised canonical correlations, either scaled by them."""
    roots = [np.linalg.cholesky(a.T @ a + penalty * np.eye(a.shape[1])) for a in (x, y)]
    both = np.linalg.solve(roots[1], np.linalg.solve(roots[0], x.T @ y).T).T
    left, strength, right = np.linalg.svd(both, full_matrices=False)
    first, second = (np.linalg.solve(root.T, side)[:, :DIMENSIONS] for root, side in zip(roots, (left, right.T)))
    return first * strength[:DIMENSIONS], second * strength[:DIMENSIONS]


def trained_head(model, rows: np.ndarray, labels: np.ndarray, packages: Path, folder: Path) -> dict[str, np.ndarray]:
    """The head's maps, and the mean over sets of the drawings' vectors."""
    words, known = Words(labels), trained_on()
    texts = [(words.place(said), owners, weight) for said, owners, weight in words_of(packages, known)]
    sets = sorted(path.parent for path in packages.glob("*/chars.json"))
    x, y, centres = [], [], []
    for package in sets:
        drawn, vectors = features(package, model, folder)
        row, centre = {e: i for i, e in enumerate(drawn)}, vectors.mean(0)
        away = unit_rows(vectors - centre)
        centres.append(centre)
        for placed, owners, weight in texts:
            kept = [i for i, owner in enumerate(owners) if known[owner] in row]
            scale = np.sqrt(weight[kept])[:, None]
            x.append(away[[row[known[owners[i]]] for i in kept]] * scale)
            y.append(placed[kept] * scale)
        print(f"{model.name} {package.name}: {len(drawn)} drawings", flush=True)
    share = np.sqrt(LABELS * len(sets))
    x, y = np.concatenate([*x, share * unit_rows(rows)]), np.concatenate([*y, share * words.labels])
    media, of_texts = head(x.astype(np.float64), y.astype(np.float64), PENALTY * len(sets))
    return {"head_media": media, "head_texts": of_texts, "centre": np.mean(centres, axis=0)}


def without_head(model) -> dict[str, np.ndarray]:
    """An empty head, and the mean vector of two seconds of noise, hum and clicks made here."""
    rng, time = np.random.default_rng(0), np.arange(32_000) / 16_000
    waves = [rng.standard_normal(len(time)) * 0.1, np.sin(440 * np.pi * time) * 0.3, (time % 0.25 < 0.001) * 0.8]
    vectors = model.encode([model.from_view(wave.astype(np.float32)) for wave in waves]).vectors
    return {"head_media": np.zeros((vectors.shape[1], 0)), "head_texts": np.zeros((0, 0)), "centre": vectors.mean(0)}


def weights(encoder: str, packages: Path, folder: Path) -> dict[str, np.ndarray]:
    """The arrays of the encoder's evidence, half precision but for the centre and the weights."""
    model, (sentence, kept, weight) = ENCODERS.create(encoder), MODELS[encoder]
    rows = model.classifier().astype(np.float64)  # pyright: ignore[reportAttributeAccessIssue] - classifiers have it
    rows -= rows.mean(0)
    directions = np.linalg.svd(rows, full_matrices=False)[2][:kept].T
    found = {"directions": directions, "labels": rows @ directions}
    if model.modality == "image":
        named = ENCODERS.create(TEXTS).encode([sentence.replace("{}", label) for label in model.labels]).vectors
        found |= trained_head(model, rows, named, packages, folder)
    else:
        found |= without_head(model)
    halves = {
        name: np.asarray(value / max(np.abs(value).max(initial=0), 1e-9), np.float16) for name, value in found.items()
    }
    single = {"centre": found["centre"].astype(np.float32), "weights": np.array(weight, np.float32)}
    return {name: np.ascontiguousarray(value) for name, value in (halves | single).items()}


def main(packages: str, folder: str, *encoders: str) -> None:
    """Write one file for each encoder into the package. It also names the emoji that it was trained on."""
    from safetensors.numpy import save_file

    for encoder in encoders or MODELS:
        made = weights(encoder, Path(packages), Path(folder))
        drawn = {e for kept in Path(folder).glob(f"{encoder}-*.npz") for e in np.load(kept)["emoji"].tolist()}
        told = {"text_encoder": TEXTS, "emoji": " ".join(sorted(map(bare, drawn)))}
        save_file(made, FOLDER / f"{encoder}.safetensors", told)
        print(f"{encoder}: {sum(a.nbytes for a in made.values()) / 1e6:.2f} MB")


if __name__ == "__main__":
    main(*sys.argv[1:])
