"""One sentence a recommendation, built from its contributions alone."""

from __future__ import annotations

from collections.abc import Mapping


def reason(contributions: Mapping[str, float]) -> str:
    """What speaks for the item and what against it, strongest first, in units of the score."""
    ordered = sorted(contributions.items(), key=lambda pair: -pair[1])
    helping = [f"{m} {value:+.2f}" for m, value in ordered if value > 0]
    against = [f"{m} {value:+.2f}" for m, value in ordered if value < 0]
    if not helping:
        return "Nothing in it stands out as near; it is the least far of what is left."
    return f"Stands out by {', '.join(helping)}" + (f"; against it {', '.join(against)}." if against else ".")
