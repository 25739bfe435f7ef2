"""Tables as people have them: UTF-16, no line of names, nested captions, a row for each caption, Python's literals."""

import gzip
import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from mmalign_core.data import collect_uploads, read_collection
from mmalign_core.settings import Settings
from mmalign_core.types import BadInput, Collection
from tests.sample_files import png
from tests.test_data_archives import make_tar

CAPTIONS = ["a red field", "a blue field", "a green field"]


def read(root: Path, files: Mapping[str, str | bytes]) -> Collection:
    for name, content in files.items():
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_collection(root / "data", settings=Settings(root=root / "store"))


def pictures(folder: str = "") -> dict[str, bytes]:
    return {f"{folder}{n}.png": png((n * 9, 0, 0)) for n in range(len(CAPTIONS))}


def texts_by_item(found: Collection) -> list[list[str]]:
    texts = [[medium.text for medium in found.media if medium.item == id and medium.modality == "text"]
             for id in found.ids]  # fmt: skip
    return [[text for text in own if text is not None] for own in texts]


def has_pairs(found: Collection) -> bool:
    return texts_by_item(found) == [[caption] for caption in CAPTIONS] and len(found.media) == 2 * len(CAPTIONS)


LINES = [f"{n}.png{{}}{caption}" for n, caption in enumerate(CAPTIONS)]


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-be", "utf-8-sig"])
@pytest.mark.parametrize("mark", ["\t", ";", ","])
def test_what_spreadsheets_export_is_read(coding: str, mark: str, tmp_path: Path) -> None:
    text = "\r\n".join([f"image{mark}text", *(line.format(mark) for line in LINES)])
    content = ("\ufeff" * (coding == "utf-16-be") + text).encode(coding)
    found = read(tmp_path, {**pictures(), "manifest.csv": content})
    assert has_pairs(found) and not found.skipped


def test_lines_of_json_and_texts_in_utf16_are_read_and_a_cut_one_is_called_damaged(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"image": f"{n}.png", "text": t}) for n, t in enumerate(CAPTIONS))
    assert has_pairs(read(tmp_path, {**pictures(), "manifest.jsonl": lines.encode("utf-16")}))
    beside = {f"{n}.txt": t.encode("utf-16") for n, t in enumerate(CAPTIONS)}
    assert has_pairs(read(tmp_path / "b", {**pictures(), **beside}))
    with pytest.raises(BadInput, match="UTF-16 and damaged or cut off"):
        read(tmp_path / "c", {"manifest.csv": "text\nmany words".encode("utf-16")[:-1]})


def test_a_table_without_a_line_of_names_keeps_its_first_line(tmp_path: Path) -> None:
    text = "\n".join(line.format(",") for line in LINES)
    assert has_pairs(read(tmp_path, {**pictures(), "captions.csv": text}))


@pytest.mark.parametrize(
    "held",
    [
        [{"text": "one", "lang": "en"}, {"text": "two", "lang": "en"}],
        [{"caption": "one"}, {"caption": "two"}],
        {"raw": ["one", "two"]},
    ],
)
def test_captions_that_are_objects_give_their_texts(held: object, tmp_path: Path) -> None:
    lines = "\n".join(json.dumps({"file_name": f"{n}.png", "captions": held}) for n in range(len(CAPTIONS)))
    assert texts_by_item(read(tmp_path, {**pictures(), "metadata.jsonl": lines})) == [["one", "two"]] * len(CAPTIONS)


def test_lists_of_structs_in_parquet_give_their_texts(tmp_path: Path) -> None:
    body = tmp_path / "data" / "rows.parquet"
    body.parent.mkdir()
    captions = [[{"text": text, "source": "a"}, {"text": f"{text}, again", "source": "b"}] for text in CAPTIONS]
    held = [{"bytes": content, "path": None} for content in pictures().values()]
    pq.write_table(pa.table({"image": held, "captions": captions, "boxes": [[{"x": 1}]] * len(held)}), body)
    found = read(tmp_path, {})
    assert texts_by_item(found) == [[text, f"{text}, again"] for text in CAPTIONS]
    assert list(found.items.columns) == ["boxes"]


def test_a_json_of_captions_by_file_name_is_read(tmp_path: Path) -> None:
    whole = {f"{n}.png": text for n, text in enumerate(CAPTIONS)}
    assert has_pairs(read(tmp_path, {**pictures("img/"), "captions.json": json.dumps(whole)}))
    several = {f"{n}.png": [text, "more"] for n, text in enumerate(CAPTIONS)}
    found = read(tmp_path / "b", {**pictures(), "captions.json": json.dumps(several)})
    assert texts_by_item(found) == [[text, "more"] for text in CAPTIONS]


