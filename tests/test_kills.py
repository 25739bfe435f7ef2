"""The short form of the campaign of kills: operations are killed at some of their steps; `--kills 500` is the long."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.store_records import REPOSITORY


def test_killed_commands_leave_nothing_half_and_give_the_same_bits_when_run_again() -> None:
    command = [sys.executable, "-m", "tests.campaign.kills", "--kills", "8", "--seed", "3"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["kills"] == told["tries"] == 8 and len(told["operations"]) == 5
