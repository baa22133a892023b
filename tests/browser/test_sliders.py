"""The page in a browser: its sliders against Python, the network, a reader's tools. Skipped where there is no browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, sync_playwright

import offercast
from offercast.decisions import compare, counted_applications, insights, waiting
from offercast.decisions.knowing import how_much_more
from offercast.forecast import Plan, forecast_offer
from offercast.forecast.sliders import Carried, carry
from offercast.inference import Posterior
from offercast.report.page import Told, page

CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(name="browser", scope="module")
def _browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(name="made", scope="module")
def _made(example_posterior: Posterior, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Carried]:
    plan = Plan.own_pace(example_posterior.evidence)
    outlook = forecast_offer(example_posterior, plan, searches=20_000)
    carried = carry(example_posterior, outlook, channels=["referral"])
    told = Told(
        posterior=example_posterior,
        outlook=outlook,
        carried=carried,
        comparison=compare(example_posterior),
        more=how_much_more(example_posterior),
        silence=waiting(example_posterior, counted_applications(example_posterior)),
        insights=insights(example_posterior, date_too=False),
        version=offercast.__version__,
    )
    path = tmp_path_factory.mktemp("page") / "page.html"
    path.write_text(page(told))
    return path, carried


def set_slider(opened, identifier: str, value: float) -> None:
    """Move a slider as a hand would: its value and the event."""
    opened.evaluate(
        "([id, value]) => { const s = document.getElementById(id); s.value = value;"
        " s.dispatchEvent(new Event('input', { bubbles: true })); }",
        [identifier, value],
    )
    opened.wait_for_timeout(150)


def drawn(opened) -> np.ndarray:
    return np.array([float(x) for x in opened.evaluate("document.getElementById('curve').dataset.drawn").split(",")])


def test_the_sliders_say_what_python_says_and_nothing_is_asked_for(
    browser: Browser, made: tuple[Path, Carried]
) -> None:
    path, carried = made
    opened = browser.new_context(offline=True).new_page()
    asked, faults = [], []
    opened.on("request", lambda request: asked.append(request.url))
    opened.on("pageerror", lambda fault: faults.append(str(fault)))
    opened.on("console", lambda message: faults.append(message.text))
    opened.goto(path.as_uri())
    assert drawn(opened) == pytest.approx(carried.summary()[0], abs=3e-4)
    base = [s.per_week for s in carried.streams]
    set_slider(opened, "stream0", 6)
    faster = carried.summary(carried.curve([6.0, *base[1:]]))[0]
    assert drawn(opened) == pytest.approx(faster, abs=5e-4)
    set_slider(opened, "pause1", 4)
    set_slider(opened, "step2", 50)
    all_three = carried.summary(carried.curve([6.0, *base[1:]], more={2: 1.5}, pause=4))[0]
    assert drawn(opened) == pytest.approx(all_three, abs=5e-4)
    status = opened.inner_text("[role=status]")
    even = int(np.argmax(np.array(all_three) >= 0.5)) + 1
    assert f"even within {even} weeks" in status
    assert f"{100 * all_three[-1]:.0f} %" in status
    opened.click("button[type=reset]")
    opened.wait_for_timeout(150)
    assert drawn(opened) == pytest.approx(carried.summary()[0], abs=3e-4)
    assert asked == [path.as_uri()]
    assert faults == []


def test_sliders_answer_by_keyboard(browser: Browser, made: tuple[Path, Carried]) -> None:
    path, _ = made
    opened = browser.new_page()
    opened.goto(path.as_uri())
    opened.focus("#step0")
    before = drawn(opened)
    opened.keyboard.press("ArrowRight")
    opened.wait_for_timeout(150)
    assert opened.inner_text('output[for="step0"]') == "5 % more"
    after = drawn(opened)
    assert (after >= before).all()
    assert after[-1] > before[-1]


@pytest.mark.parametrize("width", [360, 1200])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_fault_and_no_sideways_scrolling(
    browser: Browser, made: tuple[Path, Carried], width: int, scheme
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    context = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800}, color_scheme=scheme)
    opened = context.new_page()
    opened.goto(made[0].as_uri())
    found = Axe().run(opened)
    assert found.violations_count == 0, found.generate_report()
    assert opened.evaluate("document.documentElement.scrollWidth") <= width


def test_it_reads_without_script(browser: Browser, made: tuple[Path, Carried]) -> None:
    opened = browser.new_context(java_script_enabled=False).new_page()
    opened.goto(made[0].as_uri())
    assert opened.locator("#what-if").is_hidden()
    assert opened.locator("noscript").count() == 1
    assert opened.locator("#curve .now").get_attribute("d").startswith("M46")
