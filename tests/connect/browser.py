"""A real browser without a window, if this machine has one."""

from __future__ import annotations

import base64
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from selenium import webdriver
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

if TYPE_CHECKING:
    from collections.abc import Iterator

    from selenium.webdriver.remote.webelement import WebElement

PHONE, DESKTOP = (390, 844), (1280, 900)
SCREENSHOTS = os.environ.get("CONNECT_SCREENSHOTS")
"""A directory for pictures of the pages; without it none are kept."""

WAIT_SECONDS = 30.0
_GLANCE_SECONDS = 0.05
"""Between two looks for what is to come; the half second of the library would be most of a test."""
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
_QUIET = (
    "--headless=new",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--no-proxy-server",
    "--no-sandbox",  # which a browser of root has to do without
)

# The contrast of each text with what is behind it, as WCAG 2 defines it; those below its border are returned.
_FAINT = """
const luminance = ([r, g, b]) => [r, g, b].map(v => v / 255)
  .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
  .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
const parsed = text => text.match(/[\\d.]+/g).map(Number);
const ground = element => {
  for (let at = element; at; at = at.parentElement) {
    const colour = parsed(getComputedStyle(at).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour;
  }
  return [255, 255, 255];
};
const faint = [];
for (const element of document.querySelectorAll('body *')) {
  const words = [...element.childNodes].filter(n => n.nodeType === 3).map(n => n.textContent.trim()).join('');
  if (!words || !element.checkVisibility()) continue;
  const pair = [parsed(getComputedStyle(element).color), ground(element)].map(luminance).sort((a, b) => b - a);
  const contrast = (pair[0] + 0.05) / (pair[1] + 0.05);
  if (contrast < 4.5) faint.push(`${words}: ${contrast.toFixed(2)}`);
}
return faint;
"""


def missing() -> str | None:
    """Why there is no browser, or None."""
    if _program(*_BROWSERS) is None:
        return "no Chromium is installed"
    if shutil.which("chromedriver") is None:
        return "no chromedriver is installed"
    return None


class Browser:
    """A browser with one window.

    Args:
        driver: What drives it.
    """

    def __init__(self, driver: webdriver.Chrome) -> None:
        self.driver = driver

    def forget(self) -> None:
        """Be a browser that has never been anywhere."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get("about:blank")
        self.complaints()

    def open(self, url: str) -> None:
        """Open an address."""
        self.driver.get(url)

    def find(self, path: str) -> WebElement:
        """Return the first element of an XPath, as soon as it is there."""

        def look(driver: webdriver.Chrome) -> WebElement | Literal[False]:
            try:
                return driver.find_element(By.XPATH, path)
            except WebDriverException as error:
                if _is_by_next_page(error):
                    return False
                raise

        return WebDriverWait(self.driver, WAIT_SECONDS, _GLANCE_SECONDS).until(look)

    def click(self, words: str) -> None:
        """Press the button or link with these words."""
        element = self.find(f"//button[contains(., '{words}')] | //a[contains(., '{words}')]")
        try:
            element.click()
        except WebDriverException as error:
            if not _is_by_next_page(error):
                raise

    def reads(self, words: str) -> str:
        """Return the text of the page, as soon as it holds these words."""
        self.find(f'//body[contains(., "{words}")]')
        return self.text

    @property
    def text(self) -> str:
        """The text of the page, as it is seen."""
        return str(self.driver.find_element(By.TAG_NAME, "body").text)

    @property
    def url(self) -> str:
        """The URL in the address bar."""
        return str(self.driver.current_url)

    def consent(self, person: str, decision: str) -> None:
        """Decide on Jobber's page."""
        self.find(f"//option[@value='{person}']").click()
        self.click(decision)

    def complaints(self) -> list[str]:
        """Return the console's messages since the last call, such as breaches of the page's security policy."""
        entries: list[dict[str, Any]] = self.driver.execute("getLog", {"type": "browser"})["value"]
        return [entry["message"] for entry in entries]

    def look(self, name: str) -> None:
        """See how the page looks at two widths, in light and in dark, and keep pictures if that is wanted.

        Nothing may stick out at the side, and every text has to stand out from its ground.
        """
        for width, height in (PHONE, DESKTOP):
            size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width == PHONE[0]}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
            for scheme in ("light", "dark"):
                media = {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
                self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
                assert self.driver.execute_script("return document.documentElement.scrollWidth") <= width
                assert self.driver.execute_script(_FAINT) == [], f"{name} in {scheme}"
                if SCREENSHOTS:
                    self._shoot(f"{name}-{width}-{scheme}.png")
        self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def _shoot(self, name: str) -> None:
        assert SCREENSHOTS
        Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
        picture = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
        Path(SCREENSHOTS, name).write_bytes(base64.b64decode(picture["data"]))


def _is_by_next_page(error: WebDriverException) -> bool:
    """Return True if the browser went on to the next page while a command ran, which the driver calls an error."""
    return "aborted by navigation" in str(error.msg)


@contextmanager
def browsing(home: Path) -> Iterator[Browser]:
    """Provide a browser until the context ends."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(_program(*_BROWSERS))
    for word in (*_QUIET, f"--user-data-dir={home}"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield Browser(driver)
    finally:
        driver.quit()


def _program(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
