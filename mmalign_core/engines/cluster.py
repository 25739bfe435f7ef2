"""The connection to a Ray cluster, and its failures as one line."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from mmalign_core.types import BadInput

INSTALL = "pip install 'mmalign[ray]'"
LOCAL_OBJECTS = 256 * 2**20
"""Bytes of shared memory of a Ray that is started here. Chosen: blocks are small, and Ray writes more to disk."""
ANSWER_SECONDS = 5.0
"""Seconds to wait for a cluster's port to answer. Chosen: a port of a cluster that runs answers in milliseconds."""
PORT = 10001
"""Ray's port for ray:// addresses without one."""


@dataclass(frozen=True)
class Workers:
    """`address` of the cluster ('' starts Ray on this machine), `count` of workers (0: as many as fit), and the CPUs
    and GPUs of each.
    """

    address: str = ""
    count: int = 0
    cpus: int = 1
    gpus: float = 0.0

    def resources(self) -> dict[str, float]:
        """Ray's options of one worker."""
        return {"num_cpus": self.cpus, "num_gpus": self.gpus}


@contextmanager
def connected(workers: Workers) -> Iterator[Any]:
    """The module `ray`, connected to the cluster, or to one that is started here and ended afterwards.

    A connection that this process has already is used and left open. Raises BadInput if Ray is not installed or no
    cluster answers at the address.
    """
    ray = import_ray()
    if ray.is_initialized():
        yield ray
        return
    temporary = None if workers.address else tempfile.mkdtemp(prefix="mmalign-ray-")
    try:
        _start(ray, workers, temporary)
        yield ray
    finally:
        ray.shutdown()
        if temporary:
            shutil.rmtree(temporary, ignore_errors=True)


def import_ray() -> Any:
    """The module `ray`. Raises BadInput with the line that installs it."""
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # silences a notice about GPUs of later releases
    missing = [name for name in ("ray", "lance") if find_spec(name) is None]
    if missing:  # lance itself is imported where it writes: it warns of every process that is started after it
        raise BadInput(f"--engine ray needs '{missing[0]}', which is not installed; run: {INSTALL}")
    import ray

    return ray


def _start(ray: Any, workers: Workers, temporary: str | None) -> None:
    quiet = {"logging_level": logging.ERROR, "log_to_driver": False}
    try:
        if workers.address:
            check_answers(workers.address)
            ray.init(address=workers.address, **quiet)
        else:
            ray.init(
                address="local",
                num_cpus=(workers.count * workers.cpus) or None,
                include_dashboard=False,
                object_store_memory=LOCAL_OBJECTS,
                _temp_dir=temporary,
                **quiet,
            )
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise _not_joined(workers.address, error) from error


def check_answers(address: str) -> None:
    """Raise BadInput if nothing answers at the host and port of an address. `auto` and the like are left to Ray."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if not colon:
        host, port = port, str(PORT)
        if not address.startswith("ray://"):
            return
    if not port.isdecimal() or not 0 < int(port) < 2**16:
        raise BadInput(f"'{address}' is no address of a Ray cluster; write ray://host:{PORT}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), ANSWER_SECONDS).close()
    except OSError as error:
        raise _not_joined(address, error) from error


def _not_joined(address: str, error: Exception) -> BadInput:
    why = next(iter(str(error).strip().splitlines()), "") or type(error).__name__
    if not address:
        return BadInput(f"Ray did not start on this machine ({why[:160]}); free memory, or give --ray-address")
    return BadInput(
        f"no Ray cluster answers at '{address}' ({why[:160]}); start one with `ray start --head`, "
        "or correct --ray-address"
    )


@contextmanager
def explained(address: str) -> Iterator[None]:
    """Raise failures of workers and of the cluster as BadInput; a BadInput that a worker raised is raised itself."""
    ray = import_ray()
    try:
        yield
    except BadInput:
        raise
    except (ray.exceptions.RayError, ConnectionError, RuntimeError) as error:
        if (own := own_error(error)) is not None:
            raise own from error
        raise BadInput(_reason(ray, error, address or "this machine")) from error


def own_error(error: BaseException) -> BadInput | None:
    """The BadInput that a worker raised, among the causes of an error."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, BadInput):
            return BadInput(*seen.args) if seen.args else seen
        seen = getattr(seen, "cause", None) or seen.__cause__
    return None


def _reason(ray: Any, error: Exception, where: str) -> str:
    first = next(iter(str(error).strip().splitlines()), type(error).__name__)[:160]
    gone = "what was committed is kept: run again"
    if isinstance(error, (ray.exceptions.ActorDiedError, ray.exceptions.WorkerCrashedError)):
        return f"a worker at {where} died again and again, perhaps for want of memory; {gone} with fewer workers"
    if isinstance(error, ray.exceptions.OutOfMemoryError):
        return f"the workers at {where} have too little memory; {gone} with fewer workers"
    cause = getattr(error, "cause", None)
    if isinstance(cause, ModuleNotFoundError):
        return f"the workers at {where} lack the package '{cause.name}'; install the same mmalign on every machine"
    if isinstance(error, ray.exceptions.RayTaskError):
        told = str(cause or error).strip().splitlines() or [type(error).__name__]
        return f"a worker at {where} failed ({type(cause or error).__name__}: {told[-1][:160]}); {gone}"
    return f"the Ray cluster at {where} went away ({first}); {gone} once it is back"
