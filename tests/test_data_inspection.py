"""Inspection: counts, reasons, ranges, and duplicates that are real."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mmalign_core.data import decode_image, inspect_collection, read_collection
from mmalign_core.data.duplicates import Fingerprint, fingerprint, near_pictures, normalised_text, repeats
from mmalign_core.types import Collection
from tests.sample_files import encoded, picture, png, sound, tone, wav, write


def test_the_report_of_a_folder(tmp_path: Path) -> None:
    large = encoded(picture(400, 300, seed=5), "JPEG", quality=95)
    small = encoded(picture(400, 300, seed=5).resize((200, 150)), "JPEG", quality=70)
    files = {
        "a.png": png(),
        "a.txt": "A cat.",
        "b.png": png(),
        "b.txt": "a  CAT",
        "c.jpg": large,
        "d.jpg": small,
        "d.wav": wav(),
    }
    write(
        tmp_path,
        files | {"e.jpg": large[:3000], "f.wav": sound(tone(2.0), 8000), "g.txt": "A dog", "h.wav": b"RIFF....WAVE"},
    )
    inspection = inspect_collection(read_collection(tmp_path), threads=2)
    report = inspection.report()
    assert json.loads(json.dumps(report)) == report and {s.id for s in inspection.damaged} == {"e", "h"}
    assert report["items"] == 8 and report["pairs"] == {"audio:image": 1, "audio:text": 0, "image:text": 2}
    assert [(s["id"], s["modality"]) for s in report["skipped"]] == [("e", "image"), ("h", "audio")]
    image, audio = report["by_modality"]["image"], report["by_modality"]["audio"]
    assert (image["items"], image["usable"], image["skipped"]) == (4, 4, 1)
    assert image["width"] == {"min": 40, "median": 120, "max": 400} and audio["rates"] == {"8000": 1, "22050": 1}
    assert audio["seconds"]["max"] == pytest.approx(len(tone(2.0)) / 8000, abs=0.01)
    duplicates = report["duplicates"]
    assert (duplicates["exact"], duplicates["near"]) == (1, 2)
    kinds = {(e["kind"], e["modality"], e["a"], e["b"]) for e in duplicates["examples"]}
    assert kinds == {("exact", "image", "a", "b"), ("near", "image", "c", "d"), ("near", "text", "a", "b")}


def test_metadata_and_vectors_are_described(tmp_path: Path) -> None:
    rows = [{"id": str(i), "text_vector": [i, 1], "year": 1900 + i, "kind": "x" if i else None} for i in range(3)]
    (tmp_path / "m.jsonl").write_text("\n".join(map(json.dumps, rows)))
    report = inspect_collection(read_collection(tmp_path / "m.jsonl")).report()
    assert report["by_modality"]["text"]["given_vectors"] == {"rows": 3, "dim": 2}
    assert report["metadata"] == [
        {"name": "year", "kind": "number", "missing": 0, "distinct": 3},
        {"name": "kind", "kind": "text", "missing": 1, "distinct": 1},
    ]


def test_cancelling_leaves_no_thread(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(fraction: float, message: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        inspect_collection(read_collection(write(tmp_path, {"a.png": png()})), progress=stop)


@pytest.mark.parametrize("change", ["smaller", "larger", "jpeg", "palette"])
def test_copies_of_a_picture_are_near(change: str) -> None:
    original = picture(300, 200, seed=3)
    jpeg = encoded(original, "JPEG", quality=40)
    copies = {
        "smaller": original.resize((150, 100), Image.Resampling.LANCZOS),
        "larger": original.resize((450, 300)),
        "jpeg": decode_image(jpeg),
        "palette": original.convert("P", palette=Image.Palette.ADAPTIVE).convert("RGB"),
    }
    assert near_pictures([fingerprint(original), fingerprint(picture(seed=4)), fingerprint(copies[change])]) == [(0, 2)]


def test_plain_pictures_are_near_only_in_one_colour() -> None:
    colours = ("red", "green", "blue", "red", "#ffffff", "#fafafa")
    assert near_pictures([fingerprint(Image.new("RGB", (30, 30), colour)) for colour in colours]) == [(0, 3)]
    white = Image.new("RGB", (300, 200), "white")
    saved = decode_image(encoded(white, "JPEG", quality=40))
    assert near_pictures([fingerprint(white), fingerprint(saved)]) == [(0, 1)]


def drawing(*hand: tuple[int, int]) -> Image.Image:
    """A clock's face with hands that end at these places."""
    image = Image.new("RGB", (200, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((30, 30, 170, 170), outline="black", width=6)
    for end in hand:
        draw.line((100, 100, *end), fill="black", width=6)
    return image


def test_drawings_on_one_background_are_not_near_but_their_copies_are() -> None:
    clocks = [drawing((100, 50), (135, 100)), drawing((100, 50), (65, 100)), drawing((100, 50), (100, 135))]
    prints = [fingerprint(clock) for clock in clocks]
    assert near_pictures(prints) == []
    copies = [clocks[0].resize((100, 100)), decode_image(encoded(clocks[1], "JPEG", quality=40))]
    assert near_pictures([*prints, *(fingerprint(copy) for copy in copies)]) == [(0, 3), (1, 4)]


def test_no_drawing_of_the_demo_repeats_another_and_copies_are_found(demo: Collection) -> None:
    pictures = [decode_image(m.path or "", at_least=(64, 64)) for m in demo.media_of("image")]
    prints = [fingerprint(picture) for picture in pictures]
    assert near_pictures(prints) == []
    halves = [fingerprint(picture.resize((picture.width // 2, picture.height // 2))) for picture in pictures]
    saved = [fingerprint(decode_image(encoded(picture, "JPEG", quality=40))) for picture in pictures]
    for copies in (halves, saved):
        found = near_pictures([*prints, *copies])
        assert set(found) <= {(i, len(prints) + i) for i in range(len(prints))} and len(found) >= 0.97 * len(prints)


def test_blank_pictures_and_silent_sounds_are_counted_and_all_listed(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noisy = Image.fromarray(np.clip(rng.normal((90, 20, 20), 4, (120, 160, 3)), 0, 255).astype(np.uint8))
    speck = Image.new("RGB", (200, 200), "white")
    ImageDraw.Draw(speck).line((90, 100, 110, 100), fill="black")
    files = {f"w{k:02}.png": encoded(Image.new("RGB", (30, 30), "white")) for k in range(25)}
    files |= {"black.png": encoded(Image.new("RGB", (30, 30))), "noise.jpg": encoded(noisy, "JPEG", quality=60)}
    files |= {"speck.png": encoded(speck), "clock.png": encoded(drawing((100, 50))), "photo.png": png(3)}
    hum = sound((tone(1.0, level=2e-4) + 0.25).astype(np.float32))
    files |= {"zero.wav": sound(np.zeros(8000, np.float32)), "offset.wav": hum, "tone.wav": wav()}
    found = inspect_collection(read_collection(write(tmp_path, files)), threads=1)
    blank = {"black", "noise", "speck", *(f"w{k:02}" for k in range(25))}
    assert {f["id"] for f in found.all_blank if f["modality"] == "image"} == blank
    assert {f["id"] for f in found.all_blank if f["modality"] == "audio"} == {"zero", "offset"}
    report = found.report()
    assert report["blank"]["by_modality"] == {"image": 28, "audio": 2} and report["blank"]["count"] == 30
    assert len(report["blank"]["examples"]) == 20 and not {"all_blank", "all_duplicates", "damaged"} & set(report)
    assert report["duplicates"]["exact"] == len(found.all_duplicates) == 24 and report["duplicates"]["near"] == 0
    assert len(report["duplicates"]["examples"]) == 20
    assert next(f for f in report["blank"]["examples"] if f["id"] == "w00")["colour"] == "#ffffff"


@hypothesis_settings(deadline=None, max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 700))
def test_blocks_find_what_comparing_all_pairs_finds(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2**63, 20, dtype=np.uint64)
    thumb = np.zeros((32, 32, 3), np.uint8)
    flips = rng.integers(0, 2, (count, 8), dtype=np.uint64)
    bits = [int(base[i % 20]) ^ sum(int(f) << (8 * k) for k, f in enumerate(flip)) for i, flip in enumerate(flips)]
    prints = [Fingerprint(b, thumb) for b in bits]
    expected, first = [], []
    for j, b in enumerate(bits):
        match = next((i for i in first if (bits[i] ^ b).bit_count() <= 6), None)
        expected += [] if match is None else [(match, j)]
        first += [j] if match is None else []
    assert near_pictures(prints) == expected


def test_normalised_texts() -> None:
    assert normalised_text("A  Cat!") == normalised_text("a cat") != normalised_text("a dog")
    assert normalised_text("🐈") != normalised_text("🐕") and normalised_text("ＣＡＴ。") == "cat"
    assert repeats(["a", "b", "a", "a"]) == [(0, 2), (0, 3)]


def test_a_thousand_real_photographs(shared_data: Path) -> None:
    report = inspect_collection(read_collection(shared_data / "fsa_color"), threads=2).report()
    assert report["by_modality"]["image"]["usable"] == 1615 and len(report["skipped"]) == 2
    assert report["duplicates"]["by_modality"]["image"]["near"] <= 10
