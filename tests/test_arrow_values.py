"""Arrow types beyond text and number: each is shown as a person writes it, filtered and split by as what it is."""

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute
import pyarrow.feather
import pyarrow.parquet
import pytest

from mmalign_core.commands.line import run_line
from mmalign_core.data import inspect_collection, read_collection
from mmalign_core.data.in_memory import collection_from_frame
from mmalign_core.types import BadInput, Collection
from mmalign_core.workflow.recommendation.filters import allowed_items

pc: Any = pyarrow.compute
UNIX = 1704067200
"""2024-01-01 00:00 UTC."""
KEY = UUID(int=5)
UNITS = ("s", "ms", "us", "ns")


def zoned(zone: str) -> Any:
    return pa.array([UNIX * 1000, None]).cast(pa.timestamp("ms", zone))


def of_parts(count: int, unit: str) -> Any:
    return pa.array([count, None]).cast(pa.duration(unit))


def read(folder: Path, ending: str = "parquet", **columns: Any) -> Collection:
    lengths = {len(column) for column in columns.values()}
    texts = {} if "text" in columns else {"text": pa.array([f"text {n}" for n in range(max(lengths))])}
    table = pa.table({**columns, **texts})
    if ending == "arrow":
        pyarrow.feather.write_feather(table, folder / "items.arrow", compression="uncompressed")
        return read_collection(folder / "items.arrow")
    pyarrow.parquet.write_table(table, folder / "manifest.parquet")
    return read_collection(folder)


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize(
    ("column", "shown"),
    [
        (pa.array([dt.date(2024, 1, 31), None]), "2024-01-31"),
        (pa.array([dt.date(2024, 1, 31), None], pa.date64()), "2024-01-31"),
        *[(pa.array([dt.datetime(2024, 1, 1), None], pa.timestamp(u)), "2024-01-01 00:00:00") for u in UNITS],
        (pa.array([dt.datetime(2024, 1, 1, 1, 2, 3, 450000), None], pa.timestamp("us")), "2024-01-01 01:02:03.45"),
        (zoned("UTC"), "2024-01-01 00:00:00Z"),
        (zoned("Europe/Berlin"), "2024-01-01 01:00:00+01:00"),
        (zoned("-03:30"), "2023-12-31 20:30:00-03:30"),
        (zoned("Nowhere/Else"), "2024-01-01 00:00:00Z"),
        (pa.array([dt.time(12, 30), None]), "12:30:00"),
        (pa.array([dt.time(12, 30, 1, 500000), None], pa.time64("ns")), "12:30:01.5"),
        (of_parts(90, "s"), "0:01:30"),
        (of_parts(93_784_005, "ms"), "1 day, 2:03:04.005"),
        (pa.array([Decimal("12.50"), None]), 12.5),
        (pa.array([Decimal("123456789012345678901.5"), None]), "123456789012345678901.5"),
        (pa.array(["red", None]).dictionary_encode(), "red"),
        (pa.array([dt.date(2024, 1, 31), None]).dictionary_encode(), "2024-01-31"),
        (pa.array(["red", None], pa.large_string()), "red"),
        (pa.array([True, None]), True),
        (pa.array(["café".encode(), None]), "café"),
        (pa.array(["café".encode(), None], pa.large_binary()), "café"),
        (pa.array([KEY.bytes, None], pa.uuid()), str(KEY)),
        (pa.array([1.5, None], pa.float16()), 1.5),
        (pa.array([2**63 + 1, None], pa.uint64()), float(2**63 + 1)),
        (pa.array([["a", "b"], None]), '["a", "b"]'),
        (pa.array([[dt.date(2024, 1, 31)], None]), '["2024-01-31"]'),
        (pa.array([{"at": dt.date(2024, 1, 31), "price": Decimal("1.5")}, None]), '{"at": "2024-01-31", "price": 1.5}'),
        (pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())), '{"k": 1}'),
        (pa.array([[b"caf\xc3\xa9"], None]), None),
    ],
)  # fmt: skip
def test_each_is_shown_as_a_person_writes_it(tmp_path: Path, ending: str, column: Any, shown: Any) -> None:
    collection = read(tmp_path, ending, value=column)
    if shown is None:
        assert "value" not in collection.items and "it holds bytes" in collection.skipped[0].reason
        return
    values = collection.items["value"]
    assert values.iloc[0] == shown and type(values.iloc[0]) is not bytes
    assert pd.isna(values.iloc[1]) and not collection.skipped


