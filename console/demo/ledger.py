"""The 280 rows of the credit ledger.

The survey says of aws-admin that it opened at 10,000, stands at 454, and that its newest rows are
image_prompt_extraction at 2 credits. At 2 credits each, that way would take 4,773 rows; there are
280 in all. So the newest 63 rows are prompt extractions (580 to 454), and before them 35 rounds of
writing spent the other 9,420: a clustering, an idea generation, two batches of articles, the
images and a prompt extraction each. Every amount is the operation's default cost for the words,
ideas or images that the row names.

The survey also gives aws-admin "280+" of the 280 transactions. But it has other accounts with
credits, and here every credit stands in a ledger: six of the rows are the first credits of those
accounts, and aws-admin has 274. They are written as they are numbered: in order of time, in one
statement, with times that lie in the past, which the verbs for spending do not offer.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from billing.models import CreditTransaction, Operation, TransactionType
from console.demo.customers import CUSTOMERS, LEDGER_BEGAN, Customer
from console.demo.rows import REASON
from tenancy.models import Account
from tenancy.records import SYSTEM, record

ROUNDS = 35
FIRST_ROUND = timedelta(days=-55)
BETWEEN_ROUNDS = timedelta(hours=36)
BETWEEN_STEPS = timedelta(minutes=20)

# Round n takes the n-th of each, from the front again after the last: 5 and 7 divide 35.
IDEAS = (20, 25, 30, 35, 40)
IMAGES = (4, 6, 8, 10, 12)
WORDS_OF_FIRST_BATCH = (8_360, 8_760, 9_060, 9_260, 9_360, 9_660, 9_760)
WORDS_OF_SECOND_BATCH = (8_460, 8_960, 9_460, 9_960, 10_460)
CREDITS_FOR_CLUSTERING = 10
CREDITS_FOR_PROMPTS = 2
CREDITS_FOR_AN_IMAGE = 5

NEWEST_PROMPTS = 63
BETWEEN_PROMPTS = timedelta(minutes=70)
NEWEST_ROW = timedelta(minutes=-9)

WRITING_SITES = ("massagers-mart", "home-garden-site")


def add_ledger(*, now: datetime) -> None:
    accounts = {account.slug: account for account in Account.objects.all()}
    rows = [*_first_credits(accounts, now), *_spent_by(accounts["aws-admin"], now)]
    CreditTransaction.objects.bulk_create(sorted(rows, key=lambda row: row.created_at))
    for customer in CUSTOMERS:
        _record_first_credits(customer, accounts[customer.slug])


def _first_credits(accounts: dict[str, Account], now: datetime) -> Iterator[CreditTransaction]:
    for customer in CUSTOMERS:
        if customer.first_credits:
            type = TransactionType.OPENING if customer.trial_left is None else TransactionType.TRIAL
            yield CreditTransaction(
                account=accounts[customer.slug],
                type=type,
                amount=customer.first_credits,
                description=type.label,
                reason=REASON,
                created_at=now - min(customer.since, LEDGER_BEGAN),
            )


def _record_first_credits(customer: Customer, account: Account) -> None:
    if customer.first_credits:
        record(
            "credits_opened",
            by=SYSTEM,
            reason=REASON,
            target=account,
            account=account,
            before={"credits": 0},
            after={"credits": customer.first_credits, "ledger_row": 1},
        )


def _spent_by(account: Account, now: datetime) -> Iterator[CreditTransaction]:
    for number in range(ROUNDS):
        start = now + FIRST_ROUND + number * BETWEEN_ROUNDS
        site = WRITING_SITES[number % len(WRITING_SITES)]
        for step, (operation, credits, units, description) in enumerate(_round(number)):
            yield CreditTransaction(
                account=account,
                type=TransactionType.DEDUCTION,
                amount=-credits,
                operation=operation,
                description=description,
                metadata={"units": units, "site": site},
                created_at=start + step * BETWEEN_STEPS,
            )
    for number in reversed(range(NEWEST_PROMPTS)):
        operation, credits, units, description = _prompts()
        yield CreditTransaction(
            account=account,
            type=TransactionType.DEDUCTION,
            amount=-credits,
            operation=operation,
            description=description,
            metadata={"units": units, "site": WRITING_SITES[0]},
            created_at=now + NEWEST_ROW - number * BETWEEN_PROMPTS,
        )


type Step = tuple[Operation, int, int, str]


def _round(number: int) -> tuple[Step, ...]:
    """The steps of one round: operation, credits, units and description."""
    ideas = IDEAS[number % len(IDEAS)]
    images = IMAGES[number % len(IMAGES)]
    return (
        (Operation.CLUSTERING, CREDITS_FOR_CLUSTERING, 1, Operation.CLUSTERING.value),
        (Operation.IDEA_GENERATION, ideas, ideas, f"idea_generation: {ideas} ideas"),
        _articles(WORDS_OF_FIRST_BATCH[number % len(WORDS_OF_FIRST_BATCH)]),
        _articles(WORDS_OF_SECOND_BATCH[number % len(WORDS_OF_SECOND_BATCH)]),
        (
            Operation.IMAGE_GENERATION,
            images * CREDITS_FOR_AN_IMAGE,
            images,
            f"image_generation: {images} images",
        ),
        _prompts(),
    )


def _articles(words: int) -> Step:
    description = f"content_generation: {words:,} words in 6 articles"
    return Operation.CONTENT_GENERATION, -(-words // 100), words, description


def _prompts() -> Step:
    operation = Operation.IMAGE_PROMPT_EXTRACTION
    return operation, CREDITS_FOR_PROMPTS, 1, operation.value
