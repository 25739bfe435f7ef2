"""Sharing a run: its report as one page, the run itself as a bundle, and the bundles of others."""

from __future__ import annotations

import io
from pathlib import Path

import streamlit as st

from mmalign_core.types import BadInput, Progress, digest_json
from mmalign_core.wording import in_language, language, say, tr
from mmalign_core.workflow import (
    ReportPage,
    Run,
    Verification,
    open_bundle,
    pack_record,
    report_html,
    run_record,
    scratch_folder,
    verify_bundle,
)
from pages._components import errors, run_menu, waiting
from pages._session import cache
from pages._session.jobs import Task
from pages._session.received_files import content_of

_SHOWN = 20
"""Differences that a failed verification lists. Our choice: enough to see what kind they are of."""


def show_exports(run: Run, run_key: str) -> None:
    """Draw the buttons that make the report and the bundle of the open run, and their downloads."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        media = st.toggle(
            tr("With media"), key="share.media", help=tr("The bundle carries pictures, sounds and videos too.")
        )
        report = _report_task(run, run_key)
        bundle = _bundle_task(run, run_key, media)
        if report.found is None and report.idle:
            st.button(tr("Make the report"), icon=":material/summarize:", key="share.report", on_click=report.start)
        if bundle.found is None and bundle.idle:
            st.button(tr("Make the bundle"), icon=":material/inventory_2:", key="share.bundle", on_click=bundle.start)
    _offer(report, tr("Download the report"), f"{run.id}.html", "text/html")
    _offer(bundle, tr("Download the bundle"), f"{run.id}.zip", "application/zip")


def show_imports() -> None:
    """Draw a field for a bundle, and buttons that open it as a saved run or verify its numbers."""
    file = st.file_uploader(tr("A bundle (.zip)"), type="zip", key="share.file")
    if file is None:
        return
    try:
        content = content_of(file)
    except BadInput as error:
        errors.show(str(error))
        return
    task = _verification_task(content, digest_json([file.file_id, file.name]))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input(tr("Name of the opened run"), value=Path(file.name).stem[:100], key="share.name")
        opened = st.button(tr("Open it"), icon=":material/folder_open:", type="primary", key="share.open")
        st.button(tr("Verify it"), icon=":material/verified:", key="share.verify", on_click=task.start)
    if opened:
        with errors.shown():
            _open(content, name.strip())
    found = waiting.result(task) if task.found is not None or task.job is not None else None
    if found is not None:
        _verdict(found)


def _report_task(run: Run, run_key: str) -> Task:
    store, settings, spoken = cache.store(), cache.settings(), language()

    def work(progress: Progress) -> bytes:
        with in_language(spoken):
            page: ReportPage = report_html(run, store=store, settings=settings, progress=progress)
        return page.content

    return Task("report", f"{run_key} {spoken}", say("write the report"), work)


def _bundle_task(run: Run, run_key: str, media: bool) -> Task:
    store, settings = cache.store(), cache.settings()

    def work(progress: Progress) -> bytes:
        held = io.BytesIO()
        pack_record(run_record(run, run.id), held, store=store, media=media, settings=settings, progress=progress)
        return held.getvalue()

    return Task("bundle", f"{run_key} {media}", say("pack the run"), work)


def _verification_task(content: bytes | Path, key: str) -> Task:
    settings = cache.settings()

    def work(progress: Progress) -> Verification:
        with scratch_folder("mmalign-bundle") as folder:
            return verify_bundle(_written(content, folder), settings=settings, progress=progress)

    return Task("verification", key, say("compute every number again"), work)


def _offer(task: Task, words: str, name: str, mime: str) -> None:
    """Draw the progress of the task, or the download of its result."""
    if task.found is None and task.idle:
        return
    content = waiting.result(task)
    if content is not None:
        st.download_button(
            f"{words} ({len(content) / 1e6:.1f} MB)",
            content,
            file_name=name,
            mime=mime,
            icon=":material/download:",
            key=f"share.{task.kind}.download",
            on_click="ignore",
        )


def _open(content: bytes | Path, name: str) -> None:
    store = cache.home_store()
    if not name:
        raise BadInput(say("the opened run has no name; type one"))
    if any(run.id == name for run in store.list_runs()):
        raise BadInput(say("a run is called '{name}' already; type another name", name=name))
    with scratch_folder("mmalign-bundle") as folder:
        open_bundle(_written(content, folder), name, store=store, settings=cache.settings())
    run_menu.reopen(name)
    st.rerun()


def _written(content: bytes | Path, folder: Path) -> Path:
    """The bundle as a file: where the server streamed it to, or its bytes in that folder."""
    if isinstance(content, Path):
        return content
    path = folder / "bundle.zip"
    path.write_bytes(content)
    return path


def _verdict(found: Verification) -> None:
    """Draw whether every number was computed again, and what differs."""
    if found.verified:
        st.success(
            tr("Verified: {checked:,} numbers were computed again and agree.", checked=found.checked),
            icon=":material/verified:",
        )
        return
    lines = [
        tr("{name}: stored {stored}, computed {computed}", name=each.name, stored=each.stored, computed=each.computed)
        for each in found.differences[:_SHOWN]
    ]
    lines += [tr("not checked: {words}", words=words) for words in found.not_checked]
    head = tr("{n:,} of {checked:,} numbers differ.", n=len(found.differences), checked=found.checked)
    st.error("  \n".join(map(errors.plain, [head, *lines])), icon=":material/error:")
