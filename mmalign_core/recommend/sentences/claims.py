"""Checks that a sentence claims nothing beyond given facts: every word, number and name is checked."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

LABEL_WORDS = {
    "text": ("text", "description"),
    "image": ("picture", "image", "photo"),
    "audio": ("sound", "audio"),
    "video": ("video",),
}
"""Modality -> words for it. The template uses the first."""

_PLAIN = """
a about add added adds alone also among an and are as asked at average be because been being by can chosen close closely
closeness closer come comes contribute contributes contributing contribution contributions could count counted counts
due fit fits for from goes had has have here in into is it item items its list made makes match matches matching met
more most much near nearer of on or other others out over place placed query question rank ranked ranks reason
recommendation recommended related relates relevant score scored scores search selected share shares shown similar
similarity since so speak speaks stand stands suggested suits than thanks that the their them then these they this
those to together total up user user's users usual was were what when where which while whose with within without
would your
"""
PLAIN_WORDS = frozenset(_PLAIN.split())
"""English words in lower case. No number words, names, praise or negation, and no words with facts of the world."""

AGAINST_WORDS = frozenset(("against", "although", "but", "despite", "farther", "further", "less", "lower", "though"))
"""Words that reverse the direction of a share. A negative share needs one near it, a positive one must not have one."""


_REACH = 60
"""Characters within which a word such as “farther” refers to the words before it. Our choice: about ten words."""
MOST_WORDS = 70
"""Most words of a sentence. A quoted name counts as one. Our choice."""
_QUOTES = ("“{}”", '"{}"', "„{}“", "«{}»", "‘{}’", "'{}'")
_FIRST_MARK = 0xE000
"""First character of Unicode's private use area, which has no meaning in any text."""
_WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")
_TOKEN = re.compile(
    r"(?P<number>[+\-−]?\d+(?:\.\d+)?)|(?P<word>[A-Za-z]+(?:['’-][A-Za-z]+)*)|(?P<mark>[\ue000-\uf8ff])"
    r"|(?P<stop>[,;:()–—-]|\.(?=$))|(?P<space> +)|(?P<other>.)",
    re.ASCII | re.DOTALL,
)


@dataclass(frozen=True)
class Value:
    """A number that a sentence may contain. `kind`: "rank" (the item's rank), "without" (its rank without `label`),
    "share" (the signed share of `label`), "count" (the number of items with `label`), "total" (of how many)."""

    kind: str
    number: float
    label: str = ""


@dataclass(frozen=True)
class Claims:
    """All that a sentence may state. `names`: label -> the exact name to put in quotes. `words`: label -> words for it
    without quotes."""

    values: Sequence[Value]
    names: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    start: int
    end: int
    labels: frozenset[str] = frozenset()


def unsupported_claim(sentence: str, claims: Claims, most_words: int = MOST_WORDS) -> str:
    """Return the first part of the sentence that no fact supports, in a few words, or '' if there is none.

    The vocabulary is closed. Names must be in quotes exactly as given. A number must be that of the nearest mention,
    possibly rounded. All other words must be among PLAIN_WORDS and the words of the claims. So other names, spelled-out
    numbers, other languages, signs and markup are rejected, whatever the names in the facts contain.
    """
    if not sentence.strip():
        return "it is empty"
    if len(sentence) > 40 * most_words or "\n" in sentence.strip() or re.search(r"[\ue000-\uf8ff]", sentence):
        return "it is not one short line"
    marked, labels = _names_marked(sentence.strip(), claims)
    tokens = _tokens(marked, labels, claims)
    if sum(t.kind in ("word", "mark", "number") for t in tokens) > most_words:
        return f"it has more than {most_words} words"
    if not tokens or tokens[-1].text != ".":
        return "it does not end as one sentence"
    return _unknown_token(tokens) or _wrong_number(tokens, claims) or _wrong_direction(tokens, claims)


def _names_marked(sentence: str, claims: Claims) -> tuple[str, dict[str, frozenset[str]]]:
    """Replace quoted names, and labels that are not one word, by private characters; return the labels of each too."""
    by_name: dict[str, set[str]] = {}
    for label, name in claims.names.items():
        for quotes in _QUOTES:
            by_name.setdefault(quotes.format(name), set()).add(label)
    for label, words in claims.words.items():
        for word in words:
            if not _WORD.fullmatch(word):
                by_name.setdefault(word, set()).add(label)
    labels = {}
    for place, name in enumerate(sorted(by_name, key=len, reverse=True)):
        sign = chr(_FIRST_MARK + place)
        labels[sign] = frozenset(by_name[name])
        sentence = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", sign, sentence)
    return sentence, labels


