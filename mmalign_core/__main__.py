"""The command line: `python -m mmalign_core COMMAND …`, one file a command in mmalign_core/commands."""

import sys


def main(argv: list[str] | None = None) -> int:
    """Run one command. Returns 0; after one line 2 for bad input, 1 for a mistake of ours; 130 when it was stopped."""
    try:
        # Half a second of imports, in which a person may already press Ctrl-C: hence here and not above.
        from mmalign_core.commands.line import run_line

        return run_line(argv)
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


if __name__ == "__main__":
    sys.exit(main())
