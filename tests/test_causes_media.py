"""Causes that lie in one medium: planted media have them, clean ones do not, and each comes with its evidence."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image, ImageDraw

from mmalign_core.data.media.levels import picture_levels, sound_levels
from mmalign_core.store import Store
from mmalign_core.triage.causes import CAUSES
from mmalign_core.triage.causes.medium import MediumCause
from mmalign_core.triage.media_facts import MediaFacts, concept_facts
from mmalign_core.types import Collection, Concepts, EmbeddingSet, Media, digest_bytes
from mmalign_core.workflow import Choices, Encoding, align, encode, find_errors
from mmalign_core.workflow.error_analysis.measured_media import media_facts
from tests.sample_files import encoded, film, sound, tone

USED = {"text": "use-multilingual", "image": "efficientnet-lite0", "audio": "yamnet"}
TEXT_CAUSES = ("cut_off_text", "short_text", "unread_language")


def noise(colour: tuple[int, int, int], spread: float, size: tuple[int, int] = (160, 120)) -> bytes:
    """A JPEG of one colour with noise, as a covered lens gives."""
    pixels = np.random.default_rng(0).normal(colour, spread, (*size[::-1], 3))
    return encoded(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), "JPEG", quality=60)


def plain(colour: str) -> bytes:
    return encoded(Image.new("RGB", (90, 60), colour))


def filed(folder: Path, item: str, modality: str, content: bytes, suffix: str) -> Media:
    folder.mkdir(exist_ok=True)
    path = folder / f"{item}{suffix}"
    path.write_bytes(content)
    return Media(item, modality, digest_bytes(content), str(path))


def said(item: str, text: str) -> Media:
    return Media(item, "text", digest_bytes(text.encode()), text=text)


def of(media: list[Media]) -> Collection:
    return Collection("media", pd.DataFrame(index=[*dict.fromkeys(m.item for m in media)]), tuple(media))


def faults(cause: str, facts: MediaFacts, collection: Collection) -> dict[str, dict]:
    """Item -> evidence of the media that have the cause."""
    finder = CAUSES.create(cause)
    assert isinstance(finder, MediumCause)
    media = [m for modality in finder.modalities for m in collection.media_of(modality)]
    found = {m.item: finder.fault(facts, m.modality, m.digest) for m in media}
    assert all(0 < fault[1] <= 1 for fault in found.values() if fault)
    return {item: dict(fault[0]) for item, fault in found.items() if fault}


def test_clean_media_of_the_demo_raise_no_alarm(demo: Collection, demo_encoding: Encoding, store: Store) -> None:
    facts = media_facts(demo, USED, store=store, encoded=demo_encoding.sets)
    assert len(facts.pictures) > 300 and len(facts.sounds) > 100 and len(facts.texts) > 300
    for cause in ("blank_picture", "silent_sound", *TEXT_CAUSES):
        assert faults(cause, facts, demo) == {}
    assert len(faults("unknown_concept", facts, demo)) <= 0.05 * len(facts.pictures)


def test_blank_pictures_are_found_and_drawings_are_not(tmp_path: Path, store: Store) -> None:
    dot, line = (Image.new("RGB", (200, 200), "white") for _ in range(2))
    ImageDraw.Draw(dot).ellipse((80, 80, 120, 120), fill="black")
    ImageDraw.Draw(line).line((20, 180, 180, 20), fill="black", width=3)
    dark = np.random.default_rng(1).normal(30, 18, (15, 20)).clip(0, 255).astype(np.uint8)
    files = {
        "white": plain("white"),
        "black": plain("black"),
        "red": plain("red"),
        "noise": noise((90, 30, 30), 6),
        "night": noise((20, 20, 30), 4),
        "dot": encoded(dot),
        "line": encoded(line),
        "dark": encoded(Image.fromarray(dark).resize((200, 150)).convert("RGB"), "JPEG"),
        "broken": b"\x89PNG\r\n\x1a\n damaged",
    }
    media = [filed(tmp_path / "m", name, "image", content, ".png") for name, content in files.items()]
    facts = media_facts(of(media), {"image": "given"}, store=store)
    found = faults("blank_picture", facts, of(media))
    assert set(found) == {"white", "black", "red", "noise", "night"} and len(facts.pictures) == len(files) - 1
    assert (found["red"]["colour"], found["red"]["share"]) == ("#ff0000", 1.0) and found["noise"]["spread"] < 5
    for medium in media:
        Path(medium.path or "").unlink()
    assert media_facts(of(media), {"image": "given"}, store=store) == facts, "levels come from the store"


def test_a_video_is_blank_if_all_its_frames_are(tmp_path: Path, store: Store) -> None:
    black = np.zeros((48, 64, 3), np.uint8)
    square = black.copy()
    square[10:30, 10:30] = 255
    paths = {
        "dead": film(tmp_path / "dead.mp4", [black] * 12),
        "late": film(tmp_path / "late.mp4", [black, square] * 6),
    }
    media = [Media(name, "video", digest_bytes(path.read_bytes()), str(path)) for name, path in paths.items()]
    facts = media_facts(of(media), {"video": "video-frames"}, store=store)
    assert set(faults("blank_picture", facts, of(media))) == {"dead"}


def test_silent_sounds_are_found_and_sparse_ones_are_not(tmp_path: Path, store: Store) -> None:
    rng = np.random.default_rng(0)
    tick = np.zeros(44_100, np.float32)
    tick[20_000:22_000] = tone(0.1)[:2000]
    waves = {
        "zero": np.zeros(8000, np.float32),
        "hiss": rng.normal(0, 3e-4, 22_050).astype(np.float32),
        "offset": np.full(8000, 0.25, np.float32),
        "tick": tick,
        "quiet": tone(1.0, level=0.01),
    }
    media = [filed(tmp_path / "s", name, "audio", sound(wave, 22_050), ".wav") for name, wave in waves.items()]
    facts = media_facts(of(media), {"audio": "yamnet"}, store=store)
    found = faults("silent_sound", facts, of(media))
    assert set(found) == {"zero", "hiss", "offset"} and found["zero"]["peak_db"] == -120.0
    assert -75 < found["hiss"]["rms_db"] < -65 and found["hiss"]["silent"] == 1.0
    assert sound_levels(np.zeros(0, np.float32), 8000).inaudible


def test_levels_are_measured_in_their_units() -> None:
    half = Image.new("RGB", (128, 128), "white")
    half.paste((0, 0, 0), (0, 0, 64, 128))
    levels = picture_levels(half)
    assert levels.share <= 0.5 and levels.spread == pytest.approx(127.5, abs=0.5) and not levels.blank
    wave = sound_levels(tone(1.0, level=0.5), 22_050)
    assert wave.peak == pytest.approx(-6.02, abs=0.05) and wave.rms == pytest.approx(-9.03, abs=0.05)
    assert wave.silent == 0


UNREAD = {
    "fi": "Valokuvassa näkyy jotakin hyvin kiinnostavaa",
    "cs": "Na té fotografii je něco velmi zajímavého",
    "vi": "Bức ảnh này cho thấy một điều rất thú vị",
    "ka": "ეს სურათი რაღაცას აჩვენებს",
    "my": "ဓာတ်ပုံတစ်ပုံ ဖြစ်သည်",
}


def test_concepts_are_unknown_where_belief_is_spread() -> None:
    posterior = np.full((3, 100), 0.01, np.float32)
    posterior[1] = 0.05 / 99
    posterior[1, 7] = 0.95
    posterior[2, :20], posterior[2, 20:] = 0.05, 0.0
    labels = tuple(f"thing {k}" for k in range(100))
    keys = ("spread", "sure", "twenty")
    rows = EmbeddingSet("image", keys, keys, np.eye(3), "e@1", Concepts(labels, posterior))
    finder, facts = CAUSES.create("unknown_concept"), MediaFacts(concepts=concept_facts(rows))
    assert isinstance(finder, MediumCause)
    found = {key: finder.fault(facts, "image", key) for key in keys}
    assert found["sure"] is None and found["twenty"] is None and found["spread"] is not None
    evidence, confidence = found["spread"]
    assert (evidence["as_likely"], evidence["concepts"], len(evidence["likeliest"])) == (100, 100, 3)
    assert confidence == pytest.approx(1.0)
    several = replace(rows, concepts=Concepts(labels, posterior * 3))
    assert concept_facts(several) == {}, "independent probabilities are not judged"


def test_errors_name_the_medium_at_fault_on_either_side(demo: Collection, store: Store, tmp_path: Path) -> None:
    kept = [i for i in demo.ids if any(m.item == i for m in demo.media_of("image"))][:40]
    blank, foreign, empty = kept[:2], kept[2:4], kept[4:6]
    media = []
    for m in (m for m in demo.media if m.item in kept and m.modality != "audio"):
        if m.modality == "image" and m.item in blank:
            m = filed(tmp_path / "p", m.item, "image", noise((90, 30, 30), 5, (120 + len(media), 90)), ".jpg")
        elif m.modality == "text" and m.item in foreign:
            m = said(m.item, UNREAD["fi" if m.item == foreign[0] else "ka"])
        elif m.modality == "text" and m.item in empty:
            m = said(m.item, "photo" if m.item == empty[0] else "?")
        media.append(m)
    collection = of(media)
    encoding = encode(collection, store=store)
    run = align(collection, encoding, Choices(pair=("image", "text"), aligner="bridge"), store=store)
    errors = find_errors(run, store=store)
    report = errors.report()
    assert json.loads(json.dumps(report)) == report
    told = errors.table().set_index(["direction", "id"])
    found: dict[str, dict[str, dict]] = {}
    for query in report["queries"]:
        for cause in query["causes"]:
            found.setdefault(cause["name"], {})[query["direction"], query["id"]] = cause["evidence"]
    missed = {(q["direction"], q["id"]) for q in report["queries"] if q["rank"] > 1}
    for cause, items, medium in (
        ("blank_picture", blank, "image"),
        ("unread_language", foreign, "text"),
        ("short_text", empty, "text"),
    ):
        expected = {(way, item) for way in report["directions"] for item in items} & missed
        assert expected and set(found[cause]) == expected
        for (way, item), evidence in found[cause].items():
            side = "query" if way.startswith(medium) else "right"
            assert (evidence["medium"], evidence["item"], evidence["side"]) == (medium, item, side)
            if told.loc[(way, item), "causes"].split("; ")[0] == cause:
                whose = "the query" if side == "query" else "the right answer"
                assert f"({whose}) " in told.loc[(way, item), "evidence"]
    assert not {"cut_off_text", "silent_sound"} & set(found)
