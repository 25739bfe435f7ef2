"""What people read: English in the core, the language of the reader where it is shown. See docs/translation.md."""

from mmalign_core.wording.messages import (
    LOCALES,
    Message,
    ask_language,
    best_language,
    in_language,
    language,
    languages,
    say,
    say_list,
    say_many,
    tr,
    tr_any,
    tr_list,
    tr_many,
)
from mmalign_core.wording.vocabulary import VOCABULARY, say_way, say_word, tr_word

__all__ = [
    "LOCALES",
    "VOCABULARY",
    "Message",
    "ask_language",
    "best_language",
    "in_language",
    "language",
    "languages",
    "say",
    "say_list",
    "say_many",
    "say_way",
    "say_word",
    "tr",
    "tr_any",
    "tr_list",
    "tr_many",
    "tr_word",
]
