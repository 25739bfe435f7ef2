"""The command line: its parser, and errors of commands as one line and an exit code."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any, NoReturn

from mmalign_core.commands import COMMANDS
from mmalign_core.commands.shared import folders_of
from mmalign_core.commands.targets import check_targets
from mmalign_core.data.names import is_unicode, shown
from mmalign_core.settings import Settings
from mmalign_core.store.incidents import note_incident
from mmalign_core.types import BadInput, Cancelled
from mmalign_core.wording import ask_language, best_language, tr_any


class Parser(argparse.ArgumentParser):
    """A parser that prints its errors as one line, like all errors of bad input."""

    def error(self, message: str) -> NoReturn:
        """Print the message in one line and exit with 2."""
        self.exit(2, f"{self.prog.split()[-1]}: {message}; see: {self.prog} --help\n")

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse as usual, but let the value of an option begin with a dash: `--item -x1`."""
        words = [*(sys.argv[1:] if args is None else args)]
        return super().parse_known_args(self._with_dashes(words), namespace)

    def _with_dashes(self, words: list[str]) -> list[str]:
        """The words, where an option that takes one text and a word with a dash after it are one: '--item=-x1'.

        A word that is an option itself stays apart, so that a forgotten value is still reported.
        """
        joined: list[str] = []
        for word in words:
            action = self._option_string_actions.get(joined[-1]) if joined else None
            takes_text = action is not None and action.nargs is None and action.type is None
            if takes_text and joined[-1].startswith("--") and self._is_dashed_value(word):
                joined[-1] += f"={word}"
            else:
                joined.append(word)
        return joined

    def _is_dashed_value(self, word: str) -> bool:
        dashed = len(word) > 1 and word[0] == "-" and word[1] != "-"
        return dashed and word not in self._option_string_actions


def parser() -> argparse.ArgumentParser:
    """The parser of the command line, with one sub-command per entry of COMMANDS."""
    top = Parser(prog="python -m mmalign_core", description="Align text, images and audio.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in COMMANDS.items():
        sub = commands.add_parser(name, help=command.SUMMARY, description=command.SUMMARY)
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return top


def run_line(argv: list[str] | None = None) -> int:
    """Run one command. Return 0, or after one line on standard error: 2 for bad input, 1 for a mistake of this program,
    130 for an interruption.
    """
    ask_language(lambda: best_language(os.environ.get("MMALIGN_LANGUAGE", "")) or "en")
    args = parser().parse_args(argv)
    try:
        check_targets(args)
        args.run(args)
    except BadInput as error:
        print(f"{args.command}: {_one_line(tr_any(str(error)))}", file=sys.stderr)
        return 2
    except (Cancelled, KeyboardInterrupt) as stop:
        found = "".join(f"; {note}" for note in getattr(stop, "__notes__", ()) if note)
        print(f"{args.command}: stopped; what was encoded is kept{found}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(f"{args.command}: {_system_error(error)}; fix that or give another path", file=sys.stderr)
        return 2
    except Exception as error:  # noqa: BLE001  the last place before a stack would reach a person
        print(f"{args.command}: {_incident(args, error)}", file=sys.stderr)
        return 1
    return 0


def _incident(args: argparse.Namespace, error: Exception) -> str:
    """What is said of a mistake of this program, whose stack goes to the log."""
    try:
        root = folders_of(args).root if hasattr(args, "store") else Settings().root
    except BadInput:
        root = Settings().root
    noted = note_incident(root, error, args.command)
    where = f"in {noted.log}" if noted.log else "nowhere, since no log can be written"
    return _one_line(f"a mistake of this program ({noted.words}); its details are {where}, id {noted.id}: report them")


def _one_line(message: str) -> str:
    """The message without line breaks and control characters, which a name that the user gave may hold.

    Bytes of a path that are not UTF-8 stay, since standard error escapes them.
    """
    return "".join(c if c.isprintable() or not is_unicode(c) else " " for c in message)


def _system_error(error: OSError) -> str:
    """The system's error and the file in one line, such as a full disk or an unreadable file."""
    where = f"'{shown(error.filename)}': " if error.filename else ""
    return f"{where}{error.strerror or error}"
