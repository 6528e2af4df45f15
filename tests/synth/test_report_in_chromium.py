"""The report's page in a real browser: its own script only, by keyboard, in light and dark, at any width."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made_run import HOSTILE, made_run
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait
from test_report_page import made_page

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
pytestmark = pytest.mark.skipif(not (BROWSER and DRIVER), reason="no Chromium with its chromedriver is installed here")
FLAGS = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# The least contrast of text with what is behind it, over all elements that hold text (WCAG 2.1, 1.4.3).
CONTRAST = """
const pen = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const rgba = (colour) => {
  pen.clearRect(0, 0, 1, 1); pen.fillStyle = colour; pen.fillRect(0, 0, 1, 1);
  return [...pen.getImageData(0, 0, 1, 1).data];
};
const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, n) => {
  const v = c[n] / 255;
  return sum + weight * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
}, 0);
const behind = (element) => {
  for (let e = element; e; e = e.parentElement) {
    const colour = rgba(getComputedStyle(e).backgroundColor);
    if (colour[3] === 255) return colour;
  }
  return [255, 255, 255, 255];
};
let least = [99, ""];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || ["SCRIPT", "STYLE", "NOSCRIPT", "OPTION"].includes(element.tagName)) continue;
  if (element instanceof SVGElement || !element.checkVisibility()) continue;
  const [a, b] = [light(rgba(getComputedStyle(element).color)), light(behind(element))];
  const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  const where = `${element.tagName}.${element.className}: ${walker.currentNode.data.slice(0, 40)}`;
  if (ratio < least[0]) least = [ratio, where];
}
return least;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    profile = tmp_path_factory.mktemp("profile")
    options = webdriver.ChromeOptions()
    options.binary_location = BROWSER
    for flag in (*FLAGS, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    # With both paths given nothing is looked for, and nothing downloaded.
    driver = webdriver.Chrome(options, webdriver.ChromeService(DRIVER, env={**os.environ, "HOME": str(profile)}))
    yield driver
    driver.quit()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("page")
    (folder / "report.html").write_text(made_page(folder, samples=40), encoding="utf-8")
    return (folder / "report.html").as_uri()


@pytest.fixture
def at(browser: Any, address: str) -> Any:
    """The browser, with the page freshly opened and unpacked."""
    browser.set_window_size(1280, 900)
    browser.get("about:blank")
    browser.get(address)
    ready(browser)
    return browser


def ready(browser: Any) -> None:
    WebDriverWait(browser, 60).until(lambda b: b.execute_script("return document.documentElement.dataset.ready"))


def press(browser: Any, *keys: str) -> None:
    webdriver.ActionChains(browser).send_keys(*keys).perform()


def active(browser: Any) -> str:
    return str(browser.execute_script("return document.activeElement.id || document.activeElement.textContent"))


def test_a_hostile_program_is_shown_as_text_and_nothing_of_it_runs(at: Any) -> None:
    source = at.find_element(By.CSS_SELECTOR, "#detail code").get_attribute("textContent")
    assert source == HOSTILE
    assert at.execute_script("return window.harmed") is None
    assert at.execute_script("return document.querySelectorAll('#detail img, #detail script').length") == 0
    assert at.execute_script("return performance.getEntriesByType('resource').length") == 0
    assert [entry for entry in at.get_log("browser") if entry["level"] == "SEVERE"] == []
    # What the policy is for: were a text ever read as markup, its script would still not run.
    at.execute_script("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.harmed=1\">')")
    assert at.execute_async_script("setTimeout(() => arguments[0](window.harmed ?? null), 200)") is None


def test_everything_is_reached_by_keyboard(at: Any) -> None:
    press(at, Keys.TAB)
    assert active(at) == "Skip to the figures"
    left = at.execute_script("return document.activeElement.getBoundingClientRect().left")
    assert left >= 0  # it shows once it has the focus
    press(at, Keys.TAB, Keys.ENTER)
    assert at.execute_script("return location.hash") == "#samples"
    press(at, "/")
    assert active(at) == "query"
    press(at, "M5_")
    assert at.find_element(By.ID, "matches").text == "1 of 40"
    press(at, Keys.ESCAPE)
    assert active(at) == "list" and at.find_element(By.ID, "matches").text == "40 of 40"
    outline = at.execute_script("return getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"
    press(at, Keys.HOME)
    names = [at.find_element(By.CSS_SELECTOR, "#detail h3").text]
    for key in (Keys.ARROW_DOWN, Keys.ARROW_DOWN, Keys.ARROW_UP, Keys.END, Keys.ARROW_DOWN):
        press(at, key)
        names.append(at.find_element(By.CSS_SELECTOR, "#detail h3").text)
    numbers = [int(name[1:].partition("_")[0]) for name in names]
    assert numbers == [0, 1, 2, 1, 39, 39]
    chosen = at.find_element(By.CSS_SELECTOR, "#list [aria-selected=true]").get_attribute("id")
    assert at.find_element(By.ID, "list").get_attribute("aria-activedescendant") == chosen
    press(at, Keys.ENTER)
    assert active(at) == "detail"


def test_filters_leave_what_they_say(at: Any) -> None:
    at.execute_script("const s = document.getElementById('reason'); s.value = 'graph/benchmark_graph';"
                      "s.dispatchEvent(new Event('change'))")  # fmt: skip
    shown = at.execute_script("return [...document.querySelectorAll('#list li .rejected')].map((e) => e.textContent)")
    assert shown == ["graph/benchmark_graph"] * 5
    assert at.find_element(By.ID, "matches").text == "5 of 40"
    said = at.find_element(By.CSS_SELECTOR, "#detail .said").text
    assert "as in <b>1/7</b>" in said
    # A link to a sample takes the filters away and goes there.
    at.execute_script("location.hash = '#sample-2-1'")
    WebDriverWait(at, 20).until(lambda b: b.find_element(By.ID, "matches").text == "40 of 40")
    assert at.find_element(By.CSS_SELECTOR, "#detail h3").text.startswith("M2_")


def test_the_map_reads_out_what_the_cursor_is_on(at: Any) -> None:
    at.execute_script("document.getElementById('pair-map').focus()")
    press(at, Keys.ARROW_RIGHT)
    names = at.execute_script("return document.getElementById('pair-read').textContent")
    assert names.endswith(": never")
    box = at.execute_script("const c = document.getElementById('pair-cursor');"
                            "return [c.getAttribute('x'), c.getAttribute('y')]")  # fmt: skip
    assert box == ["1", "0"]


def test_columns_sort_by_their_headings(at: Any) -> None:
    column = "return [...document.querySelector('#yield tbody').rows].map((row) => row.cells[2].textContent)"
    at.execute_script("document.querySelector('#yield table thead .num button').click()")
    down = [int(cell) for cell in at.execute_script(column)]
    at.execute_script("document.querySelector('#yield table thead .num button').click()")
    up = [int(cell) for cell in at.execute_script(column)]
    assert len(set(down)) > 1 and down == sorted(down, reverse=True) and up == sorted(up)
    assert at.execute_script("return document.querySelector('#yield th[aria-sort]').ariaSort") == "ascending"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_in_both_schemes_and_the_toggle_overrules(at: Any, scheme: str) -> None:
    media = [{"name": "prefers-color-scheme", "value": scheme}]
    at.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    at.execute_script("document.querySelectorAll('details').forEach((d) => { d.open = true; })")
    background = "return getComputedStyle(document.body).backgroundColor"
    followed = at.execute_script(background)
    least, where = at.execute_script(CONTRAST)
    assert least >= 4.5, where
    seen = {}
    for _ in range(3):
        at.find_element(By.ID, "theme").click()
        seen[at.find_element(By.ID, "theme").text] = at.execute_script(background)
    assert set(seen) == {"Theme: light", "Theme: dark", "Theme: system"}
    assert seen["Theme: light"] != seen["Theme: dark"]
    assert seen["Theme: system"] == followed == seen[f"Theme: {scheme}"]


@pytest.mark.parametrize("width", [1680, 1024, 640, 360])
def test_no_width_makes_the_page_scroll_sideways(at: Any, width: int) -> None:
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    at.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert at.execute_script("return innerWidth") == width
        assert at.execute_script("return document.documentElement.scrollWidth") <= width
    finally:
        at.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_without_script_the_figures_are_all_there(browser: Any, address: str) -> None:
    browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        browser.get(address)
        text = browser.find_element(By.TAG_NAME, "body").text
        assert "Attempts by stage" in text and "The samples need JavaScript" in text
    finally:
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


def test_a_run_without_samples_makes_a_page_that_works(browser: Any, tmp_path: Path) -> None:
    made_run(tmp_path / "none", samples=0)
    (tmp_path / "empty.html").write_text(made_page(tmp_path, samples=0), encoding="utf-8")
    browser.get((tmp_path / "empty.html").as_uri())
    ready(browser)
    assert browser.find_element(By.ID, "detail").text == "No sample is judged yet."
