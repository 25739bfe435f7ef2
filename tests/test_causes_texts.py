"""Causes that lie in one text: it says nothing, is short, cut off, or in a language that the encoder does not read."""

from pathlib import Path

import pytest

from mmalign_core.store import Store
from mmalign_core.workflow.error_analysis.measured_media import media_facts
from tests.test_causes_media import UNREAD, faults, of, said
from tests.tiny_clip import saved

CAPTIONS = [f"{a} {b} beside a {c} in the {d}" for a in ("red", "old") for b in ("boat", "cup") for c in ("dog", "tree")
            for d in ("harbour", "kitchen", "garden")]  # fmt: skip


def test_texts_that_say_nothing_are_found(store: Store) -> None:
    empty = ("photo", "?", "x", "an image", "IMG_0042.jpg", "写真", "sans titre")
    full = ("猫", "ox", "🐈", "a red boat in an old harbour")
    texts = [*CAPTIONS, *empty, *full]
    collection = of([said(f"t{k}", text) for k, text in enumerate(texts)])
    facts = media_facts(collection, {"text": "given"}, store=store)
    found = {row["text"]: row for row in faults("short_text", facts, collection).values()}
    assert {row["text"] for row in found.values() if row["says_only"] == "nothing of its item"} == set(empty)
    assert not set(CAPTIONS) & set(found) and "a red boat in an old harbour" not in found
    assert found["photo"]["bits"] < facts.usual_bits * 2 and found["photo"]["same_text"] == 0
    assert facts.usual_bits == pytest.approx(float(found["photo"]["usual_bits"]), abs=0.01)


def test_short_texts_are_no_fault_where_all_are_short(store: Store) -> None:
    labels = ["rooster", "rain", "chainsaw", "helicopter", "dog bark", "baby cry"]
    collection = of([said(f"t{k}", labels[k % 6]) for k in range(30)])
    facts = media_facts(collection, {"text": "given"}, store=store)
    assert faults("short_text", facts, collection) == {} and facts.texts[said("", "rain").digest].saying.others == 4


FAR = ("Ein gelber Tennisball", "黄色いテニスボール", "Zdjęcie przedstawia psa")


READ = (*FAR, "una pelota amarilla", "dog", "cello", "Anguilla")


def test_languages_that_the_encoder_does_not_read_are_found(store: Store) -> None:
    collection = of([said(f"t{k}", text) for k, text in enumerate([*READ, *UNREAD.values()])])
    facts = media_facts(collection, {"text": "use-multilingual@3-fuse0.2"}, store=store)
    found = {row["text"]: row for row in faults("unread_language", facts, collection).values()}
    assert {text: row["language"] for text, row in found.items()} == {text: code for code, text in UNREAD.items()}
    assert all(row["log_odds"] >= 15 and "de" in row["reads"] for row in found.values())
    english = media_facts(collection, {"text": "minilm"}, store=store)
    unread = {row["text"] for row in faults("unread_language", english, collection).values()}
    assert {*FAR, *UNREAD.values()} <= unread
    assert not unread & {"dog", "cello"}
    unknown = media_facts(collection, {"text": "bag-of-words"}, store=store)
    assert faults("unread_language", unknown, collection) == {}, "its languages are not known"


def test_a_text_that_is_longer_than_the_encoder_reads_says_where_it_is_cut(store: Store) -> None:
    whole, long = "word " * 1999 + "end", "word " * 2000 + "the rest is not read"
    collection = of([said("whole", whole), said("long", long)])
    facts = media_facts(collection, {"text": "use-multilingual"}, store=store)
    evidence = {"characters": len(long), "read": 10_000, "unread": "the rest is not read"}
    assert faults("cut_off_text", facts, collection) == {"long": evidence}


def test_the_limit_of_tokens_is_that_of_the_model(tmp_path: Path, store: Store) -> None:
    folder = saved(tmp_path / "clip")  # it reads 18 words of a token each
    fits, long = "red " * 17 + "sand", "red " * 18 + "sand and more"
    collection = of([said("fits", fits), said("long", long), said("blank", "   ")])
    facts = media_facts(collection, {"text": f"open-clip:local-dir:{folder}"}, store=store)
    found = faults("cut_off_text", facts, collection)
    assert facts.notes == () and set(found) == {"long"} and found["long"]["unread"] == "sand and more"


def test_a_note_says_where_the_model_that_read_the_texts_is_gone(tmp_path: Path, store: Store) -> None:
    collection = of([said("a", "a long text " * 50)])
    facts = media_facts(collection, {"text": f"open-clip:local-dir:{tmp_path / 'gone'}"}, store=store)
    assert len(facts.notes) == 1 and "gone" in facts.notes[0] and len(facts.texts) == 1
