"""Saved outputs forged by another person: no script, no element but the view's own, no outside request."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
from plain import HOSTILE, MIME, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

pytestmark = [pytest.mark.browser]

ELEMENTS = "img, iframe, object, embed, script, base, link, meta, form, video, audio, [src], [srcset], [background]"
FOREIGN = "https://evil.example/x"


def everywhere(value: Any, text: Any) -> Any:
    """Return *value* with *text* in place of every text but the data."""
    if isinstance(value, dict):
        return {
            key: inner if key in {"data", "dtype", "mode"} else everywhere(inner, text) for key, inner in value.items()
        }
    if isinstance(value, list):
        return [everywhere(inner, text) for inner in value]
    return text if isinstance(value, str) else value


def named(key: str) -> Callable[[dict[str, Any]], Any]:
    """Return a change that gives a metric, a config key and a summary key the name *key*."""

    def change(saved: dict[str, Any]) -> Any:
        saved["series"][0]["key"] = key
        saved["config"], saved["summary"] = {key: key}, {key: key}
        return saved

    return change


CRAFTED: dict[str, Callable[[dict[str, Any]], Any]] = {
    "markup as every text": lambda saved: everywhere(saved, HOSTILE),
    "a script as every text": lambda saved: everywhere(saved, "</style></script><script>window.harmed=1</script>"),
    "a script's address as every text": lambda saved: everywhere(saved, "javascript:window.harmed=1"),
    "an address elsewhere as every text": lambda saved: everywhere(saved, FOREIGN),
    "an address of the run": lambda saved: {**saved, "run": {**saved["run"], "url": "javascript:window.harmed=1"}},
    "an address elsewhere in the access": lambda saved: {
        **saved,
        "access": {"id": FOREIGN, "token": "x", "kernel": FOREIGN},
    },
    "a path as the run's id": lambda saved: {
        **saved,
        "access": {"id": "../../api/contents", "token": "x", "kernel": None},
    },
    "prototype as a name": named("__proto__"),
    "constructor as a name": named("constructor"),
    "colours and styles as names": named("red;background:url(https://evil.example/x)"),
    "objects instead of texts": lambda saved: everywhere(saved, {"toString": HOSTILE}),
    "a source with markup": lambda saved: {
        **saved,
        "cells": [
            {
                "id": 1,
                "n": 1,
                "source": HOSTILE,
                "cut": False,
                "started": 1,
                "seconds": 1,
                "ok": False,
                "error": HOSTILE,
            }
        ],
    },
    "data that is too short": lambda saved: {**saved, "data": "AAAA"},
    "data that is not base64": lambda saved: {**saved, "data": HOSTILE},
    "no run at all": lambda _: {"v": 1, "run": None, "series": HOSTILE},
}


@pytest.mark.parametrize("form", CRAFTED)
def test_crafted_outputs_do_no_harm(page: Page, form: str) -> None:
    """Any saved output is drawn as text, or refused; nothing runs and nothing is loaded."""
    asked: list[str] = []
    show(page, each=0)
    bundle = page.evaluate("() => wandbNb.bundle(window.feed)")
    page.on("request", lambda request: asked.append(request.url))
    saved = CRAFTED[form](copy.deepcopy(bundle[MIME]))
    page.evaluate("() => document.getElementById('view').replaceChildren()")
    drawn = "saved => { try { wandbNb.snapshot(document.getElementById('view'), saved); } catch { } }"
    page.evaluate(drawn, saved)
    for tab in page.get_by_role("tab").all():
        tab.click()
    page.wait_for_timeout(100)
    assert page.evaluate("() => window.harmed") is None
    assert page.evaluate("selector => document.querySelectorAll(`#view :is(${selector})`).length", ELEMENTS) == 0
    links = page.evaluate("() => [...document.querySelectorAll('#view [href]')].map(one => one.getAttribute('href'))")
    assert [link for link in links if not link.startswith(("http://", "https://", "#"))] == []
    names = page.evaluate("() => [...document.querySelectorAll('#view *')].flatMap(one => one.getAttributeNames())")
    assert [name for name in names if name.startswith("on")] == []
    assert asked == []
