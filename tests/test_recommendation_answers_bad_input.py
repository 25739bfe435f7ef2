"""Odd questions: one clear line before anything is placed, or a finite answer whose parts still sum to its score."""

import json
import threading
import warnings
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from threadpoolctl import threadpool_limits

from mmalign_core.__main__ import main
from mmalign_core.recommend import RECOMMENDERS, Interactions, PlacedItems
from mmalign_core.recommend.query_spec import MOST_WEIGHT
from mmalign_core.store import Store
from mmalign_core.types import BadInput
from mmalign_core.workflow import QueryPart, QuerySpec, Run, answer, open_collection, save_run
from mmalign_core.workflow.explanation import explain_pair
from mmalign_core.workflow.explanation.masked_medium import MaskedMedium
from mmalign_core.workflow.recommendation.reasons import every_reason


@pytest.mark.parametrize("weight", [1e308, -1e308, 2 * MOST_WEIGHT])
def test_a_wish_too_heavy_for_finite_scores_is_refused(weight: float) -> None:
    with pytest.raises(BadInput, match="from -1000 to 1000"):
        QueryPart("item", "dog", weight)


@pytest.mark.parametrize("recommender", ["content", "hybrid"])
def test_history_shares_sum_to_the_score_at_the_largest_weight(demo_run: Run, store: Store, recommender: str) -> None:
    query = QuerySpec((QueryPart("user", "simulated-020", MOST_WEIGHT), QueryPart("item", "santa-claus", 0.5)))
    found = answer(demo_run, replace(query, k=30), store=store, recommender=recommender)
    for why in every_reason(found):
        assert sum(why.views["history"].values()) == pytest.approx(why.score, abs=1e-5)


def test_a_weight_of_a_modality_the_run_lacks_is_named(demo_run: Run, store: Store) -> None:
    with pytest.raises(BadInput, match="a weight for 'picture'"):
        answer(demo_run, QuerySpec.of(item="dog", weights={"text": 1.0, "picture": 5.0}), store=store)


@pytest.mark.parametrize("text", ["", " ", "\u200b", "\u200b\u2060 \ufeff", "\x00"])
def test_a_text_that_shows_nothing_is_empty(demo_run: Run, store: Store, text: str) -> None:
    with pytest.raises(BadInput, match="the text of the query is empty"):
        answer(demo_run, QuerySpec.of(text=text), store=store)


@pytest.mark.parametrize("kind", ["text", "image", "audio", "item", "user"])
def test_bytes_that_are_no_utf8_are_one_clear_line(demo_run: Run, store: Store, kind: str) -> None:
    with pytest.raises(BadInput) as caught:
        answer(demo_run, QuerySpec((QueryPart(kind, "a\udcff"),)), store=store)
    assert "\udcff" not in str(caught.value)


def test_a_file_whose_name_is_no_utf8_is_answered_in_valid_json_and_html(
    capsys: pytest.CaptureFixture[str], demo_run: Run, store: Store, tmp_path: Path
) -> None:
    save_run(demo_run, "bytes-demo", store=store)
    dog = next(m for m in demo_run.collection.media_of("image") if m.item == "dog")
    picture, page, out = (tmp_path / name for name in ("a\udcff.jpg", "page.html", "out.json"))
    picture.write_bytes(Path(str(dog.path)).read_bytes())
    argv = ["recommend", "bytes-demo", "--query-image", str(picture), "-k", "2", "--html", str(page)]
    assert main([*argv, "--json", "-"]) == 0
    printed = capsys.readouterr().out.encode()
    assert json.loads(printed)["query"]["image"] == str(picture) and page.read_text(encoding="utf-8")
    assert main([*argv, "--json", str(out)]) == 0
    assert out.read_bytes() == printed


