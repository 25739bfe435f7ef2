"""dashboard: start the Streamlit app on this machine, from a clone of the repository or an installed package."""

import argparse
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from mmalign_core.types import BadInput

SUMMARY = "start the dashboard and open it in the browser"
PORT = 8501
"""Streamlit's default port. If it is in use, Streamlit takes the next free one."""
PACKAGE = Path(__file__).parents[1]
PLACES = (PACKAGE / "_dashboard" / "app.py", PACKAGE.parent / "app.py")
"""Folders of the app: inside an installed package, or beside the package in a clone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --port, --address, --host and --no-browser."""
    parser.add_argument("--port", type=_port, help=f"TCP port (default: {PORT}, or the next free one)")
    parser.add_argument(
        "--address",
        default="127.0.0.1",
        help="0.0.0.0 opens it to your network; read docs/security.md first (default: %(default)s)",
    )
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        metavar="NAME",
        help="with --address: a name by which browsers may ask for it, besides this machine's own; may be repeated",
    )
    parser.add_argument("--no-browser", action="store_true", help="open no browser window")


def run(args: argparse.Namespace) -> None:
    """Serve the dashboard until it is stopped. Raises BadInput if the app's files are missing."""
    command = serve_command(args)
    if sys.platform == "win32":
        # On Windows `exec` returns to the shell's prompt while the server still runs.
        raise SystemExit(subprocess.call(command))
    sys.stdout.flush()
    # The server replaces this process and keeps its process id, so that a caller can stop it by that id.
    os.execv(command[0], command)


def serve_command(args: argparse.Namespace) -> list[str]:
    """The command line of the server. Raises BadInput if the app's files are missing."""
    app = next((place for place in PLACES if place.is_file()), None)
    if app is None:
        raise BadInput(
            f"the dashboard's app.py is not in {PACKAGE}; install MMAlign again: pip install --force-reinstall"
        )
    # The file watcher is for development. It follows thousands of modules, takes a core and fills the log.
    options = ["--server.address", args.address, "--server.fileWatcherType", "none"]
    for name in allowed_hosts(args.address, args.host):
        options += ["--server.allowedHosts", name]
    if args.port is not None:
        options += ["--server.port", str(args.port)]
    if args.no_browser:
        options += ["--server.headless", "true"]
    # -P: modules in the current folder must not shadow those of Streamlit or the dashboard.
    return [sys.executable, "-P", "-m", "streamlit", "run", str(app), *options]


def allowed_hosts(address: str, more: Sequence[str] = ()) -> list[str]:
    """The names by which browsers may ask for a server that listens on the address: this machine's, and `more`."""
    names = ["localhost", "127.0.0.1", "::1", *more]
    if address not in names:
        own = socket.gethostname()
        names += [own, socket.getfqdn(), *_numbers(own), *([] if address in ("0.0.0.0", "::") else [address])]
    return list(dict.fromkeys(names))


def _numbers(name: str) -> list[str]:
    """The addresses of this machine under its name; [] where no server knows the name."""
    try:
        return sorted({str(found[4][0]).partition("%")[0] for found in socket.getaddrinfo(name, None)})
    except OSError:
        return []


def _port(text: str) -> int:
    """The text as a TCP port number."""
    port = int(text) if text.isdecimal() else 0
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port; give a number from 1 to 65535")
    return port
