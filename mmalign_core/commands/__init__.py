"""The commands of the command line, one file each: SUMMARY, add_arguments(parser), run(args)."""

from mmalign_core.commands import (
    align,
    bench,
    compare,
    dashboard,
    demo,
    encode,
    errors,
    evaluate,
    explain,
    fetch,
    inspect,
    marks,
    project,
    recommend,
    repair,
    store,
)
from mmalign_core.commands import list as list_command

COMMANDS = {
    "demo": demo,
    "inspect": inspect,
    "encode": encode,
    "align": align,
    "compare": compare,
    "project": project,
    "recommend": recommend,
    "explain": explain,
    "errors": errors,
    "evaluate": evaluate,
    "marks": marks,
    "repair": repair,
    "fetch": fetch,
    "store": store,
    "list": list_command,
    "bench": bench,
    "dashboard": dashboard,
}