def test_the_caption_in_the_json_beside_a_picture_is_its_text_unless_it_has_one(tmp_path: Path) -> None:
    members: dict[str, bytes | str] = dict(pictures())
    members |= {f"{n}.json": json.dumps({"caption": text, "key": f"{n:05}"}) for n, text in enumerate(CAPTIONS)}
    path = make_tar(tmp_path / "a.tar", members)
    assert has_pairs(read_collection(path, settings=Settings(root=tmp_path / "store")))
    members |= {f"{n}.txt": text for n, text in enumerate(CAPTIONS)}
    members |= {f"{n}.json": json.dumps({"caption": "another"}) for n in range(len(CAPTIONS))}
    path = make_tar(tmp_path / "b.tar", members)
    assert has_pairs(read_collection(path, settings=Settings(root=tmp_path / "store")))


def test_rows_that_name_one_picture_are_one_item_with_all_texts(tmp_path: Path) -> None:
    rows = [f"{n}.png,{text} {k},train" for n, text in enumerate(CAPTIONS) for k in "ab"]
    found = read(tmp_path, {**pictures(), "manifest.csv": "\n".join(["image,caption,split", *rows])})
    assert texts_by_item(found) == [[f"{text} a", f"{text} b"] for text in CAPTIONS]
    assert list(found.ids) == ["1", "3", "5"] and list(found.items["split"]) == ["train"] * len(CAPTIONS)
    assert any("rows that name one file are one item: 6 rows, 3 files" in note for note in found.notes)


def test_rows_of_one_picture_stay_apart_where_they_differ_otherwise_or_have_ids(tmp_path: Path) -> None:
    rows = [f"{n}.png,{text} {k},{k}" for n, text in enumerate(CAPTIONS) for k in "ab"]
    found = read(tmp_path, {**pictures(), "manifest.csv": "\n".join(["image,caption,price", *rows])})
    assert len(found.items) == len(rows)
    assert any("differ in 'price'; give that column the role none" in note for note in found.notes)
    followed = read_collection(tmp_path / "data", roles={"price": "none"}, settings=Settings(root=tmp_path / "store"))
    assert len(followed.items) == len(CAPTIONS)
    rows = [f"{n}{k},{n}.png,{text} {k}" for n, text in enumerate(CAPTIONS) for k in "ab"]
    found = read(tmp_path / "b", {**pictures(), "manifest.csv": "\n".join(["id,image,caption", *rows])})
    assert len(found.items) == len(rows)


def product(n: int) -> str:
    return repr({"asin": f"B00{n}", "title": CAPTIONS[n], "description": f"It's {CAPTIONS[n]}", "price": 9.5}) + "\n"


REVIEWS = "".join(json.dumps({"reviewerID": f"A{u}", "asin": f"B00{n}", "overall": 5.0, "unixReviewTime": 1400000000})
                  + "\n" for u in range(2) for n in range(len(CAPTIONS)))  # fmt: skip


@pytest.mark.parametrize("packed", [False, True])
def test_products_that_python_wrote_are_read(packed: bool, tmp_path: Path) -> None:
    products = "".join(map(product, range(len(CAPTIONS)))) + "{'asin': open('x')}\n"
    content = gzip.compress(products.encode()) if packed else products.encode()
    name = f"meta_Music.json{'.gz' * packed}"
    found = read(tmp_path, {name: content, "reviews_Music_5.json": REVIEWS})
    assert texts_by_item(found) == [[text, f"It's {text}"] for text in CAPTIONS]
    assert found.interactions is not None and len(found.interactions) == 2 * len(CAPTIONS)
    assert [s.reason for s in found.skipped] == [f"{name}, line 4 is not JSON; write one object in braces on each line"]
    alone = read(tmp_path / "b", {name: content})
    assert texts_by_item(alone) == [[text] for text in CAPTIONS]


@pytest.mark.parametrize("line", ["{'a': 1" + "0" * 5000 + "}", "{" * 3000 + "}" * 3000, "{'a': [" + "[" * 9000 + "}",
                                  "{'text': 'x' * 9}", "{1: 'x'}", "{'a', 'b'}", "{'a': \0}"])  # fmt: skip
