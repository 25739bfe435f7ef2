"""doctor: versions, devices, the store's health, free space, and what is missing with how to get it.

JSON: {"versions", "devices", "store", "space", "models", "missing", "problems", "well"}.
"""

import argparse

from mmalign_core.commands.shared import add_json, add_store, folders_of, write_result
from mmalign_core.workflow.health import Health, examine

SUMMARY = "versions, devices, the store's health, free space, and what is missing with how to get it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --store and --json."""
    add_store(parser)
    add_json(parser)


def run(args: argparse.Namespace) -> None:
    """Look at everything and print it; nothing is changed."""
    found = examine(folders_of(args))
    write_result(found.report(), args, "\n".join(_lines(found)))


def _lines(found: Health) -> list[str]:
    lines = [f"{name} {version or 'not installed'}" for name, version in found.versions.items()]
    for device in found.devices:
        used = ", used" if device.chosen else ""
        lines.append(f"device {device.name}: {device.about}, {device.bytes / 1e9:.1f} GB{used}")
    state = "not there yet" if not found.store.there else "can be written" if found.store.writable else "read-only"
    lines.append(f"store {found.store.root}: {state}, {sum(found.store.bytes.values()) / 1e6:,.1f} MB")
    lines += [f"unfinished: {name}" for name in found.store.unfinished]
    lines += [f"free in {where}: {free / 1e9:,.1f} GB" for where, free in found.space.items()]
    lines.append(f"models: {', '.join(sorted(found.models)) or 'none but those of packages'}")
    lines += [f"missing: {each.what}, for {each.purpose}; get it: {each.get}" for each in found.missing]
    lines += [f"problem: {problem}" for problem in found.problems]
    return [*lines, "all is well" if not found.problems else f"{len(found.problems)} problems"]
