"""Use case: download models from the hub after stating the size, and list and remove the local ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from mmalign_core.data.names import shown
from mmalign_core.encoders import hub_files
from mmalign_core.model_files.catalogue import licence_words
from mmalign_core.model_files.download import blob_path, bytes_here, download, link, name_main, pointer_name
from mmalign_core.model_files.fetch_records import claim, disclaim, remember
from mmalign_core.model_files.hub import PATIENCE, HubFile, Repository, repository_info
from mmalign_core.model_files.inventory import LocalModel, local_models, remove
from mmalign_core.model_files.locations import cached_repository, snapshot
from mmalign_core.model_files.locations import repository as repository_name
from mmalign_core.model_files.requirements import RequiredFiles, choose_files, open_clip_tokenizers
from mmalign_core.model_files.weights import check_weights, read_json
from mmalign_core.settings import Settings
from mmalign_core.spaces import parts_of
from mmalign_core.types import BadInput, Progress, no_progress

__all__ = ["LocalModel", "Part", "Plan", "fetch_model", "plan_fetch", "present_models", "remove_model"]


@dataclass(frozen=True)
class Part:
    """Files to download from one repository at one commit. `weights`: whether weights are among them."""

    repository: Repository
    files: tuple[HubFile, ...]
    weights: bool

    @property
    def bytes(self) -> int:
        """Bytes of all its files."""
        return sum(file.size for file in self.files)

    @property
    def here(self) -> int:
        """Bytes of the files that are on this machine already."""
        return sum(min(bytes_here(self.repository, file), file.size) for file in self.files)


@dataclass(frozen=True)
class Plan:
    """The downloads for a model reference."""

    reference: str
    parts: tuple[Part, ...]

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(part.bytes for part in self.parts)

    @property
    def lacking(self) -> int:
        """Bytes still to be downloaded."""
        return self.bytes - sum(part.here for part in self.parts)

    @property
    def licence(self) -> str:
        """Licence of the weights, or '' if the card states none."""
        return self.parts[0].repository.licence

    @property
    def terms(self) -> str:
        """The licence, marked if it forbids commercial use; '' if the card states none."""
        return licence_words(self.licence)

    @property
    def words(self) -> str:
        """One line with size, source and licence."""
        first, files = self.parts[0].repository, sum(len(part.files) for part in self.parts)
        pickled = any(file.name.endswith(".bin") for part in self.parts for file in part.files)
        rest = f", {self.lacking / 1e6:,.1f} MB still to come" if self.lacking < self.bytes else ""
        kind = "; .bin weights, read as plain tensors only" * pickled
        return (
            f"{first.name} at {first.commit[:12]}: {files} files, {self.bytes / 1e6:,.1f} MB{rest}; "
            f"licence: {self.terms or 'not stated'}{kind}"
        )


def plan_fetch(reference: str, patience: float = PATIENCE) -> Plan:
    """Ask the hub for the files of the reference. BadInput if it is no model, or the hub is silent for `patience` s."""
    until = monotonic() + patience
    parts = [_part(needs, until) for needs in hub_files(reference)]
    if reference.startswith("open-clip:hf-hub:"):
        parts += [_part(needs, until) for needs in _named_by_settings(parts[0])]
    return Plan(reference, tuple(parts))


def _part(needs: RequiredFiles, until: float) -> Part:
    held = repository_info(needs.repository, max(until - monotonic(), 0.1))
    chosen = set(choose_files([file.name for file in held.files], needs))
    # the card is not needed to run the model, but it states the licence
    files = tuple(file for file in held.files if file.name in chosen or file.name == "README.md")
    return Part(held, files, needs.with_weights)


def _named_by_settings(part: Part) -> tuple[RequiredFiles, ...]:
    """Return the source of the model's tokenizer, from its settings (a few kilobytes, downloaded here)."""
    file = next((file for file in part.files if file.name == "open_clip_config.json"), None)
    if file is None:
        raise BadInput(f"'{part.repository.name}' has no open_clip_config.json; choose a model made with open_clip")
    download(part.repository, file, lambda have: None)
    settings = read_json(blob_path(part.repository, file))
    return open_clip_tokenizers(settings.get("model_cfg") or {}, "")


def fetch_model(plan: Plan, progress: Progress = no_progress, settings: Settings | None = None) -> None:
    """Download, verify and install. Files that are here are not downloaded again, nor are parts before a broken one.

    Raises BadInput if the connection stays broken, the disk is full, or a file differs from the hub's description.
    """
    done = 0
    remember(plan.parts[0].repository.name, plan.reference, settings)
    for part in plan.parts:
        held = cached_repository(part.repository.name)
        names = [name for file in part.files for name in _names(part.repository, file)]
        claimed = claim(part.repository.name, held, [*names, "refs/main"], settings)
        others: list[str] = []
        for file in part.files:
            report = _byte_report(progress, done, plan.bytes, file.name)
            report(0)
            blob = _names(part.repository, file)[0]
            if not download(part.repository, file, report) and blob in claimed:
                others.append(blob)
            link(part.repository, file)
            done += file.size
        name_main(part.repository)
        disclaim(part.repository.name, held, others, settings)
        folder = snapshot(part.repository.name)
        if part.weights and folder is not None:
            check_weights(folder)
    progress(1.0, f"{plan.parts[0].repository.name} is here")


def _names(repository: Repository, file: HubFile) -> tuple[str, ...]:
    """The names that a file has in the repository's folder in the cache: content, unfinished content, pointer."""
    return f"blobs/{file.digest}", f"blobs/{file.digest}.part", pointer_name(repository, file)


def _byte_report(progress: Progress, before: int, total: int, name: str) -> Callable[[int], None]:
    def report(have: int) -> None:
        share = min((before + have) / max(total, 1), 1.0)
        progress(min(share, 0.999), f"{name}: {(before + have) / 1e6:,.1f} of {total / 1e6:,.1f} MB")

    return report


def present_models(settings: Settings | None = None) -> tuple[LocalModel, ...]:
    """Return every model on this machine."""
    return local_models(settings)


def remove_model(reference: str, settings: Settings | None = None) -> int:
    """Delete the model of that reference or hub name, and return the bytes freed. BadInput if it is not here."""
    encoder, _, model = parts_of(reference)
    name = reference
    if encoder == "open-clip" and model.startswith("local-dir:"):
        raise BadInput(f"'{shown(model)}' is a folder of yours; delete it where it lies")
    if model:
        name = hub_files(reference)[0].repository if encoder == "open-clip" else repository_name(encoder, model)
    return remove(name, settings)
