"""Folders paired by stem: which files make an item, in which order, and what is left out with which reason."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import encoded, picture, png, wav, write


def reasons(collection: Collection) -> dict[str, str]:
    """Reason by source file; every source occurs once, and no cause stands for several."""
    found = {s.source: s.reason for s in collection.skipped}
    assert len(found) == len(collection.skipped) == sum(s.count for s in collection.skipped)
    return found


def test_files_pair_by_stem_and_folder(tmp_path: Path) -> None:
    files = {"cat.png": png(), "cat.txt": "A cat", "cat.wav": wav(), "birds/cat.png": png(1), "dog2.txt": "2"}
    collection = read_collection(
        write(tmp_path, files | {"dog10.txt": "10", "猫🐈.txt": "\ufeff猫 ", "猫🐈.jpg": png(3)})
    )
    assert collection.ids == ("birds/cat", "cat", "dog2", "dog10", "猫🐈")
    assert [m.modality for m in collection.media if m.item == "cat"] == ["text", "image", "audio"]
    assert {m.text for m in collection.media_of("text")} == {"A cat", "2", "10", "猫"}
    assert collection.modalities == ("text", "image", "audio") and not collection.skipped
    assert collection.name == tmp_path.name


def test_folders_named_after_modalities_are_no_part_of_the_stem(tmp_path: Path) -> None:
    files = {"Images/a/cat.png": png(), "captions/a/cat.txt": "A cat", "sounds/dog.wav": wav(), "README.md": "about"}
    assert read_collection(write(tmp_path / "x", files)).ids == ("a/cat", "dog")
    assert read_collection(write(tmp_path / "y", files | {"cat.txt": "loose"})).ids[0] == "captions/a/cat"
    assert read_collection(write(tmp_path / "z", {"images/a.png": png(), "images/b.txt": "b"})).ids[0] == "images/a"


def test_numbered_files_belong_to_a_plain_one_only(tmp_path: Path) -> None:
    files = {"cat.jpg": png(), "cat.2.jpg": png(1), "cat.10.jpg": png(2), "cat.1.txt": "one", "cat.2.txt": "two"}
    collection = read_collection(write(tmp_path, files | {"v1.0.png": png(4), "v1.1.png": png(5)}))
    assert collection.ids == ("cat", "v1.0", "v1.1")
    pictures = [Path(m.path or "").name for m in collection.media_of("image") if m.item == "cat"]
    assert pictures == ["cat.jpg", "cat.2.jpg", "cat.10.jpg"]
    assert [m.text for m in collection.media_of("text")] == ["one", "two"]


def test_json_beside_gives_metadata_captions_and_class(tmp_path: Path) -> None:
    files = {
        "a.png": png(),
        "a.txt": "first",
        "a.json": '{"year": 1939, "text": ["second"], "tags": ["x"]}',
        "a.cls": "3",
    }
    collection = read_collection(write(tmp_path, files | {"b.png": png(1), "b.json": "[1]", "c.json": "{}"}))
    assert [m.text for m in collection.media_of("text")] == ["first", "second"]
    assert collection.items.loc["a"].to_dict() == {"cls": 3, "year": 1939, "tags": '["x"]'}
    assert (
        "not a JSON object" in reasons(collection)["b.json"]
        and "stands beside no text" in reasons(collection)["c.json"]
    )


def test_everything_unusable_is_reported_once(tmp_path: Path) -> None:
    outside = write(tmp_path / "outside", {"secret.txt": "secret"})
    folder = write(
        tmp_path / "data",
        {
            "good.txt": "good",
            "empty.jpg": b"",
            "blank.txt": "  \n",
            "fake.png": "I am text",
            "cut.svg": "<svg/>",
            "latin.txt": "café".encode("latin-1"),
            "wide.txt": "wide".encode("utf-16-le"),
            "chinese.txt": "这是一张猫的照片".encode("gbk"),
            "picture.wav": png(),
            "film.mp4": "I am text too",
            "data.xyz": b"?",
            "long.txt": "x" * 101,
            "large.png": png() + bytes(20_000),
            "README.md": "about",
            ".DS_Store": b"",
            "__MACOSX/good.txt": "junk",
        },
    )
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    (folder / "linked").symlink_to(outside, target_is_directory=True)
    (folder / "loop").symlink_to(folder, target_is_directory=True)
    (folder / "gone.txt").symlink_to(folder / "nowhere.txt")
    (folder / "alias.txt").symlink_to(folder / "good.txt")
    limits = Settings(max_text_chars=100, max_file_bytes=15_000)
    collection = read_collection(folder, settings=limits)
    assert collection.ids == ("alias", "good")
    words = {
        "empty": "empty",
        "blank": "empty",
        "fake": "holds text, not a picture",
        "cut.svg": "PNG",
        "latin": "Windows-1252",
        "wide": "UTF-16",
        "chinese": "GBK",
        "picture": "holds a picture, not sound",
        "film": "holds text, not video",
        "data.xyz": "unsupported",
        "long": "MMALIGN_MAX_TEXT_CHARS",
        "large": "MMALIGN_MAX_FILE_BYTES",
        "README.md": "describes the collection",
        "link.txt": "link that leaves the folder",
        "linked": "link that leaves the folder",
        "loop": "link to a folder",
        "gone": "missing",
    }
    assert set(reasons(collection)) == set(words)
    for source, expected in words.items():
        assert expected in reasons(collection)[source]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("name", ["rows.csv", "rows.npz", "rows.zip"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    with pytest.raises(BadInput, match="is a pipe or a device; save its content as a file"):
        read_collection(tmp_path / name)


def test_nothing_usable_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing usable; put texts, pictures"):
        read_collection(tmp_path)
    with pytest.raises(BadInput, match=r"nothing usable \(1 skipped\): 'a.png' is empty"):
        read_collection(write(tmp_path, {"a.png": b""}))
    with pytest.raises(BadInput, match="'nowhere' does not exist"):
        read_collection("nowhere")
    with pytest.raises(BadInput, match=r"'a.png' is not a collection.*\.csv"):
        read_collection(tmp_path / "a.png")


def test_a_manifest_in_the_folder_leads(tmp_path: Path) -> None:
    write(
        tmp_path, {"manifest.csv": "id,text\na,one\n", "manifest.jsonl": '{"id": "b", "text": "two"}', "c.txt": "three"}
    )
    write(
        tmp_path, {"interactions.csv": "user_id,item_id\nu,b\nu,zzz\n", "ATTRIBUTION.txt": "Photos: A. Nyone, CC BY\n"}
    )
    collection = read_collection(tmp_path)
    assert collection.ids == ("b",) and collection.attribution == "Photos: A. Nyone, CC BY"
    assert collection.interactions is not None and collection.interactions.to_dict("list") == {
        "user_id": ["u"],
        "item_id": ["b"],
    }
    assert [(s.id, s.modality) for s in collection.skipped] == [
        ("manifest.csv", ""),
        ("c.txt", "text"),
        ("zzz", "interaction"),
    ]


def test_reading_again_gives_the_same_digest(tmp_path: Path) -> None:
    first = read_collection(write(tmp_path / "x", {"a.png": png(), "a.txt": "t"}))
    again = read_collection(write(tmp_path / "y", {"a.txt": "t", "a.png": png()}))
    other = read_collection(write(tmp_path / "z", {"a.txt": "t!", "a.png": png()}))
    assert first.digest == again.digest != other.digest


def test_cancelling_stops_reading(tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(fraction: float, message: str) -> None:
        raise Stop

    with pytest.raises(Stop):
        read_collection(write(tmp_path, {"a.txt": "t"}), progress=stop)


NAMES = st.text(st.sampled_from("ab1.🐈猫 -"), min_size=1, max_size=6)
CONTENTS = st.sampled_from([b"", b"text", png(), wav(), b"\xff\xfe\x00", encoded(picture(), "JPEG")[:300]])


@settings(deadline=None, max_examples=60)
@given(st.dictionaries(st.tuples(NAMES, st.sampled_from([".txt", ".png", ".wav", ".mp4", ".json", ".bin"])), CONTENTS))
def test_every_file_is_used_or_reported_once(tmp_path_factory: pytest.TempPathFactory, files: dict) -> None:
    folder = tmp_path_factory.mktemp("any")
    seen = {f"{stem}{extension}" for stem, extension in files if not stem.startswith(".")}
    write(folder, {f"{stem}{extension}": content for (stem, extension), content in files.items()} | {"zz.txt": "zz"})
    collection = read_collection(folder)
    side_files = sum(name.endswith(".json") for name in seen)
    told = len(collection.media) + sum(s.count for s in collection.skipped)
    assert len(seen) + 1 - side_files <= told <= len(seen) + 1
    assert {m.item for m in collection.media} == set(collection.ids)


def test_a_link_to_itself_is_reported(tmp_path: Path) -> None:
    write(tmp_path, {"cat.txt": "A cat"})
    (tmp_path / "loop.png").symlink_to("loop.png")
    collection = read_collection(tmp_path)
    assert collection.ids == ("cat",) and "leads nowhere" in reasons(collection)["loop.png"]


def test_broken_names_of_metadata_are_left_out(tmp_path: Path) -> None:
    side = '{"\\ud800": 1, " ": 2, " year ": 1939}'
    collection = read_collection(write(tmp_path, {"cat.txt": "A cat", "cat.json": side}))
    assert collection.items.loc["cat"].to_dict() == {"year": 1939} and collection.digest
