"""Large encoders give each library's own vectors on the same files: odd pictures and sounds, one item or a thousand."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.signal import resample_poly

from mmalign_core.encoders import create_encoder
from mmalign_core.encoders.batched import encode_media
from mmalign_core.types import Media
from tests.tiny_bert import WORDS, save_bert, save_model
from tests.tiny_clap import RATE, noise, save_clap, save_wav, tone
from tests.tiny_clip import library, saved, tower

SAME = 0.9999
PLACE = 0x0112
"""The EXIF tag of orientation."""


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)


def assert_same(ours: np.ndarray, theirs: np.ndarray) -> None:
    """Row by row, of vectors that do not agree among themselves: those would show nothing."""
    assert cosines(ours, theirs).min() >= SAME
    if len(theirs) > 1:
        assert cosines(theirs[1:], theirs[:-1]).min() < 0.99


def encoded(encoder: Any, media: Sequence[Media]) -> np.ndarray:
    """From the files, as users get them: decoded by threads, in batches."""
    batches = list(encode_media(encoder, media))
    assert not [skipped for batch in batches for skipped in batch.skipped]
    return np.concatenate([batch.vectors for batch in batches])


def of_file(path: Path, modality: str) -> Media:
    from mmalign_core.types import digest_file

    return Media(path.stem, modality, digest_file(path), path=str(path))


def texts_of(count: int) -> list[str]:
    """Different ones, of one to forty words."""
    rng = np.random.default_rng(0)
    return [" ".join(rng.choice(WORDS, rng.integers(1, 41))) + f" {i}" for i in range(count)]


def text_media(texts: Sequence[str]) -> list[Media]:
    return [Media(str(i), "text", str(i), text=text) for i, text in enumerate(texts)]


def stripes(width: int, height: int, seed: int = 0) -> Image.Image:
    """Coloured stripes, slopes and a little noise."""
    rng = np.random.default_rng(seed)
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    pixels = np.stack([across, down, (across * 3 + down) % 256], axis=-1) * rng.uniform(0.3, 1, 3)
    return Image.fromarray((pixels + rng.integers(0, 30, pixels.shape)).clip(0, 255).astype(np.uint8))


def odd_pictures(folder: Path) -> dict[str, tuple[Path, Path]]:
    """Each as a file of its own kind, and the same picture upright in plain 8-bit RGB."""
    base, found = stripes(150, 110), {}

    def add(name: str, suffix: str, image: Image.Image, plain: Image.Image, **options: Any) -> None:
        paths = folder / f"{name}{suffix}", folder / f"{name}-plain.png"
        image.save(paths[0], **options)
        plain.convert("RGB").save(paths[1])
        found[name] = paths

    cmyk, palette = base.convert("CMYK"), base.quantize(64)
    add("cmyk", ".tif", cmyk, cmyk)
    add("palette", ".png", palette, palette)
    grey = np.asarray(base.convert("L"))
    add("sixteen", ".png", Image.fromarray(grey.astype(np.uint16) * 257), Image.fromarray(grey))
    exif = Image.Exif()
    exif[PLACE] = 6
    add("turned", ".png", base.transpose(Image.Transpose.ROTATE_90), base, exif=exif)
    mask = Image.fromarray(np.where(np.indices((110, 150)).sum(0) % 40 < 20, 255, 0).astype(np.uint8))
    clear = base.copy()
    clear.putalpha(mask)
    add("clear", ".png", clear, Image.composite(base, Image.new("RGB", base.size, "white"), mask))
    add("bits", ".png", base.convert("1"), base.convert("1"))
    for name, size in {"dot": (1, 1), "wide": (3000, 20), "tall": (9, 1500)}.items():
        add(name, ".png", stripes(*size), stripes(*size))
    return found


@pytest.mark.parametrize("kind", ["vit", "resnet", "custom"])
def test_odd_pictures_are_read_as_the_plain_ones_they_show(kind: str, tmp_path: Path) -> None:
    folder, odd = saved(tmp_path / "model", kind), odd_pictures(tmp_path)
    theirs, _ = library(folder, [plain for _, plain in odd.values()], ["a dog"])
    ours = encoded(tower(folder, "image"), [of_file(path, "image") for path, _ in odd.values()])
    assert dict(zip(odd, cosines(ours, theirs) >= SAME)) == dict.fromkeys(odd, True)
    asked = ["cmyk", "turned", "sixteen", "clear"]
    bare, _ = library(folder, [odd[name][0] for name in asked], ["a dog"])
    far = cosines(bare, ours[[list(odd).index(name) for name in asked]]) < SAME
    assert list(far) == [False, True, True, True], (
        "the bare example lays them on their side, clips and shows the hidden"
    )


def test_a_thousand_pictures_and_texts_of_mixed_shapes_as_one(tmp_path: Path) -> None:
    folder, paths = saved(tmp_path / "model"), []
    for number in range(1000):
        paths.append(tmp_path / f"{number}.{'png' if number % 3 else 'jpg'}")
        stripes(20 + number % 61, 15 + number % 47, number).save(paths[-1])
    texts = texts_of(1000)
    images, words = library(folder, paths, texts)
    assert_same(encoded(tower(folder, "image"), [of_file(p, "image") for p in paths]), images)
    assert_same(encoded(tower(folder, "text"), text_media(texts)), words)
    assert_same(encoded(tower(folder, "image"), [of_file(paths[7], "image")]), images[7:8])


@pytest.mark.parametrize("options", [{}, {"pooling": "cls", "unit": False}], ids=["mean", "cls"])
def test_a_thousand_texts_of_mixed_length_as_sentence_transformers_has_them(options: dict, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    prompts = {"query": "query : ", "document": "passage : "}
    folder = save_model(tmp_path / "model", save_bert(tmp_path / "bert"), prompts=prompts, **options)
    texts = texts_of(1000)
    theirs = SentenceTransformer(str(folder), device="cpu").encode_document(texts)
    ours = encoded(create_encoder(f"sentence-transformers:{folder}"), text_media(texts))
    assert_same(ours, theirs)
    assert np.linalg.norm(ours, axis=1) == pytest.approx(np.linalg.norm(theirs, axis=1), rel=1e-4)


def clap_library(folder: Path, sounds: Sequence[np.ndarray], texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """The example of the library's documentation, sounds one by one."""
    import torch
    from transformers import AutoFeatureExtractor, AutoTokenizer, ClapModel

    model, extractor = ClapModel.from_pretrained(folder), AutoFeatureExtractor.from_pretrained(folder)
    words = AutoTokenizer.from_pretrained(folder)(list(texts), padding=True, truncation=True, return_tensors="pt")
    with torch.inference_mode():
        heard = [extractor(sound, sampling_rate=RATE, return_tensors="pt") for sound in sounds]
        audio = [model.get_audio_features(**one).pooler_output.numpy() for one in heard]
        return np.concatenate(audio), model.get_text_features(**words).pooler_output.numpy()


