"""Error analysis in a notebook: errors as a table, a repair with its proof, the difference of two runs."""

from __future__ import annotations

from pathlib import Path

import pytest

import mmalign_core as mm
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import find_slices, repair_run
from mmalign_core.workflow.error_analysis.refit import held_out_parts
from tests.swapped_pairs import item, run_of, shifted, swapped


@pytest.fixture
def faulty(tmp_path: Path) -> mm.AlignedRun:
    """A run of 200 pairs, a ninth of whose training texts are swapped."""
    store = Store(tmp_path / "store")
    places = [int(i[1:]) for i in held_out_parts(run_of(swapped(), store))[0].train][::9]
    return mm.AlignedRun(run_of(swapped(shifted(places)), store), store)


def test_errors_are_a_table_worst_first(faulty: mm.AlignedRun) -> None:
    table = faulty.errors("image->text", held_out=True)
    assert len(table) == faulty.report.directions["image->text"].n and table["held_out"].all()
    assert table["rank"].is_monotonic_decreasing and set(table["id"]) < set(map(item, range(200)))
    assert (1 / table["rank"]).mean() == pytest.approx(faulty.metrics["image->text"]["mrr"])
    with pytest.raises(BadInput, match="unknown direction"):
        faulty.errors("text->sound")


def test_slices_are_a_table_of_parts_beside_the_rest(faulty: mm.AlignedRun) -> None:
    table = faulty.slices("image->text", metric="mrr")
    known = find_slices(faulty.run, store=faulty.store, direction="image->text", metric="mrr").report()["slices"]
    assert len(table) and table["key"].tolist() == [row["key"] for row in known]
    assert (table["difference"] - (table["value"] - table["rest"])).abs().max() < 1e-9
    assert set(table["direction"]) == {"image->text"} and set(table["metric"]) == {"mrr"}
    with pytest.raises(BadInput, match="unknown direction"):
        faulty.slices("text->sound")


def test_a_repair_shows_its_proof_and_gives_the_repaired_run(faulty: mm.AlignedRun) -> None:
    done = faulty.repair(16)
    known = repair_run(faulty.run, store=faulty.store, suggested=16).report()
    assert done.report == known and len(done.dropped) == len(known["dropped"]) in range(1, 17)
    shown = done.table.set_index(["direction", "metric"]).loc[("image->text", "mrr")]
    assert shown["value"] == pytest.approx(shown["after"] - shown["before"])
    assert (shown["low"], shown["high"]) == tuple(known["difference"]["image->text"]["mrr"]["ci95"])
    assert shown["n"] == known["n_held_out"] and shown["split"] == "test 0.3"
    assert isinstance(done.run, mm.AlignedRun) and done.run.metrics["image->text"]["mrr"] == shown["after"]
    assert repr(done).startswith(done.verdict) and done.verdict in done._repr_html_()
    assert faulty.repair(16, aligner="procrustes").report["aligner"] == "procrustes"


def test_two_runs_differ_by_what_the_repair_brought(faulty: mm.AlignedRun) -> None:
    done = faulty.repair(16)
    table = faulty.difference(done.run).table
    proof = done.table
    assert table["value"].tolist() == pytest.approx(proof["value"].tolist()) and (table["n"] == proof["n"]).all()
    assert not faulty.difference(faulty).table["value"].any()
    alone = mm.align({"image": [[0.0, 1.0], [1.0, 0.0]]}, store=faulty.store.root)
    with pytest.raises(BadInput, match="nothing was aligned"):
        alone.errors()
