"""The pool of a cluster's workers: each keeps its process, and so the encoders that it has loaded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from mmalign_core.engines.cluster import Workers
from mmalign_core.engines.work import Worker
from mmalign_core.types import BadInput
from mmalign_core.version import __version__

AHEAD = 2
"""Calls that wait at each worker, so that it never idles while the driver writes."""
RESTARTS = 3
"""Times that Ray starts a killed worker again. Chosen: a medium that kills its worker ends the run, with its reason."""
POLL_SECONDS = 0.5
"""Seconds between two looks at whether a person cancelled."""


class Pool:
    """Workers of a cluster, started when there is work for them. Ray starts a killed one again and repeats its call."""

    def __init__(self, ray: Any, workers: Workers) -> None:
        self.ray, self.workers = ray, workers
        self._actors: list[Any] = []

    def count(self) -> int:
        """The number of workers: as asked for, or as many as the cluster's CPUs and GPUs allow.

        Raises BadInput if not one fits.
        """
        held = self.ray.cluster_resources()
        fit = int(held.get("CPU", 1) // max(self.workers.cpus, 1))
        if self.workers.gpus:
            fit = min(fit, int(held.get("GPU", 0) / self.workers.gpus))
        if not fit:
            raise BadInput("no machine of the cluster has so many CPUs and GPUs; lower --worker-cpus or --worker-gpus")
        return min(self.workers.count or fit, fit)

    def run(
        self, method: str, calls: Sequence[tuple[Any, ...]], watch: Callable[[int], None]
    ) -> Iterator[tuple[int, Any]]:
        """Call a method of `Worker` with each tuple of arguments; yield (number of the call, result) as they finish.

        `watch` is called again and again with the number of finished calls; what it raises ends the run.
        """
        waiting: dict[Any, tuple[int, Any]] = {}
        todo = deque(enumerate(calls))
        done = 0

        def give(actor: Any) -> None:
            if todo:
                number, arguments = todo.popleft()
                waiting[getattr(actor, method).remote(*arguments)] = (number, actor)

        for actor in self._started(len(calls)) * AHEAD:
            give(actor)
        try:
            while waiting:
                watch(done)
                ready, _ = self.ray.wait(list(waiting), timeout=POLL_SECONDS)
                for ref in ready:
                    result = self.ray.get(ref)
                    number, actor = waiting.pop(ref)
                    give(actor)
                    done += 1
                    yield number, result
        except BaseException:
            self.close()  # the calls that wait must not go on
            raise

    def close(self) -> None:
        """End the workers, with what they do."""
        for actor in self._actors:
            with suppress(self.ray.exceptions.RayError, ConnectionError, RuntimeError):
                self.ray.kill(actor)
        self._actors = []

    def _started(self, calls: int) -> list[Any]:
        options = self.workers.resources() | {"max_restarts": RESTARTS, "max_task_retries": RESTARTS}
        made = self.ray.remote(Worker).options(**options)
        missing = min(self.count(), calls) - len(self._actors)
        self._actors += [made.remote(__version__) for _ in range(missing)]
        return self._actors