def test_als_is_silent_however_many_threads_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("implicit.utils._checked_blas_config", False)  # it warns once a process
    rng = np.random.default_rng(0)
    rows, columns = sparse.csr_array(rng.random((20, 8)) < 0.4).nonzero()
    events = Interactions(tuple(map(str, range(20))), 8, rows, columns, *np.full((2, len(rows)), np.nan))
    with threadpool_limits(2, "blas"), warnings.catch_warnings():
        warnings.simplefilter("error")
        RECOMMENDERS.create("als").fit(PlacedItems(tuple(map(str, range(8))), {}), events)


@pytest.mark.parametrize("out", ["", "-"])
def test_a_page_needs_a_file(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["recommend", "anything", "--item", "dog", "--html", out]) == 2
    assert "name a file" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_times_before_1970_and_in_powers_of_ten_are_read_and_infinite_numbers_are_not(tmp_path: Path) -> None:
    (tmp_path / "items.csv").write_text("id,text\na,one\nb,two\n")
    rows = ["u,a,5,-86400", "u,b,4,1.7e9", "v,a,3,1969-12-31", "v,b,2,inf", "w,a,inf,1", "w,b,1e999,1", "x,a,1,soon"]
    (tmp_path / "met.csv").write_text("\n".join(["user_id,item_id,rating,timestamp", *rows]))
    found = open_collection(tmp_path / "items.csv", interactions=tmp_path / "met.csv")
    assert found.interactions is not None
    assert found.interactions["timestamp"].tolist() == [-86400.0, 1.7e9, -86400.0]
    reasons = [skipped.reason for skipped in found.skipped]
    assert sum(left.count for left in found.skipped if "which is infinite" in left.reason) == 3
    assert sum("which is not a number or a date such as" in r for r in reasons) == 1


@pytest.mark.parametrize("grid", [0, -3, 29])
def test_a_grid_that_is_none_is_refused_before_anything_is_masked(demo_run: Run, store: Store, grid: int) -> None:
    with pytest.raises(BadInput, match="ask for 1 to 28 cells a side"):
        explain_pair(demo_run, ("image", "dog"), ("text", "dog"), store=store, grid=grid)


def test_a_picture_that_changed_since_it_was_encoded_has_no_map(demo_run: Run, store: Store, tmp_path: Path) -> None:
    dog, cat = (next(m for m in demo_run.collection.media_of("image") if m.item == name) for name in ("dog", "cat"))
    assert dog.path and cat.path
    for source, problem in ((dog.path, ""), (cat.path, "has changed since it was encoded; align again")):
        (tmp_path / "dog.jpg").write_bytes(Path(source).read_bytes())
        moved = replace(dog, path=str(tmp_path / "dog.jpg"))
        if not problem:
            assert MaskedMedium(demo_run, moved, store=store).place.any()
            continue
        with pytest.raises(BadInput, match=problem):
            MaskedMedium(demo_run, moved, store=store)


class _Refuses(BaseHTTPRequestHandler):
    """Counts questions and answers none."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(503)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def refusing(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[_Refuses]]:
    server = HTTPServer(("127.0.0.1", 0), _Refuses)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setenv("MMALIGN_LLM_URL", f"http://127.0.0.1:{server.server_port}/v1")
    _Refuses.asked = 0
    yield _Refuses
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("options", [("--rerank",), ("--summary",), ("--summary", "--rerank")])
def test_a_server_that_failed_is_not_waited_for_again(
    capsys: pytest.CaptureFixture[str],
    demo_run: Run,
    store: Store,
    refusing: type[_Refuses],
    options: tuple[str, ...],
) -> None:
    save_run(demo_run, "waiting-demo", store=store)
    argv = ["recommend", "waiting-demo", "--user", "simulated-001", "-k", "3", "--language-model", "server", *options]
    assert main([*argv, "--json", "-"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert refusing.asked == 1
    assert all(s["author"] == "template" and "503" in s["rejected"] for s in told["sentences"].values())
    assert ("--rerank" in options) == any("503" in note for note in told.get("notes", ()))
