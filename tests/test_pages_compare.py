"""The Compare page: two runs of a session, a saved run, runs that cannot be compared, and what can be taken away."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.settings import Settings
from mmalign_core.store import Store
from mmalign_core.workflow import save_run
from pages._panels.compare.comparison import Comparison
from pages._panels.compare.metrics import verdict
from pages._session import cache
from pages._session.view_spec import ViewSpec
from tests.circles import write_circles
from tests.dashboard import dashboard_home, finish, opened, words_of


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Twelve captioned pictures."""
    root = tmp_path_factory.mktemp("compare")
    write_circles(root, {"fold": [0, 1, 2] * 4})
    with dashboard_home(root):
        yield root


def settle(app: AppTest) -> AppTest:
    """Run until no background work is left."""
    for _ in range(4):
        finish()
        app.run()
    return app


def aligned(folder: Path, *choices: str) -> AppTest:
    """A session that has aligned by each of these choices in turn; the last is open."""
    app = opened(folder, "align", run=choices[0])
    for chosen in choices[1:]:
        app.session_state["mmalign"]["choices"] = json.loads(chosen)
        settle(app.run())
    assert not app.exception and not app.error
    return app


def compare(app: AppTest, **query: str) -> AppTest:
    app.query_params.update(query)
    app.switch_page("pages/compare.py").run()
    return settle(app)


def held(app: AppTest) -> Comparison:
    """The comparison that the page shows."""
    return next(reversed(cache.results()._kept["difference", ""].values())).result


def frame(app: AppTest, column: str) -> pd.DataFrame:
    return next(table.value for table in app.dataframe if column in table.value)


def test_alone_a_run_has_nothing_to_stand_beside(folder: Path) -> None:
    app = opened(folder, "compare", run='{"aligner":"relative"}')
    assert not app.exception and not app.error and "There is no other run yet" in words_of(app)


def test_two_runs_of_a_session(folder: Path) -> None:
    app = compare(aligned(folder, '{"aligner":"classic"}', '{"aligner":"relative"}'))
    assert not app.exception and not [error.value for error in app.error]
    found = held(app)
    assert [run.choices.aligner for run in found.runs] == ["classic", "relative"], "the open run is B"
    table = frame(app, "difference")
    for _, row in table.iterrows():
        way, name = row["direction"].replace(" → ", "->"), row["metric"].replace(" ", "_").replace("MRR", "mrr")
        assert row["open"] == found.runs[1].report["metrics"][way][name]
        assert row["other"] == found.runs[0].report["metrics"][way][name]
        assert row["95% low"] <= row["difference"] <= row["95% high"] and row["n"] == 12
    for way, one in found.difference.directions.items():
        rows = found.outcomes[way]
        assert list(rows[rows["outcome"] == "won"]["id"]) == list(one.won)
        assert list(rows[rows["outcome"] == "lost"]["id"]) == list(one.lost)
    queries = frame(app, "outcome")
    assert len(queries) == 12 and set(queries) >= {"id", "rank, other", "rank, open", "chosen, other", "chosen, open"}
    words = words_of(app)
    assert "The same query in both runs" in words and "What moved most?" in words
    assert list(frame(app, "choice")["choice"]) == ["aligner"] or "aligner" in set(frame(app, "choice")["choice"])
    assert len(app.get("plotly_chart")) == 1, "the differences"
    given = [json.loads(block.proto.json) for block in app.get("bidi_component") if block.proto.json]
    (maps,) = [data for data in given if data.get("role") == "map"]
    assert len(maps["layers"]) == 2 and maps["shared"] == maps["layers"][0]["n"] == 24, "all media are in both maps"
    assert maps["layers"][0]["low"] == maps["layers"][1]["low"] and maps["layers"][0]["places"]


def test_what_each_run_chose_is_what_its_report_measured(folder: Path) -> None:
    found = held(compare(aligned(folder, '{"aligner":"classic"}', '{"aligner":"relative"}')))
    for side, run in enumerate(found.runs):
        for way, rows in found.outcomes.items():
            queries = [found.query(side, way, item, key) for item, key in zip(rows["id"], rows["key"])]
            judged = [one for one in queries if one]
            assert [part.rank[row] for part, row in judged] == list(rows["rank A" if side == 0 else "rank B"])
            assert np.mean([part.correct[row] for part, row in judged]) == run.report["metrics"][way]["accuracy"]
    assert found.query(0, "image->text", "no such item", "") is None


def test_a_saved_run_that_the_address_names(folder: Path) -> None:
    app = aligned(folder, '{"aligner":"classic"}')
    run = cache.results().get("run", ViewSpec({"kind": "folder", "value": str(folder)}, {"aligner": "classic"}).run_key)
    save_run(run, "kept", store=Store(Settings().root))
    app = compare(aligned(folder, '{"aligner":"relative"}'), **{"with": "kept"})
    assert not app.exception and not app.error
    assert held(app).runs[0].id == "kept" and "with kept" in words_of(app)
    app = compare(aligned(folder, '{"aligner":"relative"}'), **{"with": "gone"})
    assert not app.exception and "'gone', which is not here" in app.error[0].value.replace("\\", "")
    Store(Settings().root).remove_run("kept")  # other tests compare with a run of their session


def test_other_queries_and_fitted_ones_are_said_plainly(folder: Path) -> None:
    app = compare(aligned(folder, '{"aligner":"cca","test":0.5,"seed":0}', '{"aligner":"cca","test":0.5,"seed":1}'))
    assert not app.exception and not app.error
    shared = len(held(app).outcomes["image->text"])
    assert 0 < shared < 6 and f"on the {shared} queries that both runs held out, of 6 of the other run" in words_of(
        app
    ).replace("\\", "")
    app = compare(aligned(folder, '{"aligner":"cca"}', '{"aligner":"cca","test":0.5,"seed":1}'))
    assert not app.exception and not app.error
    assert any("cannot be compared" in note.value and "was fitted on its queries" in note.value for note in app.info)
    assert "What moved most?" in words_of(app), "maps, items and choices still can be"


@pytest.mark.parametrize(
    ("low", "high", "name", "word"),
    [
        (0.01, 0.2, "mrr", "better"),
        (-0.2, -0.01, "mrr", "worse"),
        (-0.1, 0.1, "mrr", "tied"),
        (0.0, 0.2, "mrr", "tied"),
        (1.0, 2.0, "median_rank", "worse"),
    ],
)
def test_better_needs_the_whole_interval(low: float, high: float, name: str, word: str) -> None:
    row: dict[str, Any] = {"ci95": [low, high]}
    assert verdict(row, name) == word
