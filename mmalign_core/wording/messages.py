"""Words for people: a message keeps its template and values, and is translated where a person reads it.

The core says in English what it found (`say`): results are kept, written to files, and shared by people of different
languages. Pages, figures and the command line translate (`tr`) by the catalogues in `mmalign_core/locale/`, one file
for each language; docs/translation.md says how to add one.
"""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from numbers import Number
from pathlib import Path
from string import Formatter
from typing import Any

LOCALES = Path(__file__).parents[1] / "locale"
"""The catalogues: LANGUAGE/LC_MESSAGES/mmalign.po, and beside it the .mo that is read (`make messages`)."""
_DOMAIN = "mmalign"
_CHOSEN: ContextVar[str | None] = ContextVar("language", default=None)
_ASKED: list[Callable[[], str]] = []


class Message(str):
    """An English text that remembers its template and values. It is used, kept and compared as the text it is."""

    template: str
    plural: str
    values: Mapping[str, Any]

    def __new__(cls, template: str, plural: str = "", values: Mapping[str, Any] | None = None) -> Message:
        """Return the message; with `plural`, values["n"] says which of both it is."""
        held = {name: str(value) if isinstance(value, Exception) else value for name, value in (values or {}).items()}
        message = super().__new__(cls, _filled(plural if plural and held["n"] != 1 else template, held))
        message.template, message.plural, message.values = template, plural, held
        return message

    def __add__(self, other: str) -> Listed:
        """Return both behind one another; the message stays translatable."""
        return Listed((self, other), "")

    def __radd__(self, other: str) -> Listed:
        return Listed((other, self), "")

    def __str__(self) -> str:
        """Return itself: str() of an error with a message is the message."""
        return self

    def __getnewargs__(self) -> tuple[Any, ...]:  # type: ignore[override]  # how copies and pickles are made
        return self.template, self.plural, self.values

    def translated(self) -> str:
        """Return the text in the language of the reader. Values that are messages are translated, too."""
        code = language()
        if self.plural:
            found = _catalogue(code).ngettext(self.template, self.plural, self.values["n"])
        else:
            found = _word(self.template, code)
        return _filled(found, {name: tr_any(value) for name, value in self.values.items()}, code)


class Listed(Message):
    """Several texts behind one another, with a separator between them."""

    parts: tuple[str, ...]
    separator: str

    def __new__(cls, parts: Iterable[str], separator: str) -> Listed:  # type: ignore[misc]  # other arguments
        """Return the parts, joined."""
        held = tuple(parts)
        message = str.__new__(cls, separator.join(held))
        message.parts, message.separator = held, separator
        return message

    def __getnewargs__(self) -> tuple[Any, ...]:  # type: ignore[override]
        return self.parts, self.separator

    def translated(self) -> str:
        """Return the parts in the language of the reader, joined as it joins them."""
        return _word(self.separator, language()).join(map(tr_any, self.parts))


def say(template: str, /, **values: Any) -> Message:
    """Return the template filled with the values, as `str.format` does; without values it is taken as it is."""
    return Message(template, values=values)


def say_many(one: str, many: str, /, *, n: int, **values: Any) -> Message:
    """Return `one` or `many` by the number `n`, filled with it and the values."""
    return Message(one, many, {"n": n, **values})


def say_list(parts: Iterable[str], separator: str = ", ") -> Listed:
    """Return the texts joined; messages among them stay translatable."""
    return Listed(parts, separator)


def tr(text: str, /, **values: Any) -> str:
    """Return a literal, or a message, in the language of the reader; values fill a literal as in `say`."""
    return tr_any(text if isinstance(text, Message) else Message(text, values=values))


def tr_many(one: str, many: str, /, *, n: int, **values: Any) -> str:
    """Return `one` or `many` by the number `n`, in the language of the reader."""
    return say_many(one, many, n=n, **values).translated()


def tr_list(parts: Iterable[str], separator: str = ", ") -> str:
    """Return the texts joined in the language of the reader."""
    return Listed(parts, separator).translated()


def tr_any(value: Any) -> Any:
    """Return a message in the language of the reader, and anything else as it is: the words of data stay."""
    return value.translated() if isinstance(value, Message) else value


def language() -> str:
    """Return the language of the reader, "en" unless another was chosen."""
    return _CHOSEN.get() or next((asked() for asked in _ASKED), "en")


def ask_language(asked: Callable[[], str]) -> None:
    """Ask this function for the language wherever `in_language` does not say it."""
    _ASKED[:] = [asked]


@contextmanager
def in_language(code: str) -> Iterator[None]:
    """Translate to that language inside the block, in this thread."""
    token = _CHOSEN.set(code)
    try:
        yield
    finally:
        _CHOSEN.reset(token)


def best_language(wanted: str) -> str:
    """Return the language with a catalogue that a tag such as "zh-CN" or "de_DE.UTF-8" asks for; "" without one."""
    code = wanted.strip().replace("_", "-").partition("-")[0].partition(".")[0].lower()
    return code if code in languages() else ""


@cache
def languages() -> dict[str, str]:
    """Return language -> its own name, English first."""
    codes = sorted(path.parts[-3] for path in LOCALES.glob(f"*/LC_MESSAGES/{_DOMAIN}.mo"))
    return {"en": "English"} | {code: _in_context("language", "English", code) for code in codes}


@cache
def _catalogue(code: str) -> gettext.NullTranslations:
    """The words of a language; English needs none."""
    return gettext.NullTranslations() if code == "en" else gettext.translation(_DOMAIN, LOCALES, [code])


def _word(text: str, code: str) -> str:
    return _catalogue(code).gettext(text) if text else ""  # the empty text is where a catalogue speaks of itself


def _in_context(context: str, text: str, code: str) -> str:
    return _catalogue(code).pgettext(context, text)


@cache
def _separators(code: str) -> dict[int, str]:
    """How the language writes the separators of numbers, by how it writes one of them."""
    written = _in_context("number", "1,234.5", code)
    return str.maketrans({",": written[1], ".": written[5]})


class _Numbers(Formatter):
    """Fills a template, with numbers as a language writes them."""

    def __init__(self, code: str) -> None:
        self._separators = _separators(code)

    def format_field(self, value: Any, format_spec: str) -> str:
        shown = format(value, format_spec)
        return shown.translate(self._separators) if isinstance(value, Number) else shown


def _filled(template: str, values: Mapping[str, Any], code: str = "en") -> str:
    if not values:
        return template
    return template.format_map(values) if code == "en" else _Numbers(code).vformat(template, (), values)