def test_sounds_of_any_length_channels_and_rate_and_a_thousand_texts_as_clap_has_them(tmp_path: Path) -> None:
    """Stereo is the channels' mean; other rates are those of a polyphase filter; the rest is as it is in the file."""
    folder = save_clap(tmp_path / "model")
    low = (tone(3, 440) + tone(3, 1900))[::3] / 2
    sounds = {
        "short": noise(0.3, 1),
        "exact": noise(10, 2),
        "one sample": noise(10, 3)[:1],
        "stereo": np.stack([noise(4, 4), tone(4, 700)], axis=1),
        "low": low,
    }
    paths = {n: save_wav(tmp_path / f"{n}.wav", s, RATE // 3 if n == "low" else RATE).path for n, s in sounds.items()}
    rounded = {n: (np.clip(s, -1, 1) * 32767).astype("<i2") / np.float32(32768) for n, s in sounds.items()}
    plain = {**rounded, "stereo": rounded["stereo"].mean(1), "low": resample_poly(rounded["low"], 3, 1)}
    texts = texts_of(1000)
    heard, words = clap_library(folder, [np.asarray(s, np.float32) for s in plain.values()], texts)
    ours = encoded(create_encoder(f"clap:{folder}", "audio"), [of_file(Path(str(p)), "audio") for p in paths.values()])
    assert dict(zip(paths, cosines(ours, heard) >= SAME)) == dict.fromkeys(paths, True)
    assert_same(encoded(create_encoder(f"clap:{folder}", "text"), text_media(texts)), words)


def test_many_sounds_as_one(tmp_path: Path) -> None:
    folder, count = save_clap(tmp_path / "model"), 40
    media = [
        save_wav(tmp_path / f"{i}.wav", tone(0.2 + i % 7, 200 + 60 * i) + noise(0.2 + i % 7, i)) for i in range(count)
    ]
    media = [of_file(Path(str(m.path)), "audio") for m in media]
    encoder = create_encoder(f"clap:{folder}", "audio")
    theirs, _ = clap_library(folder, [encoder.view(m) for m in media], ["rain"])
    assert_same(encoded(encoder, media), theirs)
    assert_same(encoded(encoder, media[9:10]), theirs[9:10])


def test_word_vectors_of_sentence_transformers_too(tmp_path: Path) -> None:
    """The library's models without a transformer have a tokenizer of their own kind."""
    from sentence_transformers import SentenceTransformer, models
    from sentence_transformers.models.tokenizer import WhitespaceTokenizer

    known = list(dict.fromkeys(WORDS))
    words = WhitespaceTokenizer(known, stop_words=["the"])
    table = models.WordEmbeddings(words, np.random.default_rng(0).standard_normal((len(known), 16)), max_seq_length=50)
    made = SentenceTransformer(modules=[table, models.Pooling(16)], device="cpu")
    made.save(str(tmp_path / "model"))
    texts = [text.rpartition(" ")[0] for text in texts_of(50)]
    ours = encoded(create_encoder(f"sentence-transformers:{tmp_path / 'model'}"), text_media(texts))
    assert_same(ours, made.encode(texts))
