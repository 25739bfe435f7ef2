"""`recommend` on the command line: wishes in their order, JSON's shape, reasons, the page, one line for bad input."""

import json
from pathlib import Path

import pytest

from mmalign_core.__main__ import main
from mmalign_core.store import Store
from mmalign_core.types import Collection
from mmalign_core.workflow import QueryPart, QuerySpec, Run, answer, save_run


@pytest.fixture(scope="module")
def saved(demo_run: Run, store: Store) -> str:
    """The name of the demo's run, saved."""
    save_run(demo_run, "recommend-demo", store=store)
    return "recommend-demo"


def asked(capsys: pytest.CaptureFixture[str], *argv: str) -> dict:
    """What `recommend … --json -` prints: nothing else may stand there."""
    assert main(["recommend", *argv, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


def test_one_wish_has_the_shape_scripts_depend_on(
    capsys: pytest.CaptureFixture[str], saved: str, demo_run: Run, store: Store
) -> None:
    found = asked(capsys, saved, "--query-text", "a cat", "-k", "3")
    assert found["query"] == {"text": "a cat"} and set(found) == {"query", "items"}
    expected = answer(demo_run, QuerySpec.of(text="a cat", k=3), store=store).as_json["items"]
    for item, other in zip(found["items"], expected, strict=True):
        assert set(item) == {"id", "score", "rank", "contributions", "reason"} and item["id"] == other["id"]
        assert item["score"] == pytest.approx(sum(item["contributions"].values()))


def test_wishes_and_their_mix_are_taken_in_the_order_given(
    capsys: pytest.CaptureFixture[str], saved: str, demo_run: Run, store: Store
) -> None:
    argv = ("--not-text", "a wild animal", "--item", "dog", "--query-text", "rain", "--not-item", "cat")
    found = asked(capsys, saved, *argv, "--mix", "0.5,2,1,0.25", "--weight", "text=2", "--weight", "image=1")
    given = (("text", "a wild animal", -0.5), ("item", "dog", 2), ("text", "rain", 1), ("item", "cat", -0.25))
    parts = tuple(QueryPart(*part) for part in given)
    assert found["query"] == {"wishes": [vars(part) for part in parts]}
    expected = answer(demo_run, QuerySpec(parts, weights={"text": 2, "image": 1}), store=store)
    assert [item["id"] for item in found["items"]] == [r.id for r in expected.results]
    assert [item["score"] for item in found["items"]] == pytest.approx([r.score for r in expected.results])


def test_explain_adds_every_view_and_the_ranks_without(capsys: pytest.CaptureFixture[str], saved: str) -> None:
    argv = (saved, "--query-text", "a cat", "--item", "dog", "--explain", "-k", "4", "--diversity", "0.3")
    for item in asked(capsys, *argv)["items"]:
        assert {"modality", "signal", "history"} <= set(item["views"]) and {"modality", "signal"} <= set(
            item["without"]
        )
        for shares in item["views"].values():
            assert sum(shares.values()) == pytest.approx(item["score"], abs=1e-5)
    assert main(["recommend", *argv]) == 0
    assert "without" in capsys.readouterr().out


def test_conditions_recommenders_and_interactions_of_another_file(
    capsys: pytest.CaptureFixture[str], saved: str, demo_run: Run, tmp_path: Path
) -> None:
    found = asked(capsys, saved, "--query-text", "a cat", "--where", "group=birds", "--where", "has:audio", "-k", "500")
    groups = demo_run.collection.items["group"]
    assert found["items"] and {groups[item["id"]] for item in found["items"]} == {"birds"}
    likes = tmp_path / "likes.csv"
    likes.write_text("user_id,item_id\nme,cat\nyou,cat\nyou,whale\nyou,nowhere\n")
    given = (saved, "--user", "me", "--interactions", str(likes), "-k", "1")
    found = asked(capsys, *given, "--recommender", "ease", "--param", "regularisation=1")
    assert [item["id"] for item in found["items"]] == ["whale"] and found["skipped_interactions"] == 1
    assert asked(capsys, *given, "--include-seen", "--where", "id=cat")["items"][0]["id"] == "cat"
    assert main(["recommend", saved, "--user", "nobody-yet", "--query-text", "a cat"]) == 0
    assert "note: Answered without the user" in capsys.readouterr().out


def test_the_page_holds_what_was_found(capsys: pytest.CaptureFixture[str], saved: str, tmp_path: Path) -> None:
    out = tmp_path / "deep" / "page.html"
    found = asked(capsys, saved, "--query-text", "a <cat>", "-k", "2", "--html", str(out), "--maps", "1")
    page = out.read_text(encoding="utf-8")
    assert page.count("<article") == 2 and "a &lt;cat&gt;" in page and "Where in the media" in page
    assert all(item["id"] in page for item in found["items"])


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ((), "add --query-text"),
        (("--query-text", "  "), "empty"),
        (("--query-image", "no-such.png"), "no-such.png"),
        (("--item", "dgo"), "'dog' is most like it"),
        (("--item", "dog", "--mix", "1,2"), "2 weights for 1 part of the query;"),
        (("--item", "dog", "--mix", "much"), "--mix much"),
        (("--item", "dog", "--mix", "nan"), "give a number"),
        (("--item", "dog", "--where", "gruop=birds"), "no column 'gruop'"),
        (("--item", "dog", "--recommender", "contnt"), "did you mean 'content'"),
        (("--item", "dog", "--param", "depth=3"), "unknown parameter 'depth'"),
        (("--item", "dog", "--param", "depth"), "name=value"),
        (("--item", "dog", "--weight", "image=much"), "each weight is a number"),
        (("--item", "dog", "--weight", "image=1", "--weight", "image=2"), "'image' is given twice"),
        (("--query-text", "x", "--recommender", "ease"), "take one of"),
        (("--item", "dog", "--interactions", "none.csv"), "does not exist"),
        (("--item", "dog", "--diversity", "2"), "diversity"),
        (("--item", "dog", "--maps", "2"), "--html OUT"),
        (("--item", "dog", "--html", "/proc/no/page.html"), "--html /proc/no/page.html: cannot be written"),
    ],
)
def test_bad_input_is_one_line(
    capsys: pytest.CaptureFixture[str], saved: str, argv: tuple[str, ...], words: str
) -> None:
    assert main(["recommend", saved, *argv]) == 2
    shown = capsys.readouterr()
    assert shown.out == "" and len(shown.err.strip().splitlines()) == 1 and words in shown.err


def test_data_of_one_modality_is_asked_without_an_alignment(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, store: Store
) -> None:
    for name, words in {"cat": "a cat on a mat", "dog": "a barking dog", "sea": "waves of the sea"}.items():
        (tmp_path / f"{name}.txt").write_text(words)
    found = asked(capsys, str(tmp_path), "--query-text", "ocean", "-k", "2")
    assert found["items"][0]["id"] == "sea" and set(found["items"][0]["contributions"]) == {"text"}
    words = asked(capsys, str(tmp_path), "--query-text", "a barking", "-k", "1", "--encoder", "text=bag-of-words")
    assert words["items"][0]["id"] == "dog"


def test_data_of_two_modalities_are_to_be_aligned_first(
    capsys: pytest.CaptureFixture[str], saved: str, demo: Collection
) -> None:
    folder = str(Path(demo.media_of("image")[0].path or "").parents[1])
    assert main(["recommend", folder, "--item", "dog"]) == 2
    assert f"(align {folder} --pair image:text --save NAME)" in capsys.readouterr().err
    assert main(["recommend", saved, "--item", "dog", "--encoder", "text=minilm"]) == 2
    assert "keeps its own encoders" in capsys.readouterr().err
