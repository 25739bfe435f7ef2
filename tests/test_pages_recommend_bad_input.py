"""The Recommend page on questions, conditions and links that say nothing: one line each, and what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.circles import write_met_circles
from tests.dashboard import dashboard_home, opened, words_of
from tests.test_pages_recommend import query_link


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    root = tmp_path_factory.mktemp("recommend")
    write_met_circles(root)
    with dashboard_home(root):
        yield root


def test_an_empty_question_says_what_to_do(folder: Path) -> None:
    app = opened(folder, "recommend", ask="[]")
    assert not app.exception and "Ask something" in words_of(app)


def test_a_bad_query_is_one_line_for_each_of_two_recommenders(folder: Path) -> None:
    app = opened(folder, "recommend", ask=query_link(("user", "nobody", 1.0)), rival='{"name":"popular"}')
    assert not app.exception
    assert len(app.error) == 2 and all("nobody" in error.value for error in app.error)


@pytest.mark.parametrize(
    ("part", "words"),
    [
        (("item", "nobody", 1.0), "No item"),
        (("user", "nobody", 1.0), "No user"),
        (("image", "0" * 32 + ".png", 1.0), "no longer here"),
    ],
)
def test_a_bad_query_is_one_line(folder: Path, part: tuple[str, str, float], words: str) -> None:
    app = opened(folder, "recommend", ask=query_link(part))
    assert not app.exception and len(app.error) == 1
    assert words in app.error[0].value and "\n" not in app.error[0].value


def test_conditions_nobody_meets_or_nobody_can_read(folder: Path) -> None:
    for where, words in (("kind=none", "relax one"), ("smell=good", "No column")):
        app = opened(folder, "recommend", where=where)
        assert not app.exception and len(app.error) == 1 and words in app.error[0].value


def test_an_unknown_recommender_or_parameter_in_a_link_is_one_line(folder: Path) -> None:
    for model, words in (
        ('{"name":"nonsense"}', "nknown recommender"),
        ('{"name":"content","params":{"x":1}}', "takes"),
    ):
        app = opened(folder, "recommend", model=model)
        assert not app.exception and len(app.error) == 1 and words in app.error[0].value
