"""A picture of every page of the desk in every state, light and dark, for people to look at.

    python -m tests.journey.pictures [BEGINNING]     # or `make pictures`; needs Chromium

The states of tests/api/desk_samples.py, on the screen of an office laptop, into var/pictures
(which git ignores): NAME-light.png and NAME-dark.png. Only names that begin so, where one is given.
"""

import argparse
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from api.serve import start_in_thread
from tests.api.desk_samples import PAGES, gallery
from tests.journey.conftest import CHROMIUM, CHROMIUM_ARGS
from tests.journey.test_journey_pages_axe import sign_in
from tests.journey.walk import SIZE

FOLDER = Path(__file__).resolve().parents[2] / "var" / "pictures"
SCHEMES = ("light", "dark")


def main(beginning: str, folder: Path = FOLDER) -> int:
    """Take them; how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    server = start_in_thread(gallery(), host="127.0.0.1", port=0)
    try:
        with sync_playwright() as play:
            chromium = play.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_ARGS)
            names = [name for name in PAGES if name.startswith(beginning)]
            address = f"http://127.0.0.1:{server.port}"
            taken = sum(_taken(chromium, address, folder, (name, names)) for name in SCHEMES)
            chromium.close()
    finally:
        server.stop()
    return taken


def _taken(browser: Browser, address: str, folder: Path, what: tuple[str, list[str]]) -> int:
    scheme, names = what
    context = browser.new_context(
        viewport=SIZE, color_scheme="dark" if scheme == "dark" else "light", base_url=address
    )
    page = context.new_page()
    for name in names:
        context.clear_cookies()
        sign_in(page, address, name)
        page.goto(f"/muster/{name}")
        page.screenshot(path=folder / f"{name}-{scheme}.png")
    context.close()
    return len(names)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("beginning", nargs="?", default="")
    print(f"{main(parser.parse_args().beginning)} pictures in {FOLDER}")
