"""Queries in links and forms: any text gives only valid parts, and files go by digest."""

import json

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
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


@hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # of a busy machine
@given(LINKS.map(json.dumps) | some.text(max_size=60))
def test_any_link_gives_valid_parts(text: str) -> None:
    found = state.from_query({"ask": text, "model": text, "rival": text})
    for part in found["query"] or []:
        assert part["kind"] in ("text", "image", "audio", "item", "user") and 0 < abs(part["weight"]) <= 2
        assert part["kind"] not in ("image", "audio") or set(part["value"][:32]) <= set("0123456789abcdef")
    assert len(found["query"] or []) <= MOST_PARTS and found["model"] == {} == found["rival"]


def test_a_file_is_named_by_its_digest_never_by_a_path() -> None:
    for evil in ("../../etc/passwd", "/etc/passwd", "0" * 32 + "/../x", "0" * 32 + ".png/../../x"):
        assert state.from_query({"ask": json.dumps([["image", evil, 1]])})["query"] == []


def test_too_many_parts_are_refused_and_the_same_part_counts_once() -> None:
    held = [queries.part("item", str(n)) for n in range(MOST_PARTS)]
    with pytest.raises(BadInput, match="at most"):
        queries.with_part(held, queries.part("item", "more"))
    turned = queries.with_part(held, queries.part("item", "3", -1.0))
    assert len(turned) == MOST_PARTS and turned[-1]["weight"] == -1.0
    with pytest.raises(BadInput, match="longer"):
        queries.with_part(
            [queries.part("text", f"{n}" * LONGEST_TEXT) for n in range(4)], queries.part("text", "x" * LONGEST_TEXT)
        )
