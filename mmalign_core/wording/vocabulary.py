"""Single words of the field that stand in menus, headings of tables and labels of figures."""

from __future__ import annotations

from mmalign_core.wording.messages import Message, say, say_list, tr_any

_WORDS = (
    # modalities and what holds them
    say("text"), say("image"), say("audio"), say("video"), say("texts"), say("pictures"), say("sounds"),
    say("videos"), say("picture"), say("sound"), say("user"), say("users"), say("item"), say("items"),
    say("history"), say("part"), say("parts"), say("word"), say("words"), say("cell"), say("cells"), say("stretch"),
    say("stretches"), say("moment"), say("moments"), say("frame"), say("frames"),
    # filters of queries and marks
    say("any"), say("held out"), say("fitted"), say("marked"), say("unmarked"), say("rank"), say("margin"),
    say("suspicion"), say("right"), say("chosen"), say("wrong pair"), say("also right"), say("bad file"),
    say("ambiguous"),
    # causes
    say("blank picture"), say("cut off text"), say("hub"), say("missing modality"), say("second right answer"),
    say("short text"), say("silent sound"), say("unknown concept"), say("unread language"),
    # orders of a matrix
    say("similar items together"), say("collection"), say("best pairs first"), say("worst pairs first"),
    # colours of a map
    say("modality"), say("cluster"), say("correctness"), say("times chosen"), say("wrong"),
    # health
    say("usable"), say("damaged"), say("blank"), say("skipped"),
    # measures
    say("accuracy"), say("recall"), say("precision"), say("loss"), say("hit rate"), say("coverage"), say("novelty"),
    say("diversity"), say("held out MRR"), say("held out recall"), say("threshold"), say("temperature"),
    say("step"), say("modality gap"), say("hubness"), say("alignment"), say("uniformity"), say("largest hub"),
    say("shared neighbours"),
    # families and what recommenders learn from
    say("matching"), say("embedding"), say("model"), say("fusion"), say("interactions"), say("content"),
    say("both"), say("baseline"),
    # headings of tables and lists
    say("name"), say("saved"), say("data"), say("aligner"), say("measured on"), say("direction"), say("metric"),
    say("value"), say("95% low"), say("95% high"), say("95% interval"), say("shuffled"), say("parameters"),
    say("encoders"), say("similarity"), say("correction"), say("matcher"), say("seed"), say("seconds"),
    say("peak memory"), say("difference"), say("before"), say("after"), say("open"), say("other"), say("outcome"),
    say("split"), say("verdict"), say("queries"), say("rank A"), say("rank B"), say("id"), say("shown as"),
    say("family"), say("standing"), say("beats chance"), say("settled"), say("fit (s)"), say("peak MiB"),
    say("added MiB"), say("needs pairs"), say("transductive"), say("recommender"), say("learns from"),
    say("ms / user"), say("new"), say("repeats"), say("kind"), say("reason"), say("count"), say("ids"), say("role"),
    say("example"), say("table"), say("column"), say("score"), say("query"), say("candidate"), say("chosen by"),
    say("k of n"), say("by chance"), say("copies"), say("causes"), say("marks"), say("change"), say("because"),
    say("selected"), say("rest"), say("share"), say("component"), say("weight"), say("label"), say("cause"),
    say("medium"), say("total"), say("title"), say("n"), say("p"), say("pair"), say("metadata"), say("media"),
    # languages, and the demo
    say("German"), say("Chinese"), say("Demo collection"),
    # verdicts
    say("better"), say("worse"), say("tied"), say("best"), say("yes"), say("no"), say("won"), say("lost"),
    say("none"), say("kept"), say("fixed"), say("broken"),
)  # fmt: skip
_SEPARATORS = (say(", "), say("; "), say(" and "), say(", and "), say(" or "))
"""What `say_list` and `tr_list` put between texts."""
VOCABULARY = {str.__str__(word): word for word in _WORDS}
"""English word -> its message. Only these are translated where a label may also be a word of somebody's data."""


def say_word(text: str) -> str:
    """Return the message of a word of the vocabulary; other words as they are."""
    return VOCABULARY.get(text, text)


def say_way(direction: str) -> Message:
    """Return a direction such as "image+audio->text" as "image+audio → text"."""
    ends = (say_list(map(say_word, end.split("+")), "+") for end in direction.split("->"))
    return say_list(ends, " → ")


def tr_word(text: str) -> str:
    """Return a word of the vocabulary, or a message, in the language of the reader; other words stay as they are."""
    return tr_any(say_word(text))