def _tokens(sentence: str, labels: Mapping[str, frozenset[str]], claims: Claims) -> list[_Token]:
    meant: dict[str, set[str]] = {}
    for label, words in claims.words.items():
        for word in words:
            meant.setdefault(word, set()).add(label)
    found = []
    for match in _TOKEN.finditer(sentence):
        kind, text = str(match.lastgroup), match.group()
        own = labels.get(text, frozenset()) if kind == "mark" else frozenset(meant.get(text.lower(), ()))
        if kind != "space":
            found.append(_Token(kind, text, match.start(), match.end(), own))
    return found


def _unknown_token(tokens: Sequence[_Token]) -> str:
    """Return an error for the first word or sign that is not allowed, or ''."""
    for place, token in enumerate(tokens):
        if token.kind == "other" or (token.kind == "mark" and not token.labels):
            return f"it holds the sign {token.text!r} or a name that is not quoted as given"
        if token.kind != "word" or token.labels:
            continue
        if token.text.lower() not in PLAIN_WORDS | AGAINST_WORDS or (place and token.text[0].isupper()):
            return f"it says “{token.text}”, which no fact holds"
    return ""


def _wrong_number(tokens: Sequence[_Token], claims: Claims) -> str:
    """Return an error for the first number that is not a number of its nearest mention, or ''."""
    for place, token in enumerate(tokens):
        if token.kind == "number" and not any(_holds(value, token, place, tokens) for value in claims.values):
            return f"it says {token.text}, which no fact holds there"
    return ""


def _holds(value: Value, token: _Token, place: int, tokens: Sequence[_Token]) -> bool:
    digits = len(token.text.partition(".")[2])
    number = float(token.text.replace("−", "-"))
    signed = token.text[0] in "+-−"
    if abs(number - value.number) > 0.5 * 10**-digits + 1e-9 or (not signed and number * value.number < 0):
        return False
    before = tokens[place - 1].text.lower() if place else ""
    if value.kind == "share":
        return before not in _RANK_WORDS and (signed or digits > 0) and value.label in _nearest(token, tokens)
    if signed or digits or number != value.number:
        return False
    if value.kind == "total":
        return before in ("of", "the")
    if value.kind == "count":
        return before not in (*_RANK_WORDS, "of") and value.label in _nearest(token, tokens)
    return before in _RANK_WORDS and _rank_holds(value, place, tokens)


_RANK_WORDS = ("rank", "ranked", "ranks", "place")


def _rank_holds(value: Value, place: int, tokens: Sequence[_Token]) -> bool:
    """Whether the rank belongs to the one label left out in its part of the sentence, or to none."""
    start, end = place, place
    while start and tokens[start - 1].text not in (";", ":"):
        start -= 1
    while end < len(tokens) and tokens[end].text not in (";", ":", "."):
        end += 1
    part = tokens[start:end]
    out = next((i for i, t in enumerate(part) if t.text.lower() == "without"), None)
    if out is None:
        return value.kind == "rank" and not any(t.text.lower() == "would" for t in part)
    ranks = [t for i, t in enumerate(part) if t.kind == "number" and i and part[i - 1].text.lower() in _RANK_WORDS]
    if len(ranks) > 1:
        return False
    left_out = [t.labels for t in part[out:] if t.labels]
    return value.kind == "without" and len(left_out) == 1 and value.label in left_out[0]


def _nearest(token: _Token, tokens: Sequence[_Token]) -> frozenset[str]:
    """Return the labels of the mention nearest to the number; of two equally near ones, the one before it."""
    named = [t for t in tokens if t.labels]
    away = [
        (token.start - t.end if t.end <= token.start else t.start - token.end, t.start > token.start) for t in named
    ]
    return named[away.index(min(away))].labels if named else frozenset()


def _wrong_direction(tokens: Sequence[_Token], claims: Claims) -> str:
    """Return an error if a negative share is stated as positive or the other way round, or ''."""
    turns = [t.start for t in tokens if t.text.lower() in AGAINST_WORDS]
    shares: dict[str, list[float]] = {}
    for value in claims.values:
        if value.kind == "share":
            shares.setdefault(value.label, []).append(value.number)
    lowering = {label for label, values in shares.items() if max(values) < 0 and label != "score"}
    if turns and not lowering:
        return "it speaks of something against the item, and no fact does"
    for place, token in enumerate(tokens):
        left_out = any(t.text.lower() == "without" for t in tokens[max(0, place - 2) : place])
        named = token.labels and token.labels <= lowering and not left_out
        if named and not any(t < token.start + _REACH for t in turns):
            return f"it names what lowers the score ({', '.join(sorted(token.labels))}) as if it raised it"
    for part in _parts(tokens):
        turned = any(t.text.lower() in AGAINST_WORDS for t in part)
        if turned and not any(t.labels & lowering for t in part):
            return "it turns something against the item that speaks for it"
    return ""


def _parts(tokens: Sequence[_Token]) -> list[list[_Token]]:
    """Return the parts of the sentence between commas and semicolons."""
    found: list[list[_Token]] = [[]]
    for token in tokens:
        if token.text in (",", ";"):
            found.append([])
        else:
            found[-1].append(token)
    return found
