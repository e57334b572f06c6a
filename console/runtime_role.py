"""The second lock: a database role that runs the console but cannot rewrite its records.

The tables' owner migrates; this role serves. Triggers already refuse changes of the ledger and
the audit trail; without the rights, not even disabling a trigger is possible.
"""

from django.db import connection
from psycopg import sql

# The triggers that mark a table are its definition here too; a new one cannot be forgotten.
_MARKED = """
SELECT DISTINCT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
 WHERE t.tgname = %s AND c.relnamespace = current_schema()::regnamespace ORDER BY 1
"""


def grant(*, role: str) -> None:
    """Give an existing role what serving needs and take back what would rewrite records.

    Safe to run again; run it after each migration. Raises ProgrammingError (Django's) when there
    is no such role.
    """
    with connection.cursor() as cursor:
        append_only = _tables(cursor, "append_only_rows")
        kept = _tables(cursor, "never_deleted_rows")
        for statement, tables in (
            ("GRANT USAGE ON SCHEMA {schema} TO {role}", [None]),
            ("GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {role}", [None]),
            (
                "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
                [None],
            ),
            ("REVOKE UPDATE, DELETE, TRUNCATE ON {table} FROM {role}", append_only),
            ("REVOKE DELETE, TRUNCATE ON {table} FROM {role}", kept),
            # Balances are written by the ledger's trigger, with its owner's rights. One column is
            # left: the proof freezes, and locking a row needs a right to update something.
            (
                "REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON {table} FROM {role}",
                ["igny8_credit_balances"],
            ),
            ("GRANT UPDATE (frozen) ON {table} TO {role}", ["igny8_credit_balances"]),
        ):
            for table in tables:
                cursor.execute(
                    sql.SQL(statement).format(
                        schema=sql.Identifier("public"),
                        role=sql.Identifier(role),
                        table=sql.Identifier(table or ""),
                    )
                )


def _tables(cursor, trigger: str) -> list[str]:
    cursor.execute(_MARKED, [trigger])
    return [name for (name,) in cursor.fetchall()]
