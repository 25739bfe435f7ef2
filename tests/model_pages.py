"""Pages over twelve captioned pictures, for what models do in the dashboard."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.circles import finish

ROOT = Path(__file__).parents[1]
AWAY = "http://127.0.0.1:9"
"""A hub that nobody answers at."""


def opened(folder: Path, page: str, **query: str) -> AppTest:
    """The page over the pictures, after the background work has ended."""
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    app.query_params["data"] = f"folder:{folder / 'manifest.csv'}"
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    finish()
    return app.switch_page(f"pages/{page}.py").run()


def said(app: AppTest) -> str:
    return "\n".join(str(part.value) for part in [*app.markdown, *app.caption, *app.error])
