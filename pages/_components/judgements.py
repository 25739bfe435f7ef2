"""What each query of a run was answered with: judged once in the background, for all pages that show it."""

from __future__ import annotations

from collections.abc import Mapping

from mmalign_core.types import Progress
from mmalign_core.wording import say
from mmalign_core.workflow import Judgements, Run, judge_all
from pages._components import waiting
from pages._session import cache
from pages._session.jobs import Task


def of_pair(run: Run, run_key: str) -> Mapping[str, Judgements] | None:
    """Return direction ("image->text") -> its queries for the run's pair; {} if nothing was measured.

    While they are not ready, draw the progress and return None.
    """
    if not run.report.get("metrics"):
        return {}

    def work(progress: Progress) -> Mapping[str, Judgements]:
        return judge_all(run, store=cache.store(), progress=progress)

    return waiting.result(Task("judged", run_key, say("judge every query"), work), begin=True)
