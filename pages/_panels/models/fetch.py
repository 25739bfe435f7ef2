"""Downloading a model: its name is looked up, then its size and licence are shown, then a job downloads it."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from mmalign_core.types import BadInput, Progress
from mmalign_core.wording import tr
from mmalign_core.workflow import (
    HUB_PATIENCE,
    FetchPlan,
    NamedModel,
    check_encoder,
    expected_model_folder,
    fetch_model,
    hub_endpoint,
    look_up_model,
    model_reference,
    plan_fetch,
)
from pages._components import encoder_menu, errors, waiting
from pages._panels.models import lines
from pages._session import cache, state
from pages._session.jobs import FETCHES, Task, within
from pages._session.results_cache import Failed

_KIND = "fetched"
_LOOKED_UP = "mmalign.looked_up"
"""Key of the name that the session looks up."""


def looked_up() -> str:
    """Return the model that is looked up: a reference, a name or a folder; '' for none."""
    return state.kept().get(_LOOKED_UP, "")


def look_up(words: str) -> None:
    """Look this name up. If the hub did not reply before, query it again."""
    state.kept()[_LOOKED_UP] = words.strip()
    with suppress(BadInput):  # the page draws it
        for kind in ("plan", _KIND):
            if isinstance(cache.results().get(kind, model_reference(words)), Failed):
                cache.results().drop(kind, model_reference(words))


def is_downloading(reference: str) -> bool:
    """Whether this model is being downloaded."""
    return any(not job.finished for job in FETCHES.all(owner=f"{_KIND} {reference}"))


def show() -> None:
    """Draw the field, the model of that name, and the running downloads."""
    st.markdown(tr("##### Get a model"))
    with st.form("model", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            tr("Its name on a hub, or its folder on this machine"),
            value=looked_up(),
            key="model.words",
            placeholder=tr("open-clip:ViT-B-32/openai, clap:ORG/NAME, a folder"),
        )
        st.form_submit_button(tr("Look it up"), icon=":material/search:", on_click=_look_up_typed)
    found = None
    if looked_up():
        with errors.shown(), st.spinner(tr("Looking it up")):
            found = look_up_model(looked_up(), cache.settings())
    if found is not None:
        with st.container(border=True, key="model.found"):
            _found(found)
    reference = found.reference if found else ""
    for running in [job.owner.removeprefix(f"{_KIND} ") for job in FETCHES.all() if not job.finished]:
        if not running.startswith("plan ") and running != reference:
            with st.container(border=True):
                st.markdown(tr("Getting **{title}**", title=errors.plain(encoder_menu.title(running))))
                waiting.result(_download_task(running))


def _look_up_typed() -> None:
    look_up(str(state.widget("model.words", "")))


def _found(found: NamedModel) -> None:
    st.markdown(lines.heading(encoder_menu.full_name(found.reference), found.reads))
    getting = _download_task(found.reference)
    if not found.here and isinstance(getting.found, str):
        cache.results().drop(_KIND, found.reference)  # it was downloaded, and has been removed since
    if found.here and not isinstance(getting.found, Failed):
        words = tr("Whole and verified.") if getting.found is not None else tr("It is on this machine.")
        st.markdown(f":green[:material/check_circle: {words}]")
        with st.container(horizontal=True):
            lines.use_button(found.reference, found.reads, key="use.found")
            st.button(tr("Close"), type="tertiary", key="model.close", on_click=look_up, args=("",))
    elif getting.job is not None and not getting.job.finished:
        waiting.result(getting)
    else:
        _planned(found.reference, getting)


def _planned(reference: str, getting: Task) -> None:
    """Draw size and licence from the hub, and a button that starts the download."""
    _last_outcome(getting)
    plan = waiting.result(_plan_task(reference), begin=True)
    if plan is None:
        if isinstance(_plan_task(reference).found, Failed):
            _without_hub(reference)
        return
    here = plan.bytes - plan.lacking
    here = here if here > plan.bytes // 100 else 0  # the query for the plan leaves a few kilobytes here
    _facts(plan, here)
    with st.container(horizontal=True):
        st.button(
            f"{tr('Go on:') if here else tr('Download')} {_bytes(plan.lacking)}"
            if plan.lacking
            else tr("Check it again"),
            type="primary",
            icon=":material/download:",
            key="model.get",
            on_click=getting.start,
        )
        st.button(tr("Not now"), type="tertiary", key="model.close", on_click=look_up, args=("",))


def _last_outcome(getting: Task) -> None:
    """Draw why the last download failed or stopped, if so."""
    if isinstance(getting.found, Failed):
        errors.show(getting.found.reason)
    elif getting.job is not None and getting.job.error:
        errors.show(getting.job.error)
    elif getting.job is not None and getting.job.status == "cancelled":
        st.markdown(tr(":gray[:material/pause: Stopped. The downloaded part is kept.]"))


def _facts(plan: FetchPlan, here: int) -> None:
    """Draw the size, the bytes already `here`, the licence, and the commits."""
    pickled = any(file.name.endswith(".bin") for part in plan.parts for file in part.files)
    st.markdown(
        tr("**{size}** in {n} files", size=_bytes(plan.bytes), n=sum(len(part.files) for part in plan.parts))
        + (tr(", of which {bytes} are here", bytes=_bytes(here)) if here else "")
        + tr(" · licence: **{licence}**", licence=errors.plain(plan.terms or tr("not stated")))
    )
    st.markdown(
        lines.facts(
            *(
                tr("{name} at {commit}", name=part.repository.name, commit=part.repository.commit[:12])
                for part in plan.parts
            ),
            tr("its weights are a .bin file, read as plain tensors only") if pickled else "",
        )
    )


def _without_hub(reference: str) -> None:
    with st.container(horizontal=True):
        st.button(tr("Try again"), icon=":material/refresh:", key="model.again", on_click=look_up, args=(reference,))
        st.button(tr("Close"), type="tertiary", key="model.close", on_click=look_up, args=("",))
    st.caption(
        tr("Where there is a hub: `python -m mmalign_core fetch ")
        + reference.replace("`", "")
        + tr(
            "`. Without one, copy its files into the folder {expected_model_folder}",
            expected_model_folder=errors.plain(str(expected_model_folder(reference, cache.settings()))),
        )
    )


def _plan_task(reference: str) -> Task:
    def work(progress: Progress) -> FetchPlan:
        progress(
            0.0,
            tr(
                "asking {hub_endpoint}, at most {hub_patience:.0f} seconds",
                hub_endpoint=hub_endpoint(),
                hub_patience=HUB_PATIENCE,
            ),
        )
        return plan_fetch(reference)

    return Task("plan", reference, "question", work, FETCHES)


def _download_task(reference: str) -> Task:
    """A task that downloads the model, then opens it as its encoder does."""

    def work(progress: Progress) -> str:
        fetch_model(plan_fetch(reference), within(progress, 0.0, 0.99), cache.settings())
        progress(0.99, tr("checking the files"))
        return check_encoder(reference, look_up_model(reference).reads[0])

    return Task(_KIND, reference, "download", work, FETCHES)


def _bytes(count: int) -> str:
    return lines.size(count) or "nothing"
