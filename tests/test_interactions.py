"""Interactions: times and ratings of any usual form are read, and what cannot be is named with its reason."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mmalign_core.commands.line import run_line
from mmalign_core.data import read_collection
from mmalign_core.data.event_columns import read_ratings, read_times
from mmalign_core.data.moments import read_moment
from mmalign_core.types import Collection

AT = 1_600_000_000.0
"""2020-09-13 12:26:40 UTC."""
DAY = 1_599_955_200.0
"""The start of that day."""


def collection_of(folder: Path, lines: list[str], header: str = "user_id,item_id,rating,timestamp") -> Collection:
    (folder / "manifest.csv").write_text("id,text\na,one\nb,two\nc,three\n")
    (folder / "interactions.csv").write_text("\n".join([header, *lines]))
    return read_collection(folder)


@pytest.mark.parametrize(
    "written",
    [
        "2020-09-13 12:26:40 UTC",
        "2020-09-13T12:26:40Z",
        "2020-09-13 12:26:40",
        "2020-09-13T14:26:40+02:00",
        "2020-09-13 14:26:40 +0200",
        "2020-09-13 14:26:40 Europe/Berlin",
        "2020-09-13T14:26:40+02:00[Europe/Berlin]",
        "2020-09-13 05:26:40 PDT",
        "2020-09-13 08:26:40.000 America/New_York",
        "20200913T122640Z",
        "Sun, 13 Sep 2020 12:26:40 GMT",
        "Sun Sep 13 12:26:40 +0000 2020",
        "Sep 13, 2020 12:26:40 PM",
        "13.09.2020 12:26:40",
        "13/09/2020 12:26:40",
        "09/13/2020 12:26:40",
        "1600000000",
        "1600000000000",
        "1600000000000000",
        "1600000000000000000",
        "1.6e9",
    ],
)
def test_times_as_people_and_programs_write_them(written: str) -> None:
    read = read_times([written])
    assert read.numbers.tolist() == [AT] and not read.wrong


@pytest.mark.parametrize(
    "written", ["2020-09-13", "2020/9/13", "13 Sep 2020", "September 13, 2020", "09 13, 2020", "20200913"]
)
def test_days(written: str) -> None:
    assert read_times([written]).numbers.tolist() == [DAY]


@pytest.mark.parametrize(
    "written", ["soon", "2020-02-30", "12:26", "2020-09-13 12:26:40 IST", "now", "true", "0000-00-00"]
)
def test_no_times(written: str) -> None:
    assert read_moment(written) is None
    assert read_times([written]).wrong == {0: "which is not a number or a date such as 2024-01-31"}


def test_the_order_of_day_and_month_is_that_of_the_column_or_refused(tmp_path: Path) -> None:
    told = read_times(["03/04/2020", "13/04/2020"])
    assert pd.to_datetime(told.numbers, unit="s").strftime("%Y-%m-%d").tolist() == ["2020-04-03", "2020-04-13"]
    assert told.said == ("dates are read day first, as '13/04/2020' shows",)
    found = collection_of(tmp_path, ["u,a,5,03/04/2020", "u,b,5,05/05/2020"])
    assert found.interactions is not None and found.interactions["item_id"].tolist() == ["b"]
    assert "line 2 has the timestamp '03/04/2020', which may be 2020-04-03 or 2020-03-04" in found.skipped[0].reason


def test_what_cannot_be_is_named(tmp_path: Path) -> None:
    lines = ["u,a,5,100000000000000000000", "u,b,nan,-5", "v,a,inf,1", "v,b,1e400,1", "w,a,good,1", "w,c,4,inf"]
    found = collection_of(tmp_path, lines)
    assert found.interactions is not None and found.interactions["item_id"].tolist() == ["b"]
    assert found.interactions["timestamp"].tolist() == [-5.0] and np.isnan(found.interactions["rating"][0])
    reasons = "\n".join(s.reason for s in found.skipped)
    for said in (
        "line 2 has the timestamp '100000000000000000000', which is no moment",
        "line 4 has the rating 'inf', which is infinite",
        "(2 in all: 'a' in line 4, 'b' in line 5)",
        "line 6 has the rating 'good', which is not a number",
        "line 7 has the timestamp 'inf', which is infinite",
    ):
        assert said in reasons
    notes = "\n".join(found.notes)
    assert "the rating 'nan' (once) counts as none" in notes and "such as -5, is read as before 1970" in notes


def test_a_line_of_json_keeps_its_kinds(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("id,text\n1,one\n2,two\n")
    rows = [
        {"user_id": 1, "item_id": 1.0, "rating": True, "timestamp": "2020-09-13T12:26:40Z"},
        {"user_id": "1.0", "item_id": "2", "rating": False, "timestamp": 1600000000000},
        {"user_id": 2, "item_id": 2, "rating": True, "timestamp": None},
    ]
    (tmp_path / "interactions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    found = read_collection(tmp_path)
    assert found.interactions is not None
    assert found.interactions[["user_id", "item_id", "rating"]].to_numpy().tolist() == [
        ["1", "1", 1.0],
        ["2", "2", 1.0],
    ]
    assert any("0 says no: 1 of 3 rows" in note for note in found.notes)


def test_zero_is_no_where_it_stands_beside_one_and_a_low_rating_elsewhere(tmp_path: Path) -> None:
    found = collection_of(tmp_path, ["u,a,0", "u,b,1", "v,a,1", "v,c,0"], "user_id,item_id,rating")
    assert found.interactions is not None and found.interactions["item_id"].tolist() == ["b", "a"]
    assert any("0 says no: 2 of 4 rows" in note for note in found.notes)
    rated = collection_of(tmp_path, ["u,a,0", "u,b,5"], "user_id,item_id,rating")
    assert rated.interactions is not None and len(rated.interactions) == 2
    assert any("1 row is rated 0 and count as met" in n and "--relevant" in n for n in rated.notes)
    assert read_ratings(["yes", "no", "4,5"]).numbers.tolist() == [1.0, 0.0, 4.5]


def test_ids_differing_in_case_are_told_and_kept_apart(tmp_path: Path) -> None:
    found = collection_of(tmp_path, ["U0,a", "u0,b", "u0,A", "u1,a "], "user_id,item_id")
    assert found.interactions is not None and found.interactions["user_id"].tolist() == ["U0", "u0", "u1"]
    assert any("users that differ in case alone count as different, such as 'U0' and 'u0'" in n for n in found.notes)
    assert any("'a ' as 'a'" in note for note in found.notes)
    assert found.skipped[0].reason.endswith("it holds 'a', which differs in case")


def test_a_cause_of_many_lines_is_counted(tmp_path: Path) -> None:
    found = collection_of(tmp_path, [f"u,a,5,soon{n}" for n in range(500)] + [f"u,x{n},5,1" for n in range(500)])
    assert [s.count for s in found.skipped] == [500, 500]
    assert "line 2 has the timestamp 'soon0'" in found.skipped[0].reason
    assert "(500 in all, such as 'x0', 'x1', 'x2', 'x3', 'x4')" in found.skipped[1].reason


@pytest.mark.parametrize(
    "asked", [["evaluate"], ["recommend", "--user", "u", "--recommender", "popular"], ["recommend", "--user", "u"]]
)
def test_the_true_reason_is_given_when_all_rows_go(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], asked: list[str]
) -> None:
    collection_of(tmp_path, ["u,a,5,soon", "u,b,5,later"])
    options = [str(tmp_path), "--store", str(tmp_path / "store"), "--encoder", "text=bag-of-words"]
    assert run_line([asked[0], *options, *asked[1:]]) == 2
    assert "has the timestamp 'soon', which is not a number or a date" in capsys.readouterr().err
