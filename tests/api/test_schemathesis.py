"""The running API against its own description: gunicorn, committed data, ids of what is there.

What the description allows is answered as described, what it forbids is refused, and nothing is
ever a fault of the server. The cases are schemathesis's coverage: each bound of each member and
parameter, from inside and from outside. They come from the description alone, not from chance.

Every check of schemathesis is made. Two are made where they can tell something:
`positive_data_acceptance` not where a fact stands against what is right in itself (FACTS), and
`ignored_auth`, which calls again without credentials and with wrong ones, once for each call.
Its stateful phase is left out: what it draws depends on the answers before, and on a database that
keeps them hypothesis refuses that as flaky. So are random cases, which differ from run to run; odd
bytes and characters are tried by test_doors.
"""

import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import pytest
import requests
import schemathesis
from django.utils import timezone
from pytest_django import DjangoDbBlocker
from schemathesis import Case, GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.generation.drivers import CoverageGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from billing.models import Payment
from billing.services import bank_transfers
from console import api_docs
from tenancy.api import tokens
from tenancy.models import Plan, User
from tenancy.roles import Role
from tenancy.services.password_links import link_tokens
from tests.api.serving import gunicorn
from tests.api.table import CALLS, Who
from tests.api.test_isolation import CONFIRM, Tenant, make_tenant
from tests.api.world import ROOT, anybody, by_token, new_key
from tests.conftest import empty_at_first
from tests.factories import REASON, make_account, make_plan, make_user
from tests.prepared import Prepared, prepare

PASSWORD = "correct horse battery staple"
# Codes of a 400 that no description can foretell: somebody else was there first, or knows better.
FACTS = {"email_taken", "trial_used", "slug_taken", "invitation_over", "wrong_password"}
CONFIG = {
    "checks": {
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "402", "403", "404", "409"],
        }
    },
    # The other methods are tried by test_matrix.
    "phases": {"coverage": {"unexpected-methods": ["put"]}},
}
SCHEMA = schemathesis.openapi.from_dict(
    json.loads(api_docs.described()), config=SchemathesisConfig.from_dict(CONFIG)
)
# By method and path, as the table writes them.
OPERATIONS: dict[tuple[str, str], APIOperation] = {
    (
        operation.method.upper(),
        re.sub(r"{\w+}", "<id>", operation.path.removeprefix(ROOT)),
    ): operation
    for result in SCHEMA.get_all_operations()
    for operation in [result.ok()]
}


@dataclass
class Stage:
    """A tenant and who calls for it: its owner, its site, a developer of the company."""

    tenant: Tenant
    site_key: str
    developer: User
    invited: User

    def callers(self, method: str, path: str) -> tuple[Mapping[str, str], Mapping[str, str]]:
        """The headers of whom such a call is for, and of who names the account in it."""
        who = CALLS[method, path].who
        developer = by_token(self.developer).acting_for(self.tenant.account).headers
        if who is Who.SITE:
            return {"Authorization": f"Api-Key {self.site_key}"}, developer
        return developer if who is Who.COMPANY else by_token(self.tenant.owner).headers, developer

    def named(self, path: str) -> dict[str, str]:
        """What a body has to name so that it is let in: no description can give it."""
        sector = self.tenant.account.sites.get().sectors.get().industry_sector
        named = {
            "industry": sector.industry.slug,
            "industry_sector": sector.slug,
            "plan": self.tenant.account.plan.slug,
            "domain": "sparrow.example",
            "wp_url": "https://sparrow.example/",
            "billing_address_country": "PK",
            "amount": CONFIRM["amount"],
            "value_date": timezone.now().date().isoformat(),
            "password": PASSWORD,
            "old_password": PASSWORD,
            "new_password": f"{PASSWORD} 2",
            "refresh": tokens.issue(self.tenant.owner)["refresh"],
            "token": link_tokens.make_token(self.invited),
        }
        if path in ("auth/login/", "auth/accept/"):
            named["email"] = (self.invited if "accept" in path else self.tenant.owner).email
        return named


def make_stage() -> Stage:
    make_plan(slug="free-trial", price=0, trial_days=14)
    tenant = make_tenant("sparrow")
    Plan.objects.update(max_sites=1_000, max_users=1_000)
    site = tenant.account.sites.get()
    site.industry = site.sectors.get().industry_sector.industry
    site.save()
    tenant.owner.set_password(PASSWORD)
    tenant.owner.save()
    company = make_account(status="active", is_system=True)
    return Stage(
        tenant,
        site_key=new_key(site),
        developer=make_user(company, role=Role.DEVELOPER),
        invited=make_user(tenant.account, role=Role.EDITOR),
    )


