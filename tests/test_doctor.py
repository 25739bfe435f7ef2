"""`doctor` says what is here, what is wrong and how to mend it; mistakes of ours reach people as an id, no stack."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from store_records import collection, run_record
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from benchmarks.dashboard import serve_process
from benchmarks.sessions import bytes_of
from mmalign_core import commands
from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.store.incidents import LOG, note_incident


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MMALIGN_HOME", str(tmp_path / "store"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    return tmp_path / "store"


def told(root: Path) -> dict:
    """What doctor writes as JSON, which is known again as ours."""
    for _ in range(2):
        assert main(["doctor", "--json", str(root.parent / "doctor.json")]) == 0
    return json.loads((root.parent / "doctor.json").read_text())


def files(root: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_of_a_new_machine_it_tells_versions_devices_and_what_to_get(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(root)
    assert {"mmalign", "python", "torch", "lancedb"} <= found["versions"].keys() and all(found["versions"].values())
    assert found["devices"][0]["name"] == "cpu" and sum(device["chosen"] for device in found["devices"]) == 1
    assert not found["store"]["there"] and not root.exists()
    assert all(free > 0 for free in found["space"].values()) and str(root) in found["space"]
    assert all(each["get"].startswith(("pip install", "python -m mmalign_core fetch")) for each in found["missing"])
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert f"store {root}: not there yet" in said and "missing: a model of the hub" in said


def test_what_is_damaged_foreign_or_unfinished_in_the_store_is_named_and_left(root: Path) -> None:
    store = Store(root)
    store.save_run(run_record(["a"], "good"))
    bad = store.save_run(run_record(["a"], "bad"))
    lost = store.save_collection(collection(["a"]))
    (bad / "state.safetensors").write_bytes(b"0")
    (lost / "items.parquet").unlink()
    (root / "thesis.txt").write_text("precious")
    (root / "media" / ".x.0123abcd.mmalign-part").mkdir(parents=True)
    before = files(root)
    found = told(root)
    problems = "\n".join(found["problems"])
    assert f"'{bad}' is damaged (state.safetensors differs" in problems and f"'{lost}' is damaged" in problems
    assert "holds 'thesis.txt'" in problems and "good" not in problems and not found["well"]
    assert found["store"]["unfinished"] == ["media/.x.0123abcd.mmalign-part"]
    assert files(root) == before


def test_a_later_store_and_a_device_that_is_not_here_are_problems_not_failures(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root.mkdir()
    (root / "store.json").write_text('{"format": "mmalign-store", "version": 9}')
    monkeypatch.setenv("MMALIGN_DEVICE", "cuda:77")
    problems = "\n".join(told(root)["problems"])
    assert "is of version 9" in problems and "cuda:77" in problems


def test_a_mistake_of_ours_is_one_line_with_an_id_and_the_stack_is_in_the_log(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(args: object) -> None:
        raise ZeroDivisionError("two\nlines")

    root.mkdir()
    monkeypatch.setattr(commands.store, "run", broken)
    assert main(["store", "list"]) == 1
    said = capsys.readouterr().err
    assert len(said.splitlines()) == 1 and "ZeroDivisionError: two lines" in said and "Traceback" not in said
    (name,) = re.findall(r"id ([0-9a-f]{8})", said)
    log = (root / "logs" / LOG).read_text()
    assert f" {name} store\nTraceback" in log and "in broken" in log


def test_the_log_stays_small_and_is_kept_elsewhere_where_the_store_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / LOG).write_bytes(b"x" * 3_000_000)
    noted = note_incident(tmp_path, ValueError("x"), "here")
    assert noted.log is not None and noted.log.stat().st_size < 10_000
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["errors.1.log", LOG]
    (tmp_path / "file").write_text("")
    assert note_incident(tmp_path / "file", ValueError("x"), "here").log not in (None, noted.log)


PAGE = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from pages._session import incidents
from pages._session.visitors import in_session
if in_session():
    raise ZeroDivisionError("secret")
else:
    app = st.App(__file__, on_script_error=incidents.show)
"""
WAIT = 60.0
"""Seconds until a server has answered; a bound, not a measure."""


def test_a_page_shows_the_id_of_what_went_wrong_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "page.py").write_text(PAGE.format(root=str(Path(__file__).parents[1])))
    shown: list[str] = []
    with serve_process(tmp_path, str(tmp_path / "page.py")) as (address, _):
        stream = f"{address.replace('http', 'ws')}/_stcore/stream"
        with connect(stream, subprotocols=[Subprotocol("streamlit")], origin=Origin(address)) as socket:
            message = BackMsg()
            message.rerun_script.query_string = ""
            socket.send(message.SerializeToString())
            while not shown or shown[-1] != "script_finished":
                told = ForwardMsg.FromString(bytes_of(socket.recv(timeout=WAIT)))
                kind = told.WhichOneof("type") or ""
                shown.append(str(told.delta.new_element) if kind == "delta" else kind)
    words = [text for text in shown if "body" in text or "exception" in text]
    (name,) = re.findall(r"id \*\*([0-9a-f]{8})\*\*", "".join(words))
    assert len(words) == 1 and "secret" not in words[0]
    assert name in (tmp_path / "logs" / LOG).read_text()
