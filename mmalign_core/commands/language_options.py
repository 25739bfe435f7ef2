"""The options of language models: they word reasons, re-rank, and sum up what a user's items have in common."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mmalign_core.commands.shared import show_progress
from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, Run
from mmalign_core.workflow.export.media_uris import item_titles
from mmalign_core.workflow.recommendation.interests import interests
from mmalign_core.workflow.recommendation.reasons import every_reason
from mmalign_core.workflow.recommendation.reranking import rerank
from mmalign_core.workflow.recommendation.sentences import Sentence, language_model, write_sentences


def add_language(parser: argparse.ArgumentParser) -> None:
    """--language-model, --rerank, --summary."""
    group = parser.add_argument_group("words", "sentences come from facts; a language model's are checked against them")
    group.add_argument(
        "--language-model", metavar="NAME", help="who words the reasons: smollm2 (a package), server (MMALIGN_LLM_URL)"
    )
    group.add_argument("--rerank", action="store_true", help="let the language model move the best 50 by their titles")
    group.add_argument("--summary", action="store_true", help="what the items of the user asked for have in common")


def model_of(args: argparse.Namespace) -> LanguageModel | None:
    """The language model, ready, or None where none is wanted; BadInput if it is missing or an option needs one."""
    if args.language_model is None:
        if args.rerank:
            raise BadInput(f"--rerank needs --language-model, one of: {', '.join(LANGUAGE_MODELS.names())}")
        return None
    model = language_model(args.language_model)
    model.load(show_progress)
    return model


@dataclass(frozen=True)
class Worded:
    """`answer`: re-ranked and with the model's sentences where those are wanted; `sentences`: item -> its sentence;
    `interests`: what the items of the query have in common, if that is wanted."""

    answer: Answer
    sentences: Mapping[str, Sentence]
    interests: Sentence | None

    @property
    def as_json(self) -> dict[str, Any]:
        """What `recommend --json` adds: who wrote what, and why a model's sentence was rejected."""
        words = {"sentences": {item: vars(each) for item, each in self.sentences.items()}} if self.sentences else {}
        return words | ({"interests": vars(self.interests)} if self.interests else {})

    @property
    def lines(self) -> list[str]:
        """The same for a terminal."""
        every = [self.interests] * bool(self.interests) + list(self.sentences.values())
        rejected = dict.fromkeys(f"note: {each.rejected}" for each in every if each and each.rejected)
        return [self.interests.text, *rejected] if self.interests else [*rejected]


def worded(args: argparse.Namespace, run: Run, found: Answer, model: LanguageModel | None) -> Worded:
    """What the three options ask for; BadInput if a summary of nothing is wanted."""
    titles = item_titles(run.collection)
    about = _interests(args, run, found, model)
    if model is None:
        return Worded(found, {}, about)
    failed = about.rejected if about and about.failed else ""
    if args.rerank and failed:
        found = replace(found, notes=(*found.notes, f"The order is the recommender's own: {failed}"))
    elif args.rerank:
        moved = rerank(found, model, titles=titles, progress=show_progress)
        found, failed = (
            replace(moved.answer, notes=(*moved.answer.notes, *[moved.note] * bool(moved.note))),
            moved.failed,
        )
    written = write_sentences(found, every_reason(found), model, titles=titles, failed=failed, progress=show_progress)
    sentences = {item.id: sentence for item, sentence in zip(found.results, written)}
    results = tuple(replace(item, reason=sentences[item.id].text) for item in found.results)
    return Worded(replace(found, results=results), sentences, about)


def _interests(args: argparse.Namespace, run: Run, found: Answer, model: LanguageModel | None) -> Sentence | None:
    if not args.summary:
        return None
    history = [found.items.ids[row] for row, weight in found.placed.history.items() if weight > 0]
    if not history:
        raise BadInput("--summary tells what a user's items have in common; ask with --user or --item")
    return interests(run.collection, history, model, progress=show_progress)
