"""Wishes as links and forms hold them: any text gives only what can be asked, files go by digest."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from mmalign_core.types import BadInput
from pages._panels.recommend import queries
from pages._session import state
from pages._session.links import LONGEST_TEXT, MOST_PARTS

LINKS = some.lists(
    some.tuples(
        some.sampled_from(["text", "image", "audio", "item", "user", "evil", 3]),
        some.text(max_size=40) | some.integers(),
        some.floats() | some.text(max_size=3) | some.booleans(),
    ).map(list)
    | some.integers(),
    max_size=12,
)


@given(LINKS.map(json.dumps) | some.text(max_size=60))
def test_any_link_gives_wishes_that_can_be_asked(text: str) -> None:
    found = state.from_query({"ask": text, "model": text, "rival": text})
    for wish in found["query"] or []:
        assert wish["kind"] in ("text", "image", "audio", "item", "user") and 0 < abs(wish["weight"]) <= 2
        assert wish["kind"] not in ("image", "audio") or set(wish["value"][:32]) <= set("0123456789abcdef")
    assert len(found["query"] or []) <= MOST_PARTS and found["model"] == {} == found["rival"]


def test_a_file_is_named_by_its_digest_never_by_a_path() -> None:
    for evil in ("../../etc/passwd", "/etc/passwd", "0" * 32 + "/../x", "0" * 32 + ".png/../../x"):
        assert state.from_query({"ask": json.dumps([["image", evil, 1]])})["query"] == []


def test_too_many_wishes_are_refused_and_the_same_one_is_asked_once() -> None:
    held = [queries.part("item", str(n)) for n in range(MOST_PARTS)]
    with pytest.raises(BadInput, match="at most"):
        queries.with_part(held, queries.part("item", "more"))
    turned = queries.with_part(held, queries.part("item", "3", -1.0))
    assert len(turned) == MOST_PARTS and turned[-1]["weight"] == -1.0
    with pytest.raises(BadInput, match="longer"):
        queries.with_part(
            [queries.part("text", f"{n}" * LONGEST_TEXT) for n in range(4)], queries.part("text", "x" * LONGEST_TEXT)
        )
