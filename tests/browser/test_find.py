"""Whatever a customer quotes is found by Ctrl+K on any screen, and Enter opens its page."""

import re
from pathlib import Path

from django.utils import timezone
from playwright.sync_api import expect

from tenancy.services import api_keys
from tests import factories
from tests.browser.clicks import TOUR, took
from tests.browser.conftest import Desk, page_of
from tests.conftest import World

FIRST = "#command-results-list li:first-child > a"


def test_a_customer_is_found_by_whatever_they_quote(desk: Desk, world_in_server: World) -> None:
    world, now = world_in_server, timezone.now()
    home, account = world.home, page_of(world.home)
    site = factories.make_site(home, name="Tester", domain="www.homeg8.com")
    made = api_keys.rotate(site=site, overlap_hours=0, by=world.sam, reason="New site", now=now)
    paid = factories.open_transfer(home, now=now)
    facts = {"value_date": now.date(), "bank_transaction_id": "STMT-77/1"}
    factories.confirm(paid, by=world.fiona, now=now, **facts)
    reference = factories.open_transfer(home, now=now).reference
    slip = reference[:4] + ("O" if reference[4] != "O" else "A") + reference[5:]
    page = desk.sign_in(world.sam).begin()
    desk.ask("")
    # Each with another title than the one before: an old answer cannot pass for a new one.
    for term, title, tab in (
        ("HOME g8", "Home G8", ""),
        ("https://www.homeg8.com/blog", "Tester", "sites"),
        ("alice@homeg8.example", "Home G8", ""),
        (f"payment {reference.replace('-', ' ').lower()} thanks", reference, "billing"),
        ("home-g8", "Home G8", ""),
        (slip, f"Did you mean {reference}?", "billing"),
        ("STMT-77/1", paid.reference, "billing"),
        (made.key.prefix[:12], f"{made.key.prefix}…", "sites"),
        (paid.invoice.number, paid.invoice.number, "billing"),
        ("$89", reference, "billing"),
    ):
        page.locator("#search-input-command").fill(term)
        link = f"{account}?tab={tab}" if tab else account
        # Waits for the next frame; `expect` looks again after 100, 250, 500 milliseconds.
        page.wait_for_selector(f'{FIRST}[data-title="{title}"][href="{link}"]')

    page.keyboard.press("Enter")
    page.wait_for_url(f"**{account}?tab=billing")
    expect(page.get_by_role("heading", name="Home G8", exact=True)).to_be_visible()
    took(page, "Find a customer by whatever they quote", clicks=0, keys=2)


def test_every_job_of_the_tour_is_tried() -> None:
    jobs = re.findall(r"^\| (.+?) \| \d+ \| \d+ \|$", TOUR.read_text(), re.MULTILINE)
    tests = " ".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    assert jobs
    assert [job for job in jobs if f'"{job}"' not in tests] == []