def test_odd_literals_are_problems_of_their_line_alone(line: str, tmp_path: Path) -> None:
    found = read(tmp_path, {"manifest.jsonl": '{"text": "one"}\n' + line + "\n{'text': 'two'}\n"})
    assert texts_by_item(found) == [["one"], ["two"]]
    assert [s.reason for s in found.skipped] == [
        "manifest.jsonl, line 2 is not JSON; write one object in braces on each line"
    ]


def test_ids_that_lost_their_zeros_are_told_what_they_were(tmp_path: Path) -> None:
    rows = [f"{n:04},{n}.png,{text}" for n, text in enumerate(CAPTIONS)]
    files = {**pictures(), "manifest.csv": "\n".join(["id,image,text", *rows])}
    found = read(tmp_path, {**files, "interactions.csv": "user,item\nu,1\nu,2\nu,9"})
    reasons = " ".join(s.reason for s in found.skipped)
    assert "it holds '0001': write the zeros there too" in reasons
    followed = read(tmp_path, {**files, "interactions.csv": "user,item\nu,0001\nu,0002"})
    assert followed.interactions is not None and len(followed.interactions) == 2


def test_paths_of_another_machine_and_names_in_another_case_are_found(tmp_path: Path) -> None:
    names = {f"img/{n}.PNG": content for n, content in enumerate(pictures().values())}
    rows = [f"C:\\data\\img\\{n}.png,{text}" for n, text in enumerate(CAPTIONS)]
    assert has_pairs(read(tmp_path, {**names, "manifest.csv": "\n".join(["image,caption", *rows])}))
    stems = {f"IMG_{n}.PNG": content for n, content in enumerate(pictures().values())}
    found = read(tmp_path / "b", {**stems, **{f"img_{n}.txt": text for n, text in enumerate(CAPTIONS)}})
    assert has_pairs(found) and "differ in case alone are one item: 3" in found.notes[0]
    twice = read(tmp_path / "c", {"a.png": png(), "A.png": png((9, 9, 9)), "a.txt": "one"})
    assert len(twice.items) == 2


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("manifest.xlsx", "save the sheet as CSV"),
        ("vectors.pt", "save them with numpy.savez"),
        ("0.srt", "save the words alone as .txt"),
        ("notes.docx", "save its words as .txt"),
        ("more.7z", "unpack it and give the folder"),
        ("sounds.gz", "unpack it and give the folder"),
        ("photo.cr2", "save it as PNG or JPEG"),
        ("book.m4b", "save it as WAV"),
        ("film.mts", "save it as MP4"),
        ("rows.feather", "save it as Parquet"),
        ("items.sqlite", "export its table"),
        ("data.tfrecord", "save its rows as Parquet"),
        ("0.jpg.crdownload", "its download did not end"),
        ("data.yaml", "is no item"),
        ("images.zip", "unpack it here"),
        ("interactions.json", "interactions are read from .csv"),
    ],
)
def test_files_of_other_kinds_are_reported_with_a_cure_that_fits(name: str, cure: str, tmp_path: Path) -> None:
    found = read(tmp_path, {"0.txt": "one", name: b"PK\3\4" + bytes(50)})
    assert [cure in s.reason for s in found.skipped] == [True]


def test_archives_with_equal_names_are_all_read(tmp_path: Path) -> None:
    files = []
    for number in range(2):
        members: dict[str, bytes | str] = {"0.png": png((number, 9, 9)), "0.txt": f"text {number}", "README.md": "x"}
        files.append((f"{number:05}.tar", make_tar(tmp_path / f"{number}.tar", members).read_bytes()))
    found = collect_uploads(files, settings=Settings(root=tmp_path / "store"))
    assert list(found.ids) == ["00000/0", "00001/0"] and texts_by_item(found) == [["text 0"], ["text 1"]]
    assert [s.id for s in found.skipped if "twice" in s.reason] == ["README.md"]


@pytest.mark.parametrize(
    "above",
    [
        "# made by a program, on 2026-01-02\n#\n# version 3\nimage,text\n",
        "#image,text\n",
        "# a comment\n# image,text\n",
    ],
)
def test_comments_above_the_names_of_the_columns_are_no_names(above: str, tmp_path: Path) -> None:
    lines = "".join(f"{n}.png,{caption}\n" for n, caption in enumerate(CAPTIONS))
    assert has_pairs(read(tmp_path, {"items.csv": above + lines, **pictures()}))


def test_a_column_called_by_the_number_sign_keeps_its_name(tmp_path: Path) -> None:
    found = read(tmp_path, {"items.csv": "#,text\n1,a red field\n2,a blue field\n"})
    assert list(found.items["#"]) == [1, 2] and len(found.media) == 2
