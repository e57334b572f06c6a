"""`make screenshots`: the pictures of docs/pictures/, from a demo of its own that is thrown away.

Nothing of `make run` is touched: another folder, another database, another port. The same screens
in the same sizes each time; the demo's days count from today, so the figures in them move.
"""

import csv
import io
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dev.places import ROOT, Refused

PICTURES = ROOT / "docs" / "pictures"
DESKTOP = (1400, 875)
PHONE = (390, 844)
COLORS = 256
MOST_BYTES = 200_000
PATIENCE = 30_000  # milliseconds: a cold server beside a busy machine
FINANCE, AUDITOR = "finance@igny8.test", "auditor@igny8.test"


@dataclass(frozen=True)
class Picture:
    """`show` leads the window, signed in as `login`, to what is to be seen."""

    name: str
    show: Callable
    login: str = FINANCE
    scheme: str = "light"
    size: tuple[int, int] = DESKTOP


def at(path: str) -> Callable:
    return lambda page: page.goto(path)


def account(page: object) -> None:
    """The customer of the oldest transfer that waits: there is something to see and to do."""
    page.goto("/admin/billing/payment/?queue=transfers-waiting")
    found = page.locator("#result_list a[href*='/tenancy/account/']")
    if not found.count():
        page.goto("/admin/tenancy/account/")
        found = page.locator("#result_list a[href*='/tenancy/account/']")
    page.goto(found.last.get_attribute("href").partition("?")[0])


def grant(page: object) -> None:
    account(page)
    page.get_by_role("link", name="Grant credits").first.click()
    dialog = page.get_by_role("dialog")
    dialog.locator("[name=amount]").fill("500")
    dialog.locator("[name=reason]").fill("Goodwill for the outage on Tuesday")


def import_preview(page: object) -> None:
    """Today's plans with one price changed and a new plan."""
    page.goto("/admin/tenancy/plan/import/")
    with page.expect_download() as download:
        page.get_by_role("button", name="Today’s plans in this form").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    headings, *rows = csv.reader(io.StringIO(text))
    place = headings.index("price")
    changed = next(row for row in rows if float(row[place]) > 0)
    new = list(changed)
    new[headings.index("slug")], new[headings.index("name")] = "agency", "Agency"
    new[place] = "249.00"
    changed[place] = f"{float(changed[place]) + 10:.2f}"
    made = io.StringIO()
    csv.writer(made).writerows([headings, *rows, new])
    page.get_by_label("CSV file").set_input_files(
        {"name": "plans.csv", "mimeType": "text/csv", "buffer": made.getvalue().encode()}
    )
    page.get_by_role("button", name="Upload and preview").click()
    page.locator("[name=reason]").wait_for()


PICTURES_OF = (
    Picture("dashboard", at("/admin/")),
    Picture("dashboard-dark", at("/admin/"), scheme="dark"),
    Picture("dashboard-phone", at("/admin/"), size=PHONE),
    Picture("account", account),
    Picture("grant", grant),
    Picture("reconcile", at("/admin/reconcile/")),
    Picture("report", at("/admin/reports/cash/")),
    Picture("import-preview", import_preview),
    Picture("audit", at("/admin/tenancy/auditevent/"), login=AUDITOR),
    Picture("first-day", at("/admin/help/")),
)


def take(address: str) -> None:
    from playwright.sync_api import sync_playwright

    from dev.browser_fixtures import chromium

    found = chromium()
    if found is None:
        raise Refused("The pictures need Chromium: apt install chromium")
    PICTURES.mkdir(parents=True, exist_ok=True)
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=[*sandbox, "--disable-dev-shm-usage", "--font-render-hinting=none"],
        )
        for picture in PICTURES_OF:
            width, height = picture.size
            context = browser.new_context(
                base_url=address,
                viewport={"width": width, "height": height},
                device_scale_factor=1,
                color_scheme=picture.scheme,
                reduced_motion="reduce",
                locale="en-GB",
                timezone_id="UTC",
            )
            context.set_default_timeout(PATIENCE)
            page = context.new_page()
            _sign_in(page, picture.login)
            picture.show(page)
            page.wait_for_load_state("networkidle")
            page.evaluate("document.fonts.ready")
            # A caret that blinks would be there one time and not the next.
            _keep(page.screenshot(animations="disabled", caret="hide"), picture.name)
            context.close()
        browser.close()


def _sign_in(page: object, login: str) -> None:
    page.goto("/admin/login/")
    page.locator("[name=username]").fill(login)
    page.locator("[name=password]").fill("demo")
    page.locator("[name=password]").press("Enter")
    page.wait_for_url("**/admin/")


def _keep(shot: bytes, name: str) -> None:
    """As a palette of 256 colors: a third of the bytes, and nobody sees which."""
    from PIL import Image

    path = PICTURES / f"{name}.png"
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    image.quantize(COLORS, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    if size > MOST_BYTES:
        raise Refused(f"{path.name} has {size:,} bytes; {MOST_BYTES:,} are the most.")
    print(f"  {path.relative_to(ROOT)}  {size // 1000} kB")


@contextmanager
def demo() -> Iterator[str]:
    """The address of a console with a fresh demo; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="igny8-pictures-"))
    folder.chmod(0o755)  # as root, PostgreSQL runs as another user
    os.environ.pop("DATABASE_URL", None)
    os.environ |= {"DATA_DIR": str(folder), "IGNY8_DEMO": "1"}
    from dev import demo_environment, run

    supervisor = server = None
    try:
        server = demo_environment.prepare()
        run.prepare_database()
        supervisor = run.Supervisor(number=_free_port(), server=server)
        supervisor.start("web")
        supervisor.wait_until_it_answers()
        supervisor.start("worker")
        yield f"http://localhost:{supervisor.number}"
    finally:
        if supervisor:
            supervisor.stop()
        if server:
            server.close()
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main() -> None:
    with demo() as address:
        take(address)


if __name__ == "__main__":
    try:
        main()
    except Refused as error:
        sys.exit(str(error))
