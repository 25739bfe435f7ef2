"""The options that a query is made of: what is wished for, what is not, and how much each counts."""

from __future__ import annotations

import argparse
from typing import Any

from mmalign_core.types import BadInput
from mmalign_core.workflow import Query, Wish

_OPTIONS = (
    ("--query-text", "text", 1, "T", "a text in any language of the run's encoder"),
    ("--query-image", "image", 1, "F", "a picture's file"),
    ("--query-audio", "audio", 1, "F", "a sound's file"),
    ("--query-video", "video", 1, "F", "a video's file"),
    ("--item", "item", 1, "ID", "more like this item of the run"),
    ("--user", "user", 1, "ID", "what suits this user's history"),
    ("--not-text", "text", -1, "T", "not like this text"),
    ("--not-image", "image", -1, "F", "not like this picture"),
    ("--not-audio", "audio", -1, "F", "not like this sound"),
    ("--not-video", "video", -1, "F", "not like this video"),
    ("--not-item", "item", -1, "ID", "not like this item"),
)


class _AddWish(argparse.Action):
    """Keeps wishes in the order given, whichever option they came by."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, value: Any, *_: Any) -> None:
        kind, sign = self.const
        namespace.wishes = [*namespace.wishes, (kind, value, sign)]


def add_query(parser: argparse.ArgumentParser) -> None:
    """The six ways to ask and five to ask against, each as often as wanted, and --mix."""
    group = parser.add_argument_group("query", "one or several of these; those named not- count against")
    for option, kind, sign, shown, words in _OPTIONS:
        group.add_argument(
            option, action=_AddWish, const=(kind, sign), dest="wishes", default=[], metavar=shown, help=words
        )
    group.add_argument("--mix", metavar="W,W,…", help="how much each counts, in the order given (default: 1 each)")


def query_of(args: argparse.Namespace) -> Query:
    """The query that the options make; BadInput if there is none, or the mix does not fit."""
    if not args.wishes:
        raise BadInput(
            "nothing to look for; ask with --query-text, --query-image, --query-audio, --query-video, --item or --user"
        )
    mix = _mix(args.mix, len(args.wishes))
    return Query(wishes=tuple(Wish(kind, value, sign * w) for (kind, value, sign), w in zip(args.wishes, mix)))


def _mix(text: str | None, wishes: int) -> list[float]:
    if text is None:
        return [1.0] * wishes
    try:
        mix = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInput(f"--mix {text}: write numbers with commas between them, such as 1,0.5") from error
    if len(mix) != wishes:
        many = "1 wish" if wishes == 1 else f"{wishes} wishes"
        raise BadInput(f"--mix {text}: {len(mix)} weights for {many}; give one each, in their order")
    return mix
