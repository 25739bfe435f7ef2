"""The commands of the command line, one file each: SUMMARY, add_arguments(parser), run(args)."""

from mmalign_core.commands import (
    align,
    bench,
    compare,
    dashboard,
    demo,
    diff,
    encode,
    evaluate,
    explain,
    fetch,
    inspect,
    project,
    recommend,
    store,
)
from mmalign_core.commands import list as list_command

COMMANDS = {
    "demo": demo,
    "inspect": inspect,
    "encode": encode,
    "align": align,
    "compare": compare,
    "diff": diff,
    "project": project,
    "recommend": recommend,
    "explain": explain,
    "evaluate": evaluate,
    "fetch": fetch,
    "store": store,
    "list": list_command,
    "bench": bench,
    "dashboard": dashboard,
}
