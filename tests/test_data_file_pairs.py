"""Folders whose names do not pair by stem, lists of captions by file, and conversations about pictures."""

import io
import json
import tarfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import Collection
from tests.sample_files import png, wav, write

TEXTS = ["a red field", "a blue field", "a green field"]


def told(found: Collection) -> dict[str, tuple[list[str], list[str]]]:
    """Item -> names of its pictures and sounds, and its texts."""
    held: dict[str, tuple[list[str], list[str]]] = {id: ([], []) for id in found.ids}
    for medium in found.media:
        files, texts = held[medium.item]
        if medium.modality == "text":
            texts.append(medium.text or Path(str(medium.path)).read_text())
        else:
            files.append(Path(str(medium.path)).name)
    return held


@pytest.mark.parametrize(
    "picture, text, item",
    [
        ("{}.png", "{}.png.txt", "{}"),
        ("pics/{}.png", "words/{}.txt", "{}"),
        ("shop/img/{}.png", "shop/txt/{}.txt", "shop/{}"),
        ("{}_image.png", "{}_caption.txt", "{}"),
        ("img_{}.png", "txt_{}.txt", "{}"),
        ("item{}/photo.png", "item{}/description.txt", "item{}"),
    ],
)
def test_names_that_belong_together_in_other_ways_pair(picture: str, text: str, item: str, tmp_path: Path) -> None:
    for n, words in enumerate(TEXTS):
        write(tmp_path, {picture.format(n): png(n), text.format(n): words})
    found = read_collection(tmp_path)
    expected = {item.format(n): ([Path(picture.format(n)).name], [words]) for n, words in enumerate(TEXTS)}
    assert told(found) == expected and not found.skipped
    assert text.startswith("{}.png") or any("files belong together" in note for note in found.notes)


def test_a_folder_for_each_item_may_describe_it_in_json(tmp_path: Path) -> None:
    for n, words in enumerate(TEXTS):
        write(
            tmp_path, {f"{n}/a.png": png(n), f"{n}/b.png": png(n + 5), f"{n}/meta.json": json.dumps({"title": words})}
        )
    found = read_collection(tmp_path)
    assert told(found) == {str(n): (["a.png", "b.png"], [words]) for n, words in enumerate(TEXTS)}


@pytest.mark.parametrize(
    "names", [("train/a.png", "test/b.txt"), ("a.png", "b.txt"), ("cats/1.png", "dogs/2.png"), ("a/1.png", "a/2.txt")]
)
def test_files_that_do_not_belong_together_stay_apart(names: tuple[str, str], tmp_path: Path) -> None:
    write(tmp_path, {name: png(1) if name.endswith("png") else "words" for name in names})
    found = read_collection(tmp_path)
    assert len(found.ids) == 2 and not any("belong together" in note for note in found.notes)


def test_stems_that_pair_are_left_as_they_are(tmp_path: Path) -> None:
    write(tmp_path, {"a.png": png(1), "a.txt": "one", "x_image.png": png(2), "x_caption.txt": "two"})
    assert list(read_collection(tmp_path).ids) == ["a", "x_caption", "x_image"]


def test_keys_of_archives_may_hold_dots(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for n, words in enumerate(TEXTS):
            for ending, content in (("png", png(n)), ("txt", words.encode())):
                info = tarfile.TarInfo(f"img.{n:02d}.{ending}")
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
    found = read_collection(tmp_path / "a.tar", settings=Settings(root=tmp_path / "store"))
    assert [texts for _, texts in told(found).values()] == [[words] for words in TEXTS]


@pytest.mark.parametrize(
    "name, line",
    [
        ("84/121/84-121.trans.txt", "s-{n} {text}"),
        ("metadata.csv", "s-{n}|{text}|{text}"),
        ("captions.txt", "s-{n}.wav\t{text}"),
        ("captions.txt", "s-{n}.wav {text}"),
        ("list.lst", "audio/s-{n}.wav,{text}"),
        ("captions.txt", "s-{n}.wav#0\t{text}"),
    ],
)
def test_lists_of_captions_by_file_are_read(name: str, line: str, tmp_path: Path) -> None:
    write(tmp_path, {f"84/121/s-{n}.wav": wav(n) for n in range(3)})
    write(tmp_path, {name: "".join(line.format(n=n, text=text) + "\n" for n, text in enumerate(TEXTS))})
    found = read_collection(tmp_path)
    assert told(found) == {f"s-{n}": ([f"s-{n}.wav"], [text]) for n, text in enumerate(TEXTS)} and not found.skipped


def test_what_such_a_list_does_not_name_is_reported(tmp_path: Path) -> None:
    write(tmp_path, {f"s-{n}.wav": wav(n) for n in range(4)})
    lines = [*(f"s-{n}.wav\t{text}" for n, text in enumerate(TEXTS)), "s-9.wav\tgone"]
    write(tmp_path, {"captions.txt": "\n".join(lines)})
    reasons = " ".join(one.reason for one in read_collection(tmp_path).skipped)
    assert "'s-3.wav' is not named in 'captions.txt'" in reasons and "line 4 names no file" in reasons


def test_texts_of_several_lines_are_no_lists(tmp_path: Path) -> None:
    write(tmp_path, {"1.png": png(1), "2.png": png(2), "1.txt": "1 dog\n2 cats", "2.txt": "two"})
    assert told(read_collection(tmp_path)) == {"1": (["1.png"], ["1 dog\n2 cats"]), "2": (["2.png"], ["two"])}


def test_what_the_model_says_of_a_picture_is_its_text(tmp_path: Path) -> None:
    write(tmp_path, {f"images/{n}.png": png(n) for n in range(3)})
    turns = [[{"from": "human", "value": "<image>\nDescribe."}, {"from": "gpt", "value": text}] for text in TEXTS]
    rows = [{"id": f"k{n}", "image": f"images/{n}.png", "conversations": said} for n, said in enumerate(turns)]
    write(tmp_path, {"llava.json": json.dumps(rows)})
    assert told(read_collection(tmp_path)) == {f"k{n}": ([f"{n}.png"], [text]) for n, text in enumerate(TEXTS)}
    chat = [[{"role": "user", "content": "<image>"}, {"role": "assistant", "content": text}] for text in TEXTS]
    lines = [json.dumps({"images": [f"images/{n}.png"], "messages": said}) for n, said in enumerate(chat)]
    (tmp_path / "llava.json").unlink()
    write(tmp_path, {"chat.jsonl": "\n".join(lines)})
    assert list(told(read_collection(tmp_path)).values()) == [([f"{n}.png"], [text]) for n, text in enumerate(TEXTS)]


def test_structs_of_paths_in_parquet_name_files_of_the_folder(tmp_path: Path) -> None:
    write(tmp_path, {f"img/{n}.png": png(n) for n in range(3)})
    kind = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    images = pa.array([{"bytes": None, "path": f"img/{n}.png"} for n in range(3)], kind)
    pq.write_table(pa.table({"image": images, "text": TEXTS}), tmp_path / "data.parquet")
    found = read_collection(tmp_path, settings=Settings(root=tmp_path / "store"))
    assert list(told(found).values()) == [([f"{n}.png"], [text]) for n, text in enumerate(TEXTS)]
