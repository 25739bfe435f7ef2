"""The demo collection: complete, readable, the same every time, never half made, and honest about what is simulated."""

from __future__ import annotations

import csv
import filecmp
import json
import shutil
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile
from PIL import Image

from mmalign_core.data.demo import _fill, demo_items, simulated_interactions, write_demo
from mmalign_core.data.demo.items import LANGUAGES, emoji_name
from mmalign_core.data.demo.media import write_media
from mmalign_core.data.demo.pictures import drawing_file, lit, render_drawing
from mmalign_core.data.demo.sounds import RATE, SECONDS, sound_table, synthesise
from mmalign_core.encoders.base import ENCODERS
from mmalign_core.types import BadInput, Cancelled, Media, no_progress


@pytest.fixture(scope="module")
def steps() -> list[float]:
    return []


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, steps: list[float]) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "collection"
    return write_demo(folder, lambda fraction, message: steps.append(fraction))


@pytest.fixture(scope="module")
def rows(demo: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (demo / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]


def test_it_is_large_enough(rows: list[dict[str, str]]) -> None:
    assert len(rows) >= 300
    assert sum("audio" in row for row in rows) >= 60
    assert min(Counter(row["group"] for row in rows).values()) >= 8


def test_every_row_is_complete(rows: list[dict[str, str]]) -> None:
    needed = {"id", "text", "image", "group", "credit", "licence", "users", *(f"name_{code}" for code in LANGUAGES)}
    for row in rows:
        assert needed <= row.keys() and all(row.values()), row


def test_ids_and_captions_are_unique(rows: list[dict[str, str]]) -> None:
    assert len({row["id"] for row in rows}) == len({row["text"] for row in rows}) == len(rows)
    assert all(row["id"] == row["id"].lower() and " " not in row["id"] for row in rows)


def test_captions_are_prose(rows: list[dict[str, str]]) -> None:
    for row in rows:
        assert 3 <= len(row["text"].split()) <= 18 and row["text"][0].isupper(), row["text"]


def test_every_picture_opens_and_shows_something(demo: Path, rows: list[dict[str, str]]) -> None:
    for row in rows:
        with Image.open(demo / row["image"]) as picture:
            assert min(picture.size) >= 224
            assert len(set(picture.convert("L").resize((24, 24)).tobytes())) > 8, row["id"]


def test_no_two_pictures_are_the_same(demo: Path, rows: list[dict[str, str]]) -> None:
    assert len({(demo / row["image"]).read_bytes() for row in rows}) == len(rows)


def test_every_sound_is_audible_and_not_clipped(demo: Path, rows: list[dict[str, str]]) -> None:
    for row in rows:
        if "audio" in row:
            wave, rate = soundfile.read(demo / row["audio"])
            assert rate == RATE and wave.ndim == 1 and len(wave) == round(SECONDS * RATE)
            assert 0.3 < np.abs(wave).max() < 0.99 and np.sqrt(np.mean(wave**2)) > 0.003, row["id"]


def test_files_and_rows_match(demo: Path, rows: list[dict[str, str]]) -> None:
    named = {row[key] for row in rows for key in ("image", "audio") if key in row}
    assert named == {f"{p.parent.name}/{p.name}" for folder in ("images", "audio") for p in (demo / folder).iterdir()}


def test_histories_are_marked_as_simulated(demo: Path, rows: list[dict[str, str]]) -> None:
    with (demo / "interactions.csv").open(newline="") as file:
        history = list(csv.DictReader(file))
    per_user = Counter(row["user_id"] for row in history)
    assert 60 <= len(per_user) <= 100 and set(per_user.values()) <= set(range(8, 26))
    assert all(user.startswith("simulated-") for user in per_user)
    assert {row["item_id"] for row in history} <= {row["id"] for row in rows}
    assert {row["users"] for row in rows} == {"simulated"}
    assert "simulated" in (demo / "ATTRIBUTION.md").read_text(encoding="utf-8")


def test_users_have_tastes() -> None:
    items = demo_items()
    group = {item.id: item.group for item in items}
    history = simulated_interactions(items)
    shuffled = np.random.default_rng(0).permutation([row.item_id for row in history])
    focus = _focus([(row.user_id, group[row.item_id]) for row in history])
    assert focus > 1.3 * _focus([(row.user_id, group[item]) for row, item in zip(history, shuffled, strict=True)])


def _focus(pairs: list[tuple[str, str]]) -> float:
    """The share of a user's history in his three commonest groups, averaged over users."""
    users = {user: Counter(group for who, group in pairs if who == user) for user, _ in pairs}
    return float(np.mean([sum(n for _, n in seen.most_common(3)) / seen.total() for seen in users.values()]))


def test_attribution_names_every_photograph(demo: Path) -> None:
    text = (demo / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "All emojis designed by" in text and "CC BY-SA 4.0" in text
    for item in demo_items():
        assert not item.package or (item.id in text and item.credit in text and item.licence in text)


def test_a_second_run_makes_the_same_files(demo: Path, tmp_path: Path, rows: list[dict[str, str]]) -> None:
    _fill(tmp_path, demo_items()[::9], no_progress)
    again = [json.loads(line) for line in (tmp_path / "manifest.jsonl").read_text(encoding="utf-8").splitlines()]
    media = [row[key] for row in again for key in ("image", "audio") if key in row]
    same, different, unreadable = filecmp.cmpfiles(demo, tmp_path, media, shallow=False)
    written = {row["id"]: row for row in rows}
    assert again == [written[row["id"]] for row in again] and len(same) > 50 and not different and not unreadable
    assert simulated_interactions(demo_items()) == simulated_interactions(demo_items())


def test_a_finished_demo_is_kept(demo: Path) -> None:
    before = (demo / "manifest.jsonl").stat().st_mtime_ns
    assert write_demo(demo) == demo and (demo / "manifest.jsonl").stat().st_mtime_ns == before


@pytest.mark.parametrize("theirs", ["demo.json", "other.json"])
def test_another_process_may_finish_the_demo_first(
    tmp_path: Path, demo: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    target = tmp_path / "demo"

    def fill(work: Path, items: object, progress: object) -> None:
        target.mkdir()
        for path in (work / "demo.json", target / theirs):
            path.write_bytes((demo / "demo.json").read_bytes())

    monkeypatch.setattr("mmalign_core.data.demo._fill", fill)
    with nullcontext() if theirs == "demo.json" else pytest.raises(FileExistsError):
        assert write_demo(target) == target
    assert [path.name for path in tmp_path.iterdir()] == ["demo"] and (target / theirs).is_file()


def test_other_content_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(BadInput, match="already holds something else"):
        write_demo(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_a_link_to_an_empty_folder_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "link").symlink_to("empty")
    assert write_demo(tmp_path / "link") == tmp_path / "empty"
    assert (tmp_path / "link").is_symlink() and (tmp_path / "empty" / "manifest.jsonl").is_file()
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(BadInput, match="a link that leads back to itself"):
        write_demo(tmp_path / "loop")


def test_an_older_demo_is_named(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text('{"name": "MMAlign demo", "version": "0"}')
    with pytest.raises(BadInput, match="version 0 of the demo"):
        write_demo(tmp_path)


def test_a_broken_marker_counts_as_other_content(tmp_path: Path) -> None:
    (tmp_path / "demo.json").write_text("{")
    with pytest.raises(BadInput, match="something else"):
        write_demo(tmp_path)


def test_cancelling_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(fraction: float, message: str) -> None:
        if fraction > 0.05:
            raise Cancelled

    with pytest.raises(Cancelled):
        write_demo(tmp_path / "demo", stop)
    assert list(tmp_path.iterdir()) == [] and not psutil.Process().children()


@pytest.mark.parametrize("python", ["", "false"])
def test_files_are_written_without_other_processes(
    demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, python: str
) -> None:
    monkeypatch.setattr(sys, "executable", shutil.which(python) or python)
    said = list[float]()
    items = demo_items()[::40]
    write_media(tmp_path, items, lambda fraction, message: said.append(fraction))
    written = [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")]
    assert len(said) == len(written) > len(items) and said == sorted(said)
    assert filecmp.cmpfiles(demo, tmp_path, written, shallow=False) == (written, [], [])


def test_progress_rises_to_one(demo: Path, steps: list[float]) -> None:
    assert steps == sorted(steps) and steps[-1] == 1.0 and steps[0] > 0


def test_items_use_only_sounds_of_the_table() -> None:
    used = [item.sound for item in demo_items() if item.sound]
    assert set(used) == set(sound_table())


def test_yamnet_hears_what_is_meant(demo: Path) -> None:
    pytest.importorskip("onnxruntime")
    yamnet = ENCODERS.get("yamnet")()
    names = np.array(yamnet.labels)
    heard = []
    for item in demo_items()[::4]:
        if item.sound:
            media = Media(item.id, "audio", item.id, str(demo / "audio" / f"{item.id}.flac"))
            scores = yamnet.encode([yamnet.prepare(media)]).posterior[0]
            heard.append(bool(set(names[np.argsort(-scores)[:5]]) & set(sound_table()[item.sound].labels)))
    assert len(heard) > 15 and np.mean(heard) >= 0.8


def test_a_sound_is_the_same_every_time() -> None:
    sound = next(iter(sound_table().values()))
    assert np.array_equal(synthesise(sound), synthesise(sound))


def test_names_in_other_languages() -> None:
    assert [emoji_name("🍎", code) for code in LANGUAGES] == ["roter apfel", "pomme rouge", "manzana roja", "红苹果"]


def test_a_drawing_is_lit_from_above() -> None:
    drawing = render_drawing("🍎", 96)
    assert drawing.size == (96, 96) and drawing.getpixel((0, 0)) == (0, 0, 0, 0)
    picture = np.asarray(lit(drawing).convert("L"), float)
    inside = np.asarray(drawing.getchannel("A")) > 250
    change = picture - np.asarray(drawing.convert("L"), float)
    rows = np.nonzero(inside.any(axis=1))[0]
    top, bottom = (change[row][inside[row]].mean() for row in (rows[3], rows[-4]))
    assert top > bottom


def test_a_missing_drawing_is_named() -> None:
    with pytest.raises(FileNotFoundError, match="0041"):
        drawing_file("A")