@pytest.mark.parametrize(
    "column",
    [
        pa.array(["red", None], pa.string_view()),
        pa.array([b"red", None], pa.binary_view()),
        pc.run_end_encode(pa.array(["red", None])),
        pa.array([b"red", None], pa.binary(3)),
    ],
    ids=["string view", "binary view", "run ends", "fixed size"],
)
def test_coded_texts(tmp_path: Path, column: Any) -> None:
    collection = read(tmp_path, "arrow", value=column)
    assert collection.items["value"].tolist()[0] == "red" and not collection.skipped


def test_a_list_view_and_a_null_column(tmp_path: Path) -> None:
    views = pa.array([["a"], ["b", "c"]], pa.list_view(pa.string()))
    collection = read(tmp_path, "arrow", tags=views, nothing=pa.nulls(2))
    assert collection.items["tags"].tolist() == ['["a"]', '["b", "c"]'] and collection.items["nothing"].isna().all()
    assert allowed_items(collection, collection.ids, ["tags=c"]).tolist() == [False, True]


def test_texts_that_were_saved_as_bytes_are_texts(tmp_path: Path) -> None:
    collection = read(tmp_path, id=pa.array([b"a", b"b", b"c"]), text=pa.array([b"one", b"\xff\xfe", "café".encode()]))
    assert collection.ids == ("a", "c") and [m.text for m in collection.media] == ["one", "café"]
    assert "not UTF-8" in collection.skipped[0].reason


def test_bytes_that_are_no_texts_stay_bytes(tmp_path: Path) -> None:
    collection = read(tmp_path, value=pa.array([b"\x89PNG\r\n", b"\x00\x01"]))
    assert "value" not in collection.items and "it holds bytes" in collection.skipped[0].reason


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        (pa.array([KEY.bytes, UUID(int=6).bytes], pa.uuid()), [str(KEY), str(UUID(int=6))]),
        (pa.array([dt.date(2024, 1, 1), dt.date(2024, 1, 2)]), ["2024-01-01", "2024-01-02"]),
        (pa.array([Decimal(1), Decimal(2)], pa.decimal128(20, 0)), ["1", "2"]),
        (pa.array(["x", "y"]).dictionary_encode(), ["x", "y"]),
        (pa.array([b"x", b"y"]), ["x", "y"]),
    ],
)
def test_ids_of_these_types(tmp_path: Path, ids: Any, shown: list[str]) -> None:
    assert read(tmp_path, id=ids).ids.tolist() == shown


def test_texts_of_these_types(tmp_path: Path) -> None:
    assert [m.text for m in read(tmp_path, text=pa.array([dt.date(2024, 1, 1), None])).media] == ["2024-01-01"]


def dated(folder: Path, written: list[str], ending: str) -> Collection:
    frame = pd.DataFrame({"id": [*"abc"], "text": ["one", "two", "three"], "when": written})
    if ending == "csv":
        frame.to_csv(folder / "manifest.csv", index=False)
    elif ending == "jsonl":
        frame.to_json(folder / "manifest.jsonl", orient="records", lines=True)
    else:
        when = pd.to_datetime(frame["when"], utc=True).dt.tz_localize(None)
        frame.assign(when=when).to_parquet(folder / "manifest.parquet")
    return read_collection(folder)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_dates_are_filtered_as_dates_from_every_kind_of_table(tmp_path: Path, ending: str) -> None:
    collection = dated(tmp_path, ["2023-12-31 23:59:59", "2024-01-01 00:00:00", "2024-01-31 12:30:00"], ending)
    found = {
        "when>=2024": "bc", "when<2024": "a", "when=2024": "bc", "when=2024-01": "bc", "when=2024-01-31": "c",
        "when>2024-01-01": "c", "when<=2024-01-01": "ab", "when!=2024-01-01": "ac", "when>=31 Jan 2024": "c",
        "when>2024-01-31 12:29": "c", "when<31.01.2024": "ab",
    }  # fmt: skip
    for condition, ids in found.items():
        allowed = allowed_items(collection, collection.ids, [condition])
        assert "".join(i for i, there in zip(collection.ids, allowed) if there) == ids, condition
    with pytest.raises(BadInput, match="holds dates, and 'soon' is none"):
        allowed_items(collection, collection.ids, ["when>soon"])
    with pytest.raises(BadInput, match="may be 2024-02-01 or 2024-01-02"):
        allowed_items(collection, collection.ids, ["when>01/02/2024"])
    assert inspect_collection(collection).metadata[0]["kind"] == "date"