@pytest.fixture(scope="module")
def prepared(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Prepared:
    with django_db_blocker.unblock():
        return prepare(make_stage, empty_at_first())


@pytest.fixture
def stage(prepared: Prepared, committed: None) -> Stage:
    return prepared.put()


@dataclass
class Server:
    """The running server, what it answered to a call, and what is wrong with that."""

    address: str
    session: requests.Session = field(default_factory=requests.Session)
    statuses: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    def is_told(self, case: Case, headers: Mapping[str, str]) -> None:
        sent = {"base_url": self.address, "session": self.session, "headers": dict(headers)}
        answer = case.call(**sent)
        left_out = []
        if answer.status_code == 400 and codes_of(answer) <= FACTS:
            left_out.append(positive_data_acceptance)
        if self.let_somebody_in:
            left_out.append(ignored_auth)
        self.statuses.append(answer.status_code)
        try:
            case.validate_response(
                answer, headers=sent["headers"], excluded_checks=left_out, transport_kwargs=sent
            )
        except FailureGroup as group:
            told = f"{answer.text[:500]}\n{case.as_curl_command()}"
            self.wrong += [f"{fault}\n{told}" for fault in group.exceptions]

    @property
    def let_somebody_in(self) -> bool:
        return any(status < 300 for status in self.statuses)


def codes_of(answer: requests.Response) -> set[str]:
    return {error["code"] for error in answer.json().get("errors", [{"code": ""}])}


@pytest.fixture(scope="module")
def server_address(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    with django_db_blocker.unblock(), gunicorn(tmp_path_factory.mktemp("server")) as address:
        yield address


@pytest.fixture
def server(server_address: str) -> Iterator[Server]:
    server = Server(server_address)
    server.session.trust_env = False  # no proxy stands between
    yield server
    server.session.close()


def test_every_call_is_described() -> None:
    assert OPERATIONS.keys() == CALLS.keys()


@pytest.mark.parametrize(("method", "path"), sorted(OPERATIONS), ids=lambda part: part)
def test_it_answers_as_described(stage: Stage, server: Server, method: str, path: str) -> None:
    operation = OPERATIONS[method, path]
    caller, developer = stage.callers(method, path)
    named = stage.named(path)
    if (method, path) == ("POST", "billing/bank-transfers/"):
        make_room_for_a_transfer(stage.tenant)
    if path == "users/<id>/reactivate/":
        User.objects.filter(pk=stage.tenant.ids["users"]).update(is_active=False)

    for number, case in enumerate(cases(operation, GenerationMode.POSITIVE, stage.tenant.ids)):
        name_what_is_there(case, named, key=f"key-{number}")
        server.is_told(case, developer if "X-Account" in case.headers else caller)
        if number == 0:
            server.is_told(case, anybody().headers)
    for case in cases(operation, GenerationMode.NEGATIVE, stage.tenant.ids):
        server.is_told(case, caller)

    assert not server.wrong, "\n\n".join(server.wrong)
    assert server.let_somebody_in, "No answer of the first kind was seen: see `named`."


def cases(operation: APIOperation, mode: GenerationMode, ids: dict[str, str]) -> Iterator[Case]:
    """Every bound of what the operation takes; its path names what the tenant has."""
    in_path = {
        step.strip("{}"): ids[before]
        for before, step in itertools.pairwise(operation.path.split("/"))
        if step.startswith("{")
    }
    yield from CoverageGenerator(
        operation=operation,
        generation_modes=[mode],
        generation_config=SCHEMA.config.generation_for(operation=operation, phase="coverage"),
        auth_storage=None,
        override=Override(path_parameters=in_path),
        feedback=NO_FEEDBACK,
    )


def name_what_is_there(case: Case, named: dict[str, str], *, key: str) -> None:
    if isinstance(case.body, dict):
        case.body |= {name: named[name] for name in named if case.body.get(name)}
    case.query.pop("cursor", None)  # only an answer knows one
    if "Idempotency-Key" in case.headers and case.meta.phase.data.parameter != "Idempotency-Key":
        case.headers["Idempotency-Key"] = key  # another request, another key


def make_room_for_a_transfer(tenant: Tenant) -> None:
    """One at a time can be open."""
    waiting = Payment.objects.get(pk=tenant.ids["bank-transfers"])
    bank_transfers.reject(payment=waiting, by=None, reason=REASON, now=timezone.now())
