"""Work in processes of its own, which are killed at one of their steps on the disk."""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

_THREADED = ("lance", "__main__", "mmalign_core.__main__")
"""Starts of names of modules that are not imported before processes part: LanceDB starts threads."""

STEPS = frozenset(
    (
        *("open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.chown", "os.link", "os.symlink"),
        *("os.listdir", "os.scandir", "os.truncate", "os.utime", "fcntl.flock", "ctypes.dlsym"),
    )
)
"""Audit events that count as steps: all that Python does to files; what Rust and C++ write lies between two of them."""


def in_child(
    work: Callable[[], Any], step: int = 0, count: bool = False, log: Path | None = None, below: Path | None = None
) -> tuple[int, Any]:
    """Run the work in a new process, killed at that step (0: never); (signal or exit status, what it returned).

    `count`: return the number of steps instead. `log`: where its output goes. `below`: only steps on what lies below
    this folder count.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        status = 1
        try:
            if log is not None:
                with log.open("ab") as file:
                    os.dup2(file.fileno(), 1)
                    os.dup2(file.fileno(), 2)
            answer, seen = _counted(work, step, below)
            with os.fdopen(writer, "w") as out:
                json.dump(seen if count else answer, out)
            status = 0
        except BaseException:  # noqa: BLE001  the process ends here, whatever was raised
            traceback.print_exc()
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader) as answers:
        text = answers.read()
    _, status = os.waitpid(child, 0)
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status), json.loads(text or "null")


def load_modules(works: Iterable[Callable[[], Any]], log: Path) -> None:
    """Import here what the works import, so that their processes do not, but for libraries that start threads."""

    def loaded(work: Callable[[], Any]) -> list[str]:
        work()
        return sorted(sys.modules)

    for work in works:
        for name in in_child(lambda work=work: loaded(work), log=log)[1] or ():
            if not name.startswith(_THREADED):
                with suppress(Exception):
                    importlib.import_module(name)


def _counted(work: Callable[[], Any], step: int, below: Path | None) -> tuple[Any, int]:
    seen = 0

    def hook(event: str, told: tuple[Any, ...]) -> None:
        nonlocal seen
        if event in STEPS and (below is None or any(_is_below(name, below) for name in told[:2])):
            seen += 1
            if seen == step:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hook)
    return work(), seen


def _is_below(name: Any, folder: Path) -> bool:
    return isinstance(name, str | bytes | os.PathLike) and os.fsdecode(name).startswith(str(folder))