def test_dates_in_other_forms_are_rewritten_and_it_is_said(tmp_path: Path) -> None:
    collection = dated(tmp_path, ["31/12/2023", "01/02/2024", "03/02/2024"], "csv")
    assert collection.items["when"].tolist() == ["2023-12-31", "2024-02-01", "2024-02-03"]
    assert any("day first, as '31/12/2023' shows" in note and "'when'" in note for note in collection.notes)
    unclear = dated(tmp_path, ["01/02/2024", "03/02/2024", "05/06/2024"], "csv")
    assert unclear.items["when"].tolist() == ["01/02/2024", "03/02/2024", "05/06/2024"]


def test_moments_in_zones_are_compared_as_written(tmp_path: Path) -> None:
    column = pa.array([UNIX - 1800, UNIX + 1800]).cast(pa.timestamp("s", "Europe/Berlin"))
    collection = read(tmp_path, when=column)
    assert collection.items["when"].tolist() == ["2024-01-01 00:30:00+01:00", "2024-01-01 01:30:00+01:00"]
    assert allowed_items(collection, collection.ids, ["when=2024-01-01"]).all()
    assert allowed_items(collection, collection.ids, ["when>=2024-01-01 00:00Z"]).tolist() == [False, True]


def test_durations_are_filtered_by_their_length(tmp_path: Path) -> None:
    collection = read(tmp_path, length=pa.array([90, 7200, 100_000]).cast(pa.duration("s")))
    assert collection.items["length"].tolist() == ["0:01:30", "2:00:00", "1 day, 3:46:40"]
    assert allowed_items(collection, collection.ids, ["length>0:10:00"]).tolist() == [False, True, True]
    assert allowed_items(collection, collection.ids, ["length<=7200"]).tolist() == [True, True, False]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([dt.datetime(2024, 1, 1 + n) for n in range(24)], pa.timestamp("us")),
        pa.array([dt.date(2024, 1, 1 + n) for n in range(24)]),
        pa.array([UNIX + n for n in range(24)]).cast(pa.timestamp("s", "Asia/Tokyo")),
        pa.array([3600 * 20 * n for n in range(24)]).cast(pa.duration("s")),
        pa.array([dt.time(n) for n in range(24)]),
        pa.array([Decimal(n) for n in range(24)]),
    ],
    ids=["timestamp", "date", "zone", "duration", "time", "decimal"],
)
def test_the_latest_are_held_out(tmp_path: Path, column: Any, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    vectors = {f"{m}_vector": [*rng.normal(size=(24, 4)).astype(np.float32)] for m in ("image", "text")}
    table = pa.table({"id": [f"i{n:02}" for n in range(24)], "when": column, **vectors})
    pyarrow.parquet.write_table(table, tmp_path / "manifest.parquet")
    asked = ["align", str(tmp_path), "--aligner", "ridge", "--test", "0.25", "--time-column", "when"]
    assert run_line([*asked, "--store", str(tmp_path / "store"), "--json", "-"]) == 0
    assert "the latest by 'when'" in capsys.readouterr().out


def test_a_data_frame_of_these_values(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "id": [KEY, UUID(int=6)],
            "text": ["one", "two"],
            "when": pd.to_datetime(["2024-01-01", None]),
            "length": pd.to_timedelta(["90s", None]),
            "price": [Decimal("1.50"), None],
            "kind": pd.Categorical(["a", None]),
        }
    )
    collection = collection_from_frame(frame, folder=tmp_path)
    assert collection.ids == (str(KEY), str(UUID(int=6)))
    assert collection.items.iloc[0].tolist() == ["2024-01-01 00:00:00", "0:01:30", 1.5, "a"]
    assert collection.items.iloc[1].isna().all()


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
@pytest.mark.parametrize("kind", [pa.timestamp("us", "Nowhere/Else"), pa.timestamp("s"), pa.timestamp("ns")])
def test_nested_times_that_python_cannot_hold_end_nothing(tmp_path: Path, ending: str, kind: Any) -> None:
    if ending == "parquet" and kind == pa.timestamp("s"):
        pytest.skip("Parquet has no seconds, and milliseconds do not hold these years")
    times = pa.array([2**58, 2**58]).cast(kind)
    found = read(tmp_path, ending, value=pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), times), other=times)
    assert found.items["value"].notna().all() and found.items["other"].notna().all() and not found.skipped
