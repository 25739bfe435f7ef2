"""The page Errors: its list and filters, marks by buttons, causes in words, and a repair that is kept and undone."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from mmalign_core.types import Collection
from mmalign_core.workflow import Mark, MarkKind, read_marks
from pages._panels.errors import mark_panel
from pages._panels.errors.filters import Filters, listed
from pages._session import cache
from pages._session.links import from_query
from pages._session.view_spec import ViewSpec
from tests.dashboard import dashboard_home, finish, opened, words_of

SWAPPED = ("i0", "i1", "i2", "i3")
RUN = '{"pair":["image","text"],"aligner":"ridge","test":0.25,"encoders":{}}'


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """80 pairs of vectors; the texts of the first four items are exchanged in a ring."""
    root = tmp_path_factory.mktemp("errors")
    rng = np.random.default_rng(3)
    image = rng.standard_normal((80, 6))
    text = image @ rng.standard_normal((6, 6)) + 0.1 * rng.standard_normal((80, 6))
    text[:4] = text[[1, 2, 3, 0]]
    np.savez(root / "pairs.npz", ids=np.array([f"i{n}" for n in range(80)]), image=image, text=text)
    with dashboard_home(root):
        yield root / "pairs.npz"


def errors_page(data: Path, **query: str) -> AppTest:
    """The page over this data, after its own background work has ended: the errors, then the slices."""
    app = opened(data, "errors", **query)
    for _ in range(2):
        finish()
        app.run()
    return app


def button(app: AppTest, key: str) -> None:
    """Click the button with this key, and let the work behind it end."""
    next(one for one in app.button if one.key == key).click().run()
    finish()
    app.run()
    assert not app.exception


def kept(data: Path, kind: str) -> Any:
    """The collection or the errors of RUN that the page keeps."""
    view = from_query({"data": f"folder:{data}", "run": RUN})
    spec = ViewSpec(view["source"], view["choices"])
    return cache.results().get(kind, spec.collection_key if kind == "collection" else spec.run_key)


def marks_of(data: Path, item: str) -> list[Mark]:
    """The current marks of the item, as the store holds them."""
    return [mark for mark in read_marks(kept(data, "collection"), cache.store()) if mark.item == item]


def counted(app: AppTest) -> str:
    """The line under the list that counts the queries."""
    return next(one.value for one in app.caption if "queries listed" in one.value)


def test_every_query_is_listed_and_a_link_filters_them(data: Path) -> None:
    app = errors_page(data, run=RUN)
    assert not app.exception and not app.error
    assert counted(app).startswith("160 of 160 queries listed") and "of 40 held-out ones wrong" in counted(app)
    app = errors_page(data, run=RUN, direction="image->text", fit="held out", sort="suspicion")
    assert counted(app).startswith("20 of 160 queries listed")
    assert "held out" in words_of(app) and "by a fit that never saw it" in words_of(app)
    app = errors_page(data, run=RUN, direction="image->text", ranks="1")
    listed_first = int(counted(app).split()[0])
    app = errors_page(data, run=RUN, direction="image->text", ranks="2-80")
    assert 0 < listed_first < 80 and int(counted(app).split()[0]) == 80 - listed_first
    shown = errors_page(data, run=RUN, direction="image → text", ranks="2-80")
    assert counted(shown) == counted(app), "an address holds the direction as it is shown, or as a program writes it"
    (direction,) = [group for group in shown.get("button_group") if group.key == "direction"]
    assert list(direction.options) == ["any", "image → text", "text → image"]
    shown.button(key="errors.clear").click().run()
    assert counted(shown).startswith("160 of 160 queries listed")
    app = errors_page(data, run=RUN, ranks="first")
    assert "is no range of ranks" in app.error[0].value and counted(app).startswith("160 of 160")


def test_the_worst_query_is_in_focus_and_a_link_opens_another(data: Path) -> None:
    app = errors_page(data, run=RUN, direction="image->text")
    report = kept(data, "errors")
    judged = report.directions["image->text"].judgements
    worst = judged.worst_first()[0]
    assert f"rank {judged.rank[worst]} of {judged.n_candidates[worst]}" in words_of(app)
    app = errors_page(data, run=RUN, item="i9", at="text->image:9")
    judged = report.directions["text->image"].judgements
    assert judged.queries.ids[9] == "i9"
    assert f"rank {judged.rank[9]} of {judged.n_candidates[9]}" in words_of(app)


def test_a_mark_is_kept_with_its_note_shown_filtered_and_undone(data: Path) -> None:
    app = errors_page(data, run=RUN, item="i9", at="image->text:9")
    app.text_input(key="errors.note.image->text:9").set_value("seen twice").run()
    button(app, "errors.mark.ambiguous")
    assert [(mark.kind, mark.note) for mark in marks_of(data, "i9")] == [(MarkKind.AMBIGUOUS, "seen twice")]
    assert "ambiguous" in words_of(app) and "seen twice" in words_of(app)
    only = errors_page(data, run=RUN, mark="ambiguous")
    assert counted(only).startswith("2 of 160 queries listed"), "both queries of the item"
    button(app, "errors.undo")
    assert not marks_of(data, "i9")


def test_a_second_right_answer_names_the_chosen_item_and_its_side(data: Path) -> None:
    app = errors_page(data, run=RUN, item="i0", at="image->text:0")
    button(app, "errors.mark.also_right")
    (mark,) = marks_of(data, "i0")
    assert mark.kind is MarkKind.ALSO_RIGHT and mark.other in SWAPPED and mark.modality == "text"
    button(app, "errors.undo")


def test_a_wrong_pair_gets_its_right_partner_and_is_re_paired(data: Path) -> None:
    app = errors_page(data, run=RUN, item="i0", at="image->text:0")
    assert not [menu for menu in app.selectbox if str(menu.key).startswith("errors.partner")], "the pair is not marked"
    button(app, "errors.mark.wrong_pair")
    menu = app.selectbox(key="errors.partner.image->text:0")
    assert menu.value == "" and menu.options[0].startswith("Not known") and len(menu.options) > 60
    menu.set_value("i3").run()
    (mark,) = marks_of(data, "i0")
    assert (mark.kind, mark.other, mark.modality) == (MarkKind.WRONG_PAIR, "i3", "text")
    assert app.selectbox(key="errors.partner.image->text:0").value == "i3" and "with i3" in words_of(app)
    changes = next(f.value for f in errors_page(data, run=RUN, view="Repair").dataframe if "change" in f.value)
    assert list(changes["id"]) == ["i0"] and changes["change"][0] in ("replace", "drop")
    app.selectbox(key="errors.partner.image->text:0").set_value("").run()
    assert [mark.other for mark in marks_of(data, "i0")] == [""], "not known after all: the pair is dropped"
    button(app, "errors.undo")
    button(app, "errors.undo")
    button(app, "errors.undo")
    assert not marks_of(data, "i0")


def test_wrong_pairs_are_repaired_with_proof_kept_and_undone(data: Path) -> None:
    app = errors_page(data, run=RUN)
    for item in SWAPPED:
        app = errors_page(data, run=RUN, item=item, at=f"image->text:{item[1:]}")
        button(app, "errors.mark.wrong_pair")
    app = errors_page(data, run=RUN, view="Repair")
    assert "What would change" in words_of(app) and "What the repair brought" not in words_of(app)
    changes = next(frame.value for frame in app.dataframe if "change" in frame.value)
    assert set(changes["id"]) == set(SWAPPED) and set(changes["because"]) == {"wrong pair"}
    button(app, "repair.go")
    words = words_of(app)
    assert "What the repair brought" in words and "mean reciprocal rank" in words and "held-out items" in words
    proof = next(frame.value for frame in app.dataframe if "95% low" in frame.value)
    assert {"image → text", "text → image"} == set(proof["direction"]) and (proof["n"] > 0).all()
    app.text_input(key="repair.name").set_value("mended").run()
    button(app, "repair.keep")
    button(app, "repair.open")
    assert app.query_params["data"] == "run:mended" and "is a repair of" in words_of(app)
    button(app, "repair.undo")
    assert app.query_params["data"] == f"folder:{data}" and "is a repair of" not in words_of(app)


def test_without_a_mark_the_repair_says_what_to_do(data: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.npz"
    rng = np.random.default_rng(0)
    image = rng.standard_normal((40, 4))
    np.savez(other, ids=np.array([f"o{n}" for n in range(40)]), image=image, text=image + 0.1)
    app = errors_page(other, view="Repair")
    assert not app.exception and "No mark asks for a repair" in words_of(app)


def test_the_neighbours_of_the_query_in_focus_are_shown(data: Path) -> None:
    app = errors_page(data, run=RUN, at="image->text:5", look="Neighbours")
    assert not app.exception and not app.error and "The items nearest to this one" in words_of(app)


def test_filters_pass_by_cause_mark_wrong_and_slice() -> None:
    table = pd.DataFrame(
        {
            "query": [f"image->text:{n}" for n in range(4)],
            "direction": "image->text",
            "item": list("abcd"),
            "rank": [1, 5, 3, 3],
            "margin": [0.0, -0.2, -0.1, -0.3],
            "suspicion": [0.9, 0.1, 0.2, 0.3],
            "correct": [True, False, False, False],
            "held_out": [False, True, False, True],
            "causes": [(), ("hub",), ("hub", "wrong_pair"), ()],
        }
    )
    collection = Collection("x", pd.DataFrame(index=list("abcd")), ())

    def passing(filters: Filters, **more: object) -> str:
        return "".join(listed(table, filters, collection, {"a": []}, **more)["item"])  # pyright: ignore

    assert passing(Filters()) == "bdca" and passing(Filters(sort="suspicion")) == "adcb"
    assert passing(Filters(cause="hub")) == "bc" and passing(Filters(cause="none found")) == "da"
    assert passing(Filters(mark="marked")) == "a" and passing(Filters(mark="unmarked")) == "bdc"
    assert passing(Filters(wrong=True, fit="held out")) == "bd"
    assert passing(Filters(ranks=(2, 4))) == "dc" and passing(Filters(ranks=(1, 1))) == "a"
    assert passing(Filters(), items={"a", "c"}) == "ca" and passing(Filters(direction="text->image")) == ""


def test_each_kind_of_mark_has_a_key() -> None:
    assert list(mark_panel.KEYS) == ["1", "2", "3", "4", "5"] and set(mark_panel.KEYS.values()) == set(MarkKind)
