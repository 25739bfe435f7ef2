"""The options of language models, which write reasons, re-rank results and summarise a user's items."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mmalign_core.commands.shared import show_progress
from mmalign_core.data.titles import item_titles
from mmalign_core.language import LANGUAGE_MODELS, LanguageModel
from mmalign_core.types import BadInput
from mmalign_core.workflow import Answer, Run
from mmalign_core.workflow.recommendation.interests import interests
from mmalign_core.workflow.recommendation.reasons import every_reason
from mmalign_core.workflow.recommendation.reranking import rerank
from mmalign_core.workflow.recommendation.sentences import Sentence, language_model, write_sentences


def add_language(parser: argparse.ArgumentParser) -> None:
    """Add --language-model, --rerank and --summary."""
    group = parser.add_argument_group("words", "sentences come from facts; a language model's are checked against them")
    group.add_argument(
        "--language-model",
        metavar="NAME",
        help="the model that writes the reasons: smollm2 (a package), server (MMALIGN_LLM_URL)",
    )
    group.add_argument(
        "--rerank", action="store_true", help="let the language model reorder the best 50 by their titles"
    )
    group.add_argument("--summary", action="store_true", help="what the items of the --user or --item have in common")


def model_of(args: argparse.Namespace) -> LanguageModel | None:
    """The loaded language model; None without --language-model. Raises BadInput if it is missing or required."""
    if args.language_model is None:
        if args.rerank:
            raise BadInput(f"--rerank needs --language-model, one of: {', '.join(LANGUAGE_MODELS.names())}")
        return None
    model = language_model(args.language_model)
    model.load(show_progress)
    return model


@dataclass(frozen=True)
class WrittenAnswer:
    """An answer with the language model's text. `answer`: re-ranked with --rerank, its reasons written by the model;
    `sentences`: item -> sentence; `interests`: what the items of the query have in common, with --summary."""

    answer: Answer
    sentences: Mapping[str, Sentence]
    interests: Sentence | None

    @property
    def as_json(self) -> dict[str, Any]:
        """The sentences for `recommend --json`: who wrote each, and why a model's sentence was rejected."""
        words = {"sentences": {item: vars(each) for item, each in self.sentences.items()}} if self.sentences else {}
        return words | ({"interests": vars(self.interests)} if self.interests else {})

    @property
    def lines(self) -> list[str]:
        """The interests and the reasons for rejected sentences, as lines for a terminal."""
        every = [self.interests] * bool(self.interests) + list(self.sentences.values())
        rejected = dict.fromkeys(f"note: {each.rejected}" for each in every if each and each.rejected)
        return [self.interests.text, *rejected] if self.interests else [*rejected]


def written_answer(args: argparse.Namespace, run: Run, answer: Answer, model: LanguageModel | None) -> WrittenAnswer:
    """Apply the three options to an answer. Raises BadInput for --summary without a --user or --item."""
    titles = item_titles(run.collection)
    about = _interests(args, run, answer, model)
    if model is None:
        return WrittenAnswer(answer, {}, about)
    failed = about.rejected if about and about.failed else ""
    if args.rerank and failed:
        answer = replace(answer, notes=(*answer.notes, f"The order is the recommender's own: {failed}"))
    elif args.rerank:
        moved = rerank(answer, model, titles=titles, progress=show_progress)
        notes = (*moved.answer.notes, *[moved.note] * bool(moved.note))
        answer, failed = replace(moved.answer, notes=notes), moved.failed
    reasons = every_reason(answer)
    written = write_sentences(answer, reasons, model, titles=titles, failed=failed, progress=show_progress)
    sentences = {item.id: sentence for item, sentence in zip(answer.results, written)}
    results = tuple(replace(item, reason=sentences[item.id].text) for item in answer.results)
    return WrittenAnswer(replace(answer, results=results), sentences, about)


def _interests(args: argparse.Namespace, run: Run, answer: Answer, model: LanguageModel | None) -> Sentence | None:
    if not args.summary:
        return None
    history = [answer.items.ids[row] for row, weight in answer.placed.history.items() if weight > 0]
    if not history:
        raise BadInput("--summary describes what a user's items have in common; add --user or --item")
    return interests(run.collection, history, model, progress=show_progress)
