"""Words for people: messages, catalogues, plurals and numbers."""

import copy
import io
import json
import pickle
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import read_mo, write_mo
from babel.messages.pofile import read_po

from mmalign_core.types import BadInput
from mmalign_core.wording import (
    LOCALES,
    Message,
    best_language,
    in_language,
    languages,
    messages,
    say,
    say_list,
    say_many,
    say_way,
    tr,
    tr_any,
    tr_list,
    tr_many,
    tr_word,
)

ROOT = Path(__file__).parents[1]
CODE = [ROOT / "app.py", *sorted((ROOT / "pages").rglob("*.py")), *sorted((ROOT / "mmalign_core").rglob("*.py"))]
TEMPLATES = sorted((ROOT / "mmalign_core").rglob("templates/*.html"))
CATALOGUES = sorted(LOCALES.glob("*/LC_MESSAGES/mmalign.po"))
Id = str | tuple[str, ...]


@cache
def in_code() -> dict[tuple[str | None, Id], None]:
    """(context, message) of all that `make messages` takes from the code."""
    words = re.search(r"^WORDS := (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M)
    assert words is not None
    keywords: dict[str, tuple[int | tuple[int, str], ...] | None] = {}
    for word in words[1].split():
        name, _, places = word.partition(":")
        keywords[name] = tuple((1, "c") if p == "1c" else int(p) for p in places.split(",")) if places else None
    found: dict[tuple[str | None, Id], None] = {}
    for path in [*CODE, *TEMPLATES]:
        kind = "python" if path.suffix == ".py" else "jinja2"
        for _, text, _, context in extract_from_file(kind, path, keywords=keywords):
            if text:
                found[context, text if isinstance(text, str) else tuple(text)] = None
    return found


def entries(path: Path) -> dict[tuple[str | None, Id], tuple[str, ...]]:
    catalogue = read_po(io.BytesIO(path.read_bytes()))
    assert not catalogue.obsolete, f"{path} keeps obsolete entries: make messages"
    return {
        (m.context, m.id if isinstance(m.id, str) else tuple(m.id)): (m.string,) if isinstance(m.string, str) else
        tuple(m.string) for m in catalogue if m.id
    }  # fmt: skip


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_no_catalogue_lacks_an_entry_or_keeps_one_that_is_not_said(path: Path) -> None:
    held = entries(path)
    lacking = [text for key, text in ((key, key[1]) for key in in_code()) if not all(held.get(key, ("",)))]
    assert not lacking, f"{len(lacking)} messages are not translated, such as {lacking[:3]}: make messages"
    left = [key[1] for key in held if key not in in_code()]
    assert not left, f"{len(left)} entries are said nowhere, such as {left[:3]}: make messages"


def test_placeholders_are_words() -> None:
    """A translator sees them alone: `chance`, not `FIRST`, `of_1002` or `n2`."""
    texts = [one for _, text in in_code() for one in ([text] if isinstance(text, str) else text) if "{" in one]
    named = {name for text in texts for name in fields(text)}
    assert not {name for name in named if name != name.lower() or name[-1:].isdigit() or name.startswith("_")}


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_a_translation_has_the_placeholders_of_its_message(path: Path) -> None:
    for (context, text), strings in entries(path).items():
        one = text if isinstance(text, str) else text[-1]
        if context is None and "{" in one:
            wrong = [string for string in strings if fields(string) != fields(one)]
            assert not wrong, f"{one!r} has {fields(one)}, and its translation {wrong}"


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.parts[-3])
def test_what_is_read_is_what_was_written(path: Path) -> None:
    compiled = read_mo(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    read = {
        (m.context, m.id if isinstance(m.id, str) else tuple(m.id)): m.string
        if isinstance(m.string, str) or len(m.string) > 1
        else m.string[0]
        for m in compiled
        if m.id
    }
    written = {key: strings[0] if len(strings) == 1 else strings for key, strings in entries(path).items()}
    assert read == {key: value for key, value in written.items() if any(value)}, "make messages"


def sent(value: Message) -> Message:
    """What another process gets."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301  of our own making


def test_a_message_is_its_english_text_and_keeps_what_it_was_made_of() -> None:
    found = say("{n:,} of {name!r}: {why}", n=1234, name="x", why=BadInput(say("the run has no name")))
    assert found == "1,234 of 'x': the run has no name" and hash(found) == hash(str.__str__(found))
    assert json.loads(json.dumps({"a": found})) == {"a": str.__str__(found)}
    for same in (copy.deepcopy(found), sent(found), str(found), str(BadInput(found))):
        assert isinstance(same, Message) and same == found and same.values["n"] == 1234
    assert say("no {braces} are filled") == "no {braces} are filled"


def test_messages_stay_translatable_where_they_are_joined() -> None:
    parts = say_list([say("held out"), "cat.jpg"]) + say(" and {n} more", n=2)
    assert parts == "held out, cat.jpg and 2 more" == sent(parts)
    assert "see " + parts == "see held out, cat.jpg and 2 more"
    with in_language("zh"):
        assert tr_any(parts) == "留出、cat.jpg等另外 2 个" and tr_any("see " + parts).startswith("see 留出")
        assert tr_any(say_way("image+audio->text")) == "图像+声音 → 文本" and tr_list(["a", "b"], " and ") == "a和b"
    assert say_way("image->text") == "image → text"


def test_values_that_are_messages_are_translated_and_the_words_of_data_are_not() -> None:
    with in_language("zh"):
        assert tr("Delete the run {id} from this machine?", id="Close") == "从本机删除运行 Close 吗？"
        assert tr("By {method}; {words}.", method="m", words=say("held out")) == "方法：m；留出。"
        assert tr_any("Close") == "Close" and tr("Close") == "关闭" and tr_word("Close") == "Close"
        assert tr_word("image") == "图像" and tr_word("a name of mine") == "a name of mine"


def test_plurals_follow_the_language() -> None:
    assert [tr_many("{n:,} item", "{n:,} items", n=n) for n in (0, 1, 2000)] == ["0 items", "1 item", "2,000 items"]
    assert say_many("{n:,} item", "{n:,} items", n=1) == "1 item"
    with in_language("zh"):
        assert tr_many("{n:,} item", "{n:,} items", n=1) == "1 个条目"


@pytest.fixture
def german(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A third language: one catalogue."""
    catalogue = Catalog(locale="de")
    catalogue.add("English", "Deutsch", context="language")
    catalogue.add("1,234.5", "1.234,5", context="number")
    catalogue.add("{n:,} of {name}", "{name}: {n:,}")
    catalogue.add(("{n:,} item", "{n:,} items"), ("{n:,} Eintrag", "{n:,} Einträge"))
    path = tmp_path / "de" / "LC_MESSAGES" / "mmalign.mo"
    path.parent.mkdir(parents=True)
    with path.open("wb") as file:
        write_mo(file, catalogue)
    kept = (messages.languages, messages._catalogue, messages._separators)
    monkeypatch.setattr(messages, "LOCALES", tmp_path)
    for one in kept:
        one.cache_clear()
    yield
    for one in kept:
        one.cache_clear()


@pytest.mark.usefixtures("german")
def test_a_third_language_is_one_file() -> None:
    assert languages() == {"en": "English", "de": "Deutsch"} and best_language("de_AT.UTF-8") == "de"
    with in_language("de"):
        assert tr("{n:,} of {name}", n=1234.5, name="1,5.mp3") == "1,5.mp3: 1.234,5"
        assert tr_many("{n:,} item", "{n:,} items", n=1) == "1 Eintrag"
        assert tr_many("{n:,} item", "{n:,} items", n=12000) == "12.000 Einträge"
        assert tr("what nobody has translated") == "what nobody has translated"


def test_the_tags_of_browsers_and_systems_lead_to_a_language_that_is_here() -> None:
    assert [best_language(tag) for tag in ("zh-CN", "zh_Hant_TW", "zh", "en-GB", "C.UTF-8", "fr", "", "../x")] == [
        "zh", "zh", "zh", "en", "", "", "", "",
    ]  # fmt: skip
    assert languages()["zh"] == "中文"
