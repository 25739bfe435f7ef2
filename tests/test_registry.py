"""Registries: discovery, unknown and doubled names."""

import pytest

from mmalign_core.registry import Registry
from mmalign_core.types import BadInput
from mmalign_core.workflow import KINDS, catalogue


def test_a_name_taken_twice_is_an_error() -> None:
    registry: Registry = Registry("thing", "mmalign_core.scoring.matchers")
    registry.register("one")(type("First", (), {}))
    with pytest.raises(ValueError, match="two things are called 'one': First and Second"):
        registry.register("one")(type("Second", (), {}))


def test_an_unknown_name_lists_the_choices_and_the_nearest() -> None:
    with pytest.raises(BadInput, match=r"unknown matcher 'argmx' \(did you mean 'argmax'\?\); choose one of: argmax"):
        KINDS["matchers"].get("argmx")


@pytest.mark.parametrize("kind", KINDS)
def test_catalogue_describes_every_member(kind: str) -> None:
    rows = catalogue(kind)
    assert [row["name"] for row in rows] == list(KINDS[kind].names()) and rows
    for row in rows:
        assert row["summary"] and row["modalities"] and row["family"]
        assert all(p["help"] and {"name", "default", "low", "high", "choices"} <= set(p) for p in row["params"])


def test_what_the_first_issue_names_is_there() -> None:
    assert {"as-is", "bridge"} <= set(KINDS["aligners"].names())
    assert {"cosine", "euclidean", "dot"} <= set(KINDS["similarities"].names())
    assert {"argmax", "threshold", "mutual"} <= set(KINDS["matchers"].names())
    assert {"use-multilingual", "efficientnet-lite0", "yamnet", "minilm"} <= set(KINDS["encoders"].names())
