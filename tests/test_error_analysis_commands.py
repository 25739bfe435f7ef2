"""From a run with wrong pairs to a better one by the command line: see, mark, repair, prove, report, send, verify."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.workflow import save_run
from mmalign_core.workflow.error_analysis.refit import held_out_parts
from tests.bundled_runs import changed_metric, rewritten
from tests.swapped_pairs import item, run_of, shifted, swapped

Line = Callable[..., dict[str, Any]]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def wrong(store: Store) -> list[str]:
    """Training items whose texts are swapped in the saved run "faulty"."""
    places = [int(i[1:]) for i in held_out_parts(run_of(swapped(), store))[0].train][::6]
    save_run(run_of(swapped(shifted(places)), store), "faulty", store=store)
    return list(map(item, places))


@pytest.fixture
def line(store: Store, tmp_path: Path) -> Line:
    """The JSON of a command. It is asked twice, since a result of this program may be written again."""

    def asked(*argv: str, at: Store = store) -> dict[str, Any]:
        out = tmp_path / f"{argv[0]}.json"
        for _ in range(2):
            assert main([*argv, "--store", str(at.root), "--json", str(out)]) == 0
        return json.loads(out.read_text())

    return asked


def test_the_way_from_errors_to_a_bundle_that_another_verifies(store, wrong, line, tmp_path, capsys):
    errors = line("errors", "faulty", "--csv", str(tmp_path / "errors.csv"))
    assert {query["id"] for query in errors["queries"]} == set(map(item, range(200)))
    (tmp_path / "marks.csv").write_text("id,mark\n" + "".join(f"{name},wrong_pair\n" for name in wrong))
    marks = line("marks", "faulty", "--import", str(tmp_path / "marks.csv"), "--export", str(tmp_path / "kept.csv"))
    assert marks["by_kind"]["wrong_pair"] == len(wrong) == marks["unchanged"]
    repair = line("repair", "faulty", "--marks", "--save", "mended")
    assert {row["id"] for row in repair["dropped"]} == set(wrong) and repair["mean_mrr"]["ci95"][0] > 0
    difference = line("diff", "faulty", "mended")
    for way, metrics in difference["difference"].items():
        assert metrics["mrr"]["value"] == pytest.approx(repair["difference"][way]["mrr"]["value"])
    report = line("report", "mended", "--html", str(tmp_path / "report.html"))
    assert "repair" in report["sections"] and repair["verdict"] in (tmp_path / "report.html").read_text()
    bundle = tmp_path / "mended.zip"
    assert line("bundle", "mended", "--out", str(bundle))["encoded"] is True
    assert line("verify", str(bundle))["verified"] is True
    other = Store(tmp_path / "other")
    line("open", str(bundle), "--save", str(tmp_path / "opened"), at=other)
    again = line("errors", str(tmp_path / "opened"), at=other)
    assert again["queries"] == line("errors", "mended")["queries"]
    assert line("marks", str(tmp_path / "opened"), at=other)["by_kind"] == marks["by_kind"]


def test_a_bundle_whose_metrics_were_changed_is_not_verified(store, wrong, line, tmp_path, capsys):
    line("bundle", "faulty", "--out", str(tmp_path / "faulty.zip"))
    changed = rewritten(tmp_path / "faulty.zip", tmp_path / "changed.zip", changed_metric)
    assert zipfile.is_zipfile(changed) and main(["verify", str(changed), "--store", str(store.root)]) == 2
    said = capsys.readouterr()
    assert "is not verified" in said.err.splitlines()[-1] and "report.metrics" in said.out


def test_a_changed_proof_of_a_repair_is_not_verified(store, wrong, line, tmp_path):
    line("repair", "faulty", "--suggested", "5", "--save", "mended")
    line("bundle", "mended", "--out", str(tmp_path / "mended.zip"))

    def changed(*names: str, value: Any) -> Callable[[dict[str, bytes]], None]:
        def change(members: dict[str, bytes]) -> None:
            run = json.loads(members["run/run.json"])
            place = run["report"]
            for name in names[:-1]:
                place = place[name]
            place[names[-1]] = value
            members["run/run.json"] = json.dumps(run).encode()

        return change

    way = "image->text"
    for change, name in (
        (changed("repair", "difference", way, "mrr", "value", value=0.5), f"repair.difference.{way}.mrr.value"),
        (changed("repair", "before", way, "mrr", value=0.1), f"repair.before.{way}.mrr"),
        (changed("repair", "ci95", "before", way, "mrr", value=[0, 1]), f"repair.ci95.before.{way}.mrr[0]"),
        (changed("repair", "mean_mrr", "before", value=0.1), "repair.mean_mrr.before"),
        (changed("repair", "after", way, "accuracy", value=0.99), f"repair.after.{way}.accuracy"),
        (changed("repair", value=[1]), "repair"),
    ):
        forged = rewritten(tmp_path / "mended.zip", tmp_path / "forged.zip", change)
        assert main(["verify", str(forged), "--json", str(tmp_path / "out.json")]) == 2
        assert name in [each["name"] for each in json.loads((tmp_path / "out.json").read_text())["differences"]]
