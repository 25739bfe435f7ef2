"""Identity: ids that a person reads as equal are one id, by one rule for items and users, and it is said."""

import json
import unicodedata
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from mmalign_core.commands.line import parser, run_line
from mmalign_core.data import read_collection
from mmalign_core.data.in_memory import collection_from_arrays
from mmalign_core.types import BadInput
from mmalign_core.types.identity import case_twins, find_id, identities, identity, places_by_identity

CAFE = unicodedata.normalize("NFC", "café")
DECOMPOSED = unicodedata.normalize("NFD", CAFE)


@pytest.mark.parametrize(
    ("written", "same"),
    [("4.0", "4"), ("-3.00", "-3"), (" a\u00a0", "a"), ("\ufeffa", "a"), (DECOMPOSED, CAFE), ("a b", "a b")],
)
def test_equal_to_a_reader(written: str, same: str) -> None:
    assert identity(written) == identity(same)
    assert identities([written, same]).tolist() == [identity(same)] * 2


@pytest.mark.parametrize(("one", "other"), [("U0", "u0"), ("007", "7"), ("1.5", "1"), ("a b", "ab"), ("4.01", "4")])
def test_different_to_a_reader(one: str, other: str) -> None:
    assert identity(one) != identity(other)


def test_the_same_text_comes_before_an_equal_one() -> None:
    assert places_by_identity(["4.0", "4", "4.00", "x"], ["4", "4.0"]).tolist() == [1, 0, 0, -1]
    assert find_id(" 4.0 ", ["3", "4"]) == "4" and find_id("5", ["3"]) is None
    assert case_twins(["U0", "a", "u0", "U0"]) == [("U0", "u0")]


def test_duplicates_after_the_rule_are_reported_with_both_spellings(tmp_path: Path) -> None:
    rows = [
        {"id": "4", "text": "a"},
        {"id": "4.0", "text": "b"},
        {"id": DECOMPOSED, "text": "c"},
        {"id": CAFE, "text": "d"},
    ]
    (tmp_path / "manifest.jsonl").write_text("\n".join(map(json.dumps, rows)))
    collection = read_collection(tmp_path)
    assert collection.ids == ("4", CAFE)
    reasons = [s.reason for s in collection.skipped]
    assert "the id '4.0' is taken by an earlier row, which writes it '4'" in reasons[0]
    assert f"the id '{CAFE}' is taken by an earlier row" in reasons[1]
    with pytest.raises(BadInput, match=r"'4\.0' stands twice, also as '4'"):
        collection_from_arrays({"text": ["a", "b"]}, ids=["4", "4.0"])


def test_an_id_too_large_for_a_number_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "manifest.jsonl").write_text('{"id": 1e400, "text": "a"}\n{"id": 2, "text": "b", "size": 1e400}\n')
    collection = read_collection(tmp_path)
    assert collection.ids == ("2",) and collection.items["size"].isna().all()
    assert "line 1: the id is 1e400, too large for a number" in collection.skipped[0].reason


def test_vectors_join_their_items_by_the_rule(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text(f"id,text\n1,one\n2,two\n{CAFE},coffee\n")
    np.save(tmp_path / "image_vector.npy", np.eye(3, dtype=np.float32))
    (tmp_path / "ids.txt").write_text(f"1.0\n2.0\n{DECOMPOSED}\n")
    collection = read_collection(tmp_path)
    assert collection.ids == ("1", "2", CAFE) and tuple(collection.vectors["image"].ids) == ("1", "2", CAFE)


def test_ids_that_begin_with_a_dash_can_be_asked_for() -> None:
    asked = parser().parse_args(["recommend", "RUN", "--item", "-x1", "--user", "-3", "--not-item", "-k9", "-k", "3"])
    assert asked.parts == [("item", "-x1", 1), ("user", "-3", 1), ("item", "-k9", -1)] and asked.k == 3
    for forgotten in (["--item", "-k", "3"], ["--item", "--user", "3"]):
        with pytest.raises(SystemExit):
            parser().parse_args(["recommend", "RUN", *forgotten])


def test_queries_find_items_and_users_by_the_rule(tmp_path: Path) -> None:
    pd.DataFrame({"id": ["1", "2", "-x", CAFE], "text": ["one dog", "two cats", "red bus", "coffee"]}).to_csv(
        tmp_path / "manifest.csv", index=False
    )
    (tmp_path / "interactions.csv").write_text(f"user_id,item_id\n7.0,1.0\n 7,2\n7,{DECOMPOSED}\n8,-x\n")
    collection = read_collection(tmp_path)
    assert collection.interactions is not None
    assert collection.interactions.to_numpy().tolist() == [["7", "1"], ["7", "2"], ["7", CAFE], ["8", "-x"]]
    assert any("2 ids of items are read as equal" in note and "'1.0' as '1'" in note for note in collection.notes)
    assert any("2 ids of users are read as equal" in note and "'7.0' as '7'" in note for note in collection.notes)
    asked = ["recommend", str(tmp_path), "--encoder", "text=bag-of-words", "--store", str(tmp_path / "store")]
    for named in (
        ["--item", "1.0"],
        ["--item", DECOMPOSED],
        ["--item", "-x"],
        ["--user", "7.0"],
        ["--not-item", "-x", "--item", "2"],
    ):
        assert run_line([*asked, *named, "--json", "-"]) == 0
    assert run_line([*asked, "--item", "x"]) == 2


def test_files_named_in_another_case_are_found_and_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "Texts").mkdir()
    (tmp_path / "Texts" / "Dog.txt").write_text("a dog")
    for name in ("cat.TXT", "CAT.txt"):
        (tmp_path / name).write_text("a cat")
    (tmp_path / "pictures").mkdir()
    Image.new("RGB", (40, 30), "red").save(tmp_path / "pictures" / "Dog.JPG")
    Image.new("RGB", (40, 30), "blue").save(tmp_path / "pictures" / "cat.jpg")
    (tmp_path / "manifest.csv").write_text("id,image\na,Pictures/dog.jpg\nb,PICTURES\\cat.jpg\nc,pictures/none.jpg\n")
    collection = read_collection(tmp_path)
    assert collection.ids == ("a", "b")
    assert "'pictures/none.jpg' is missing" in collection.skipped[0].reason
    assert any("in another case" in note and "'Pictures/dog.jpg' for 'Dog.JPG'" in note for note in collection.notes)


def test_two_files_that_differ_in_case_are_not_guessed(tmp_path: Path) -> None:
    for name, colour in (("cat.jpg", "red"), ("CAT.jpg", "blue")):
        Image.new("RGB", (40, 30), colour).save(tmp_path / name)
    if len(list(tmp_path.glob("*"))) == 1:
        pytest.skip("this file system folds case")
    (tmp_path / "manifest.csv").write_text("id,image\na,Cat.jpg\nb,CAT.jpg\n")
    collection = read_collection(tmp_path)
    assert collection.ids == ("b",) and "'Cat.jpg' is missing" in collection.skipped[0].reason
