"""The survey of the demo shows the rows of the customer's own survey, letter for letter."""

import pytest

from console.survey import survey
from tests.console.conftest import LOADED_AT

SURVEYED = """\
| ID | Slug | Name | Price/Month | Credits | Max Sites | Max Users | Active |
| 1 | free | Free Plan | $0 | 100 | 1 | 1 | ✅ |
| 2 | starter | Starter | $89 | 1,000 | 1 | 2 | ✅ |
| 4 | growth | Growth | $139 | 2,000 | 3 | 3 | ✅ |
| 5 | scale | Scale | $229 | 4,000 | 5 | 5 | ✅ |
| 6 | enterprise | Enterprise Plan | $0 | 10,000 | 20 | 10,000 | ✅ |
- Free: No features array (empty)
- Starter: ai_writer, image_gen
- Growth: ai_writer, image_gen, auto_publish
- Scale: ai_writer, image_gen, auto_publish, custom_prompts
- Enterprise: ai_writer, image_gen, auto_publish, custom_prompts, unlimited
| ID | Slug | Name | Owner | Plan | Credits | Status |
| 29 | home-g8 | Home G8 | admin@homeg8.com | starter | 8,000 | active |
| 14 | scale-account | Scale Account | scale@igny8.com | scale | 8,000 | active |
| 5 | aws-admin | AWS Admin | dev@igny8.com | enterprise | 454 | active |
| 28 | auto-remote | Auto Remote | auto+remote0003@example.com | enterprise | 0 | trial |
| 30 | tacbit | TacBit | payments@tacbit.net | free | 100 | trial |
Total Accounts: 8
- ✅ Account → Plan relationship working
- ✅ Account → Owner (User) relationship working
- ✅ Credits are being tracked and used (aws-admin has 454 remaining)
| 3 | dev@igny8.com | developer | aws-admin | ✅ Yes |
| 43 | scale@igny8.com | owner | scale-account | No |
| 53 | tacbit.com@gmail.com | owner | salman-raza-sadiq | No |
| 57 | admin@homeg8.com | owner | home-g8 | No |
| 58 | payments@tacbit.net | owner | tacbit | No |
Total Users: 8
- 1 developer (superuser)
- 7 owners
- 0 admins
- 0 editors
- 0 viewers
✅ All users have accounts assigned
| ID | Slug | Name | Account | Industry | Active | Sectors |
| 19 | tester-site | tester site | home-g8 | Healthcare & Medical | ✅ | 1 |
| 18 | new-site | new site | scale-account | Healthcare & Medical | ✅ | 1 |
| 16 | massagers-mart | Massagers Mart | aws-admin | Healthcare & Medical | ✅ | 3 |
| 5 | home-garden-site | Home & Garden Site | aws-admin | Home & Garden | ✅ | 5 |
Total Sites: 4
Status: ❌ NO SUBSCRIPTIONS EXIST IN DATABASE
Total Transactions: 280
Sample (Latest 5):
| Account | Type | Amount | Balance After | Description |
| aws-admin | deduction | -2 | 454 | image_prompt_extraction |
| aws-admin | deduction | -2 | 456 | image_prompt_extraction |
| aws-admin | deduction | -2 | 458 | image_prompt_extraction |
- ✅ Credit tracking is working"""
# The survey's own header of this table lost the word; the brief of the columns has it.
USERS_HEADER = "| ID | Email | Role | Account | Superuser |"
SECTIONS = """\
## Existing Plans in Database
### Plan Features
### Key Observation
## Existing Accounts (Sample)
### Account Observations
## Existing Users & Roles
### User Role Distribution
### User → Account Relationship
## Existing Sites
### Site → Account Relationship
## Subscriptions
### Implications
## Credit Transactions
### Credit System Status
## Database Schema State
## Critical Findings"""


@pytest.fixture(scope="module")
def surveyed(demo: None) -> list[str]:
    return survey(now=LOADED_AT).splitlines()


@pytest.mark.parametrize("line", [*SURVEYED.splitlines(), USERS_HEADER, *SECTIONS.splitlines()])
def test_the_demo_shows_the_surveys_line(surveyed: list[str], line: str) -> None:
    assert line in surveyed


@pytest.mark.parametrize(
    "line",
    [
        "Console staff: 5",
        "- ✅ Separate 'free-trial' plan exists with 2,000 credits and 14 trial days",
        "- 1 account has 0 credits",
        "- 8 accounts have no payment_method",
        "- 3 active accounts have no subscription",
        "- 1 trial is over; run_daily suspends",
        "- 4 open bank transfers, 1 of them overdue",
        "- aws-admin (id: 5), plan enterprise: 454 credits remaining (from 10,000), "
        "274 credit transactions, 2 sites",
        "- ✅ Balance tracking is accurate: proven 2025-12-08 10:00 UTC, 280 transactions of "
        "8 accounts, 0 differences",
    ],
)
def test_the_demos_findings(surveyed: list[str], line: str) -> None:
    assert line in surveyed


def test_every_table_is_whole(surveyed: list[str]) -> None:
    for number, line in enumerate(surveyed):
        if line.startswith("|---"):
            width = line.count("|")
            rows = surveyed[number - 1 : surveyed.index("", number)]
            assert {row.count("|") for row in rows} == {width}
            assert surveyed[number - 2] == ""


def test_headings_stand_apart(surveyed: list[str]) -> None:
    for number, line in enumerate(surveyed[1:-1], start=1):
        if line.startswith("#"):
            assert (surveyed[number - 1], surveyed[number + 1]) == ("", "")
