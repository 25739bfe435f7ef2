"""Single words of the field that stand in menus, headings of tables and labels of figures."""

from __future__ import annotations

from mmalign_core.wording.messages import Message, say, tr_any

_WORDS = (
    # modalities
    say("text"),
    say("image"),
    say("audio"),
    say("video"),
    # filters of queries
    say("any"),
    say("held out"),
    say("fitted"),
    say("marked"),
    say("unmarked"),
    say("rank"),
    say("margin"),
    say("suspicion"),
    say("right"),
    say("chosen"),
    # orders of a matrix
    say("similar items together"),
    say("collection"),
    say("best pairs first"),
    say("worst pairs first"),
    # colours of a map
    say("modality"),
    say("cluster"),
    say("correctness"),
    say("times chosen"),
)
_SEPARATORS = (say(", "), say("; "), say(" and "), say(" or "))
"""What `say_list` and `tr_list` put between texts."""
VOCABULARY = {str.__str__(word): word for word in _WORDS}
"""English word -> its message. Only these are translated where a label may also be a word of somebody's data."""


def tr_word(text: str) -> str:
    """Return a word of the vocabulary, or a message, in the language of the reader; other words stay as they are."""
    return tr_any(text if isinstance(text, Message) else VOCABULARY.get(text, text))
