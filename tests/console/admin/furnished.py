"""A world with at least one object of every kind, whose texts try to break out of the page."""

from decimal import Decimal

from django.db import models
from django.utils import timezone

from billing.models import (
    BankFormat,
    BankStatement,
    PayerLink,
    Payment,
    PaymentStatus,
)
from billing.services import credits
from billing.services.money_proof import prove_money
from billing.services.proof import prove_ledger
from console.site import site
from tenancy.models import AuditEvent, SiteUserAccess, SyncEvent, User
from tenancy.services import api_keys
from tests.conftest import World, make_world
from tests.factories import (
    NOW,
    REASON,
    make_account,
    make_allocation,
    make_approval,
    make_hold,
    make_import,
    make_ledger_row,
    make_line,
    make_note,
    make_plan,
    make_sector,
    make_site,
    make_subscription,
    open_transfer,
    put,
)

HOSTILE = "<img src=x onerror=alert(1)>\"'"
ESCAPED = "&lt;img src=x onerror=alert(1)&gt;"
WP_PASSWORD = "canary-wp-7731-abcd"
LOGIN_PASSWORD = "canary-login-4410"


class Furnished:
    """`secrets` are texts that no page may hold; `one(model)` is an object of a model."""

    def __init__(self, world: World | None = None) -> None:
        self.world: World = world or make_world()
        self.secrets = [WP_PASSWORD]
        self._oldest: dict[type[models.Model], models.Model] = {}
        self._people()
        self._sites()
        self._money()
        self._records()

    def one(self, model: type[models.Model]) -> models.Model:
        """The oldest: it has the most behind it."""
        if model not in self._oldest:
            self._oldest[model] = model._default_manager.order_by("pk").first()
        return self._oldest[model]

    def _people(self) -> None:
        world = self.world
        put(
            world.home,
            name=f"Home {HOSTILE}",
            billing_email='"<script>"@example.com',
            billing_address_line1=HOSTILE,
            billing_address_city=HOSTILE,
        )
        for person in User.objects.all():
            person.set_password(LOGIN_PASSWORD)
            person.name = HOSTILE
            person.save()
            self.secrets.append(person.password)

    def _sites(self) -> None:
        place = make_site(
            self.world.home,
            name=HOSTILE,
            slug=HOSTILE,
            domain=HOSTILE,
            wp_url="javascript:alert(1)",
            wp_username=HOSTILE,
            wp_app_password=WP_PASSWORD,
        )
        make_sector(place, name=HOSTILE, slug=HOSTILE)
        SiteUserAccess.objects.create(account=self.world.home, site=place, user=self.world.bob)
        for _ in range(2):
            made = api_keys.rotate(
                site=place, overlap_hours=1, by=self.world.sam, reason=REASON, now=timezone.now()
            )
            self.secrets += [made.secret, made.key.key_hash]
        SyncEvent.objects.create(
            account=self.world.home,
            site=place,
            event_type=HOSTILE,
            action=HOSTILE,
            message=HOSTILE,
            details={HOSTILE: HOSTILE},
            success=False,
        )

    def _money(self) -> None:
        world = self.world
        make_plan(name=f"Plan {HOSTILE}")
        make_subscription(world.home)
        paid = open_transfer(world.home, status=PaymentStatus.CONFIRMED)
        Payment.objects.filter(pk=paid.pk).update(payer=HOSTILE)
        open_transfer(world.other)
        open_transfer(make_account(), status=PaymentStatus.REJECTED)
        row = make_ledger_row(
            world.home,
            amount=-4,
            type="deduction",
            description=HOSTILE,
            operation=HOSTILE[:40],
            metadata={HOSTILE: HOSTILE},
            idempotency_key=HOSTILE,
        )
        credits.reverse(entry=row, by=world.fiona, reason=HOSTILE)
        make_hold(world.home, operation=HOSTILE[:40], idempotency_key=HOSTILE)
        line = make_line(
            Decimal("89.00"),
            by=world.fiona,
            payer_name=HOSTILE,
            payer_iban="GB82WEST12345698765432",
            reference_raw=HOSTILE,
            reference_normalised=HOSTILE,
        )
        BankStatement.objects.filter(pk=line.statement_id).update(bank=HOSTILE, file_name=HOSTILE)
        make_allocation(line, paid, reason=HOSTILE)
        BankFormat.objects.create(
            bank=HOSTILE, columns={HOSTILE: HOSTILE}, updated_at=NOW, updated_by=world.fiona
        )
        PayerLink.objects.create(
            payer_key=HOSTILE, account=world.home, created_at=NOW, created_by=world.fiona
        )
        make_import(world.fiona, name=HOSTILE)
        make_note(world.home, HOSTILE, pinned=True, by=world.sam)
        make_approval(world.home, facts={HOSTILE: HOSTILE}, reason=HOSTILE, requested_by=world.sam)
        prove_ledger(now=NOW)
        prove_money(now=NOW)

    def _records(self) -> None:
        # Written past the service, which takes no such link: a page must not trust the table.
        AuditEvent.objects.create(
            actor=self.world.sam,
            actor_label=self.world.sam.email,
            verb="account_edited",
            result=AuditEvent.Result.REFUSED,
            account=self.world.home,
            target_type="account",
            target_id=str(self.world.home.pk),
            target_label=HOSTILE,
            before={"name": HOSTILE, HOSTILE: HOSTILE},
            after={"name": f"New {HOSTILE}"},
            reason=HOSTILE,
            ticket_url="javascript:alert(1)",
            door="console",
        )


def missing() -> list[str]:
    """Kinds of which the world has none: their pages would not be tested."""
    return [model.__name__ for model in site._registry if not model._default_manager.exists()]
