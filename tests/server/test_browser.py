"""The pages in Chromium, while runs grow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page
    from visiting import Site

pytestmark = pytest.mark.browser


def enter(site: Site, page: Page) -> None:
    """Log in."""
    page.goto(site.url)
    page.fill("#key", site.key)
    page.click("main button")
    page.wait_for_selector("h1:has-text('Projects')")


def points(page: Page, count: int) -> None:
    """Wait until the charts hold so many points."""
    page.wait_for_function("n => document.querySelector('.wnb')?.dataset.points === String(n)", arg=count)


def test_from_login_to_a_growing_run(site: Site, page: Page) -> None:
    """A visitor logs in, finds the run, sees its charts and state change, and stops it; hostile texts stay texts."""
    enter(site, page)
    page.click("main a >> text=p")
    page.click("tbody th a")
    assert page.locator("h1").inner_text().startswith("<img src=x")
    points(page, 50)
    site.grow(70)
    points(page, 120)
    assert page.evaluate("() => window.harmed") is None
    page.click("#stop")
    page.wait_for_selector("#stop:disabled")
    assert site.stream("grow")["stopped"] is True
    site.stream("grow", complete=True, exitcode=0)
    page.wait_for_selector(".title .state.finished")
    assert not page.locator("#stop").is_visible()


def test_the_console_grows(site: Site, page: Page) -> None:
    """Lines that are printed while the page is open appear, and hostile ones do no harm."""
    enter(site, page)
    page.goto(f"{site.url}/local/p/runs/grow/console")
    page.wait_for_selector("#log:has-text('50 rows <img')")
    site.grow(70)
    page.wait_for_selector("#log:has-text('120 rows <img')")
    assert page.evaluate("() => window.harmed") is None


def test_selected_runs_are_drawn_and_grow(site: Site, page: Page) -> None:
    """Runs selected in the project's table are drawn over one another, live, and stay selected after a reload."""
    site.start("other", displayName="other")
    site.rows_of("other", 30)
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    for run in ("grow", "other"):
        page.locator(f"tr[data-run={run}] input").check()
    points(page, 80)
    assert page.locator(".wnb-entry").count() == 2
    site.rows_of("other", 20, first=30)
    points(page, 100)
    page.reload()
    points(page, 100)
    page.locator("tr[data-run=grow] input").uncheck()
    points(page, 50)


def test_a_new_run_appears_in_the_table(site: Site, page: Page) -> None:
    """The table follows the project: a run that starts comes in, one that ends changes its state, a selection stays."""
    enter(site, page)
    page.goto(f"{site.url}/local/p")
    page.locator("tr[data-run=grow] input").check()
    site.start("late", displayName="late one")
    page.wait_for_selector("tr[data-run=late]")
    assert page.locator("tr[data-run=grow] input").is_checked()
    site.stream("late", complete=True, exitcode=1)
    page.wait_for_selector("tr[data-run=late] .state.failed")
