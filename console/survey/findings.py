"""What the numbers mean for whoever has to act on them."""

from collections.abc import Iterator

from console.survey.figures import Figures
from console.survey.markdown import LOOK, NO, YES, bullets, count, number
from console.survey.money import proof

HEADINGS = {YES: "What's Ready", NO: "What's Missing", LOOK: "What Needs Attention"}

type Finding = tuple[str, str]


def section(figures: Figures) -> list[str]:
    findings = [
        *_accounts(figures),
        *_people(figures),
        *_sites(figures),
        *_money(figures),
    ]
    lines = ["## Critical Findings"]
    for mark, heading in HEADINGS.items():
        texts = [text for found, text in findings if found == mark]
        lines += [f"### {mark} {heading}", *bullets(texts or ["Nothing"])]
    return lines


def _none(number_found: int, well: str, one: str, many: str, *, otherwise: str = LOOK) -> Finding:
    """Well when there are none; else their number, as one or many."""
    return (otherwise, count(number_found, one, many)) if number_found else (YES, well)


def _accounts(figures: Figures) -> Iterator[Finding]:
    numbers = figures.accounts
    yield _none(
        numbers["without_plan"],
        "Every account has a plan",
        "account has no plan",
        "accounts have no plan",
        otherwise=NO,
    )
    yield _none(
        numbers["without_owner"],
        "Every account has an owner",
        "account has no owner",
        "accounts have no owner",
        otherwise=NO,
    )
    yield _none(
        numbers["zero_credits"],
        "Every account has credits",
        "account has 0 credits",
        "accounts have 0 credits",
    )
    yield _none(
        numbers["without_payment_method"],
        "Every account has a payment_method",
        "account has no payment_method",
        "accounts have no payment_method",
        otherwise=NO,
    )
    if numbers["trials_over"]:
        over = count(numbers["trials_over"], "trial is over", "trials are over")
        yield LOOK, f"{over}; run_daily suspends"


def _people(figures: Figures) -> Iterator[Finding]:
    yield _none(
        figures.users["without_account"],
        "Every user has an account",
        "user has no account",
        "users have no account",
    )
    if not figures.users["console_staff"]:
        yield NO, "Nobody can work in the console; create_staff adds the first Administrator"
    if figures.users["superusers"]:
        yield LOOK, f"{count(figures.users['superusers'], 'active superuser')} (break-glass)"


def _sites(figures: Figures) -> Iterator[Finding]:
    yield _none(
        figures.sites["without_industry"],
        "Every site has an industry",
        "site has no industry",
        "sites have no industry",
    )
    yield _none(
        figures.sites["without_sectors"],
        "Every site has sectors",
        "site has no sectors",
        "sites have no sectors",
    )


def _money(figures: Figures) -> Iterator[Finding]:
    yield _none(
        figures.accounts["active_without_subscription"],
        "Every active account has a subscription",
        "active account has no subscription",
        "active accounts have no subscription",
        otherwise=NO,
    )
    if figures.transfers["total"]:
        overdue = number(figures.transfers["overdue"])
        open_ones = count(figures.transfers["total"], "open bank transfer")
        yield LOOK, f"{open_ones}, {overdue} of them overdue"
    yield _none(
        figures.accounts["frozen"],
        "No account's credits are frozen",
        "account's credits are frozen",
        "accounts' credits are frozen",
    )
    mark, _, text = proof(figures).partition(" ")
    yield mark, text
