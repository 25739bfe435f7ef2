"""MMAlign's dashboard: `streamlit run app.py`. The pages draw, the core computes.

Streamlit imports this file once to find the server (`app`), and runs it for each session to draw a page.
"""

from pathlib import Path

import streamlit as st

from mmalign_core.wording import language, tr
from pages._components import admission
from pages._session import cache, incidents, languages, places, server_memory, state, web_server
from pages._session.visitors import in_session

ASSETS = Path(__file__).parent / "assets"


def to_the_start() -> None:
    """Lead from /overview to the start page, which Streamlit serves at / alone."""
    st.switch_page("pages/overview.py", query_params=state.address())


def receiving() -> Path:
    """Return the folder of files that browsers send, until a page takes them."""
    return places.folders(cache.server_settings().root).make("receiving")


def draw() -> None:
    """Draw the page that the session asks for."""
    server_memory.begin()
    languages.begin()
    page = st.navigation(all_pages(), position="top")
    st.set_page_config(page_title=f"{page.title} · MMAlign", page_icon=ASSETS / "icon.svg", layout="wide")
    st.html(ASSETS / "dashboard.css")
    st.html(f"<script>document.documentElement.lang = '{language()}'</script>", unsafe_allow_javascript=True)
    st.logo(ASSETS / "logo.svg", size="large")
    admission.show()
    requested = state.enter()
    if requested:
        st.switch_page(requested, query_params=state.address())
    page.run()


def all_pages() -> list[st.Page]:
    """Return the pages in the order of the navigation."""
    return [
        st.Page(
            "pages/overview.py",
            title=tr("Overview"),
            icon=":material/home:",
            default=True,
            url_path="start",  # not shown: a default page is at "/", but would keep its own name from `to_the_start`
            help=tr("What stands out in the open run, three ways to start, and the saved runs."),
        ),
        st.Page(
            "pages/data.py",
            title=tr("Data"),
            icon=":material/photo_library:",
            help=tr("The collection: the demo, your own files, and what could not be read."),
        ),
        st.Page(
            "pages/align.py",
            title=tr("Align"),
            icon=":material/tune:",
            help=tr("Choose encoders, aligner and matcher, run, and read how well the modalities line up."),
        ),
        st.Page(
            "pages/errors.py",
            title=tr("Errors"),
            icon=":material/flag:",
            help=tr("Every query, worst first, with its causes; marks, and a repair with its proof."),
        ),
        st.Page(
            "pages/leaderboard.py",
            title=tr("Leaderboard"),
            icon=":material/leaderboard:",
            help=tr("Several aligners on the same items: quality, time and memory side by side."),
        ),
        st.Page(
            "pages/compare.py",
            title=tr("Compare"),
            icon=":material/compare:",
            help=tr("Two runs side by side: metrics with intervals, queries won and lost, maps, and what moved."),
        ),
        st.Page(
            "pages/similarity.py",
            title=tr("Similarity"),
            icon=":material/grid_on:",
            help=tr("The similarity matrix with its best and worst pairs."),
        ),
        st.Page(
            "pages/space.py",
            title=tr("Shared space"),
            icon=":material/bubble_chart:",
            help=tr("A map of every text, picture and sound in the space they share."),
        ),
        st.Page(
            "pages/recommend.py",
            title=tr("Recommend"),
            icon=":material/recommend:",
            help=tr("What to show next for a text, picture, sound, item or user, and why."),
        ),
        st.Page(
            "pages/recommenders.py",
            title=tr("Recommenders"),
            icon=":material/social_leaderboard:",
            help=tr("Which recommender ranks best, for known and for new items, on held-out interactions."),
        ),
        st.Page(
            "pages/models.py",
            title=tr("Models"),
            icon=":material/deployed_code:",
            help=tr("The encoders and models of this machine, and getting others."),
        ),
        st.Page(to_the_start, title=tr("Overview"), url_path="overview", visibility="hidden"),
    ]


if in_session():
    draw()
else:
    app = st.App(
        Path(__file__).absolute(),
        lifespan=server_memory.lifespan,
        on_script_error=incidents.show,
        middleware=web_server.middleware(receiving, lambda: cache.server_settings().max_upload_bytes),
    )
