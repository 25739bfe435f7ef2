"""The words a sentence about a recommendation may use beside the facts' own: none of them claims anything by itself."""

from __future__ import annotations

LABEL_WORDS = {
    "text": ("text", "description"),
    "image": ("picture", "image", "photo"),
    "audio": ("sound", "audio"),
    "video": ("video",),
}
"""Modality -> what people call it; the first is what the template says."""

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
"""English, all lower case. No number words, no names, no praise, no negation, nothing that tells of the world."""

AGAINST_WORDS = frozenset(("against", "although", "but", "despite", "farther", "further", "less", "lower", "though"))
"""Words that turn a share's direction; a sentence needs one to name what lowers the score, and may not without."""
