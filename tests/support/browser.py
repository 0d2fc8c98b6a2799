"""Debian's Chromium without a window, driven by Playwright: opens a comment as a reader would.

Playwright's own browsers are not used, nor its own Node: that one needs a library (libatomic) which
a bare machine does not have. The page comes from a file; whatever it asks of the network is refused
and noted.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from playwright.sync_api import sync_playwright

from tests.support.node import NODE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page, Route

PHONE: Final = 390
"""CSS pixels of width: the phones that most people have."""
DESK: Final = 1012
"""The same of the column in which a desktop shows the conversation, avatar included."""

_NAMES: Final = ("chromium", "google-chrome")
_FLAGS: Final = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--allow-file-access-from-files",  # fonts
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A comment on the screen.

    Attributes:
        page: Playwright's handle, to ask and to photograph.
        complaints: What the browser's console holds as errors and warnings, and uncaught errors.
        asked: Addresses outside of this machine that the page wanted.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def installed() -> str | None:
    """The path of a Chromium, None without one; the environment's CHROMIUM goes first."""
    named = os.environ.get("CHROMIUM")
    found = (shutil.which(name) for name in ([named] if named else _NAMES))
    return next((path for path in found if path), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    """A started browser with an empty profile of its own."""
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(
    browser: Browser, file: Path, *, width: int, dark: bool, pixels: float = 1
) -> Iterator[Shown]:
    """A page, drawn to its end.

    Args:
        browser: Of `chromium`.
        file: Holds the page.
        width: In CSS pixels, `PHONE` or `DESK`.
        dark: Which colours the reader has chosen.
        pixels: Of the screen, for each CSS pixel.
    """
    context = browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if dark else "light",
        device_scale_factor=pixels,
    )
    try:
        shown = Shown(page=context.new_page())

        def refuse(route: Route) -> None:
            shown.asked.append(route.request.url)
            route.abort()

        context.route(lambda url: not url.startswith("file:"), refuse)
        shown.page.on(
            "console",
            lambda line: (
                shown.complaints.append(line.text) if line.type in ("error", "warning") else None
            ),
        )
        shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
        shown.page.goto(file.as_uri())
        shown.page.wait_for_selector("html[data-drawn]", state="attached")
        yield shown
    finally:
        context.close()
