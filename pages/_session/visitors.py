"""Who looks at this session: a person who signed in, a browser, or nobody known; and from where."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, replace
from ipaddress import ip_address
from urllib.parse import urlsplit

import streamlit as st
from streamlit import runtime
from streamlit.runtime import Runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from mmalign_core.types import digest_json
from pages._session import state, view_history

COOKIE = "mmalign_visitor"
"""The server's cookie: random, told to no script and no other site, gone when the browser closes."""
_RANDOM = re.compile(r"[0-9a-f]{64}")
_VISITOR = state.VISITOR


@dataclass(frozen=True)
class Visitor:
    """`key`: tells people apart. `private`: whether what is computed now is theirs alone. `network`: whether the page
    is seen from elsewhere. `person`: the key of who signed in, '' for nobody. `chosen`: kept uploads that were opened
    from the list, not by an address. `sends`: whether an embedding server may get what this session encodes.
    """

    key: str = ""
    private: bool = False
    network: bool = False
    person: str = ""
    chosen: frozenset[str] = frozenset()
    sends: bool = False

    @property
    def owner(self) -> str:
        """Return the key of the person who alone may read what is cached now; '' where everybody may."""
        return self.key if self.private or self.person else ""


NOBODY = Visitor()
OF_JOB: ContextVar[Visitor] = ContextVar("visitor", default=NOBODY)
"""Who a background job works for; set in its thread alone."""


def visitor() -> Visitor:
    """Return who this session or job belongs to; nobody outside of both."""
    if not in_session():
        return OF_JOB.get()
    kept = state.kept()
    if _VISITOR not in kept:
        kept[_VISITOR] = _seen()
    if state.source_kind() in state.PRIVATE and not kept[_VISITOR].private:
        kept[_VISITOR] = replace(kept[_VISITOR], private=True)
    return kept[_VISITOR]


def in_session() -> bool:
    """Whether this thread runs a page for a session, not a job."""
    return get_script_run_ctx(suppress_warning=True) is not None


def chose_upload(digest: str) -> None:
    """Note that the person opened this kept upload from the list of those that they may see."""
    now = visitor()
    state.kept()[_VISITOR] = replace(now, chosen=now.chosen | {digest})


def let_send(sends: bool) -> None:
    """Note that the person agreed, on this machine, that a server gets what is to be encoded; or no more."""
    now = visitor()
    state.kept()[_VISITOR] = replace(now, sends=sends and not now.network)


def session_id() -> str:
    """Return Streamlit's id of this session; '' outside of a session or in a test without a server."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context is not None and served() else ""


def served() -> bool:
    """Whether a server runs here: in a test of a page alone there is none."""
    return runtime.exists() and type(runtime.get_instance()) is Runtime  # not one that pretends


def can_sign_in() -> bool:
    """Whether this dashboard has a place to sign in: the section [auth] of its secrets."""
    try:
        return "auth" in st.secrets
    except FileNotFoundError:  # no secrets at all
        return False


def signed_in() -> Mapping[str, str]:
    """Return what the identity provider says of the person; {} where nobody signed in."""
    if not can_sign_in() or not st.user.get("is_logged_in"):
        return {}
    return {name: str(st.user[name]) for name in ("iss", "sub", "email", "name") if st.user.get(name)}


def name_of(person: Mapping[str, str]) -> str:
    """Return what a person is called: the address, the name, or the provider's own identifier."""
    return person.get("email") or person.get("name") or person.get("sub", "")


def author() -> str:
    """Return who makes a mark: the person who signed in, nobody known on a network, '' for the machine's own user."""
    return name_of(signed_in()) or ("a visitor" if visitor().network else "")


def from_network(headers: Mapping[str, str], listens_on: str) -> bool:
    """Whether the page may be seen from another machine: the server listens on more than this one, the address in the
    browser is not this machine's, or a proxy handed the request on.
    """
    asked = urlsplit(f"//{headers.get('Host', 'localhost')}").hostname or ""
    handed_on = any(headers.get(name) for name in ("X-Forwarded-For", "X-Real-Ip", "Forwarded", "X-Forwarded-Host"))
    return handed_on or not (is_this_machine(listens_on) and is_this_machine(asked))


def is_this_machine(host: str) -> bool:
    """Whether the name or number is one that only this machine itself reaches."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _seen() -> Visitor:
    """The person, else the browser, else this session alone."""
    person = signed_in()
    own = digest_json(["person", person.get("iss", ""), person.get("sub", "")]) if person else ""
    network, cookie = False, ""
    if served():
        network = from_network(st.context.headers, str(st.get_option("server.address") or ""))
        cookie = st.context.cookies.get(COOKIE, "")
    browser = digest_json(["browser", cookie]) if _RANDOM.fullmatch(cookie) else ""
    return Visitor(own or browser or digest_json(["session", view_history.session()]), False, network, own)
