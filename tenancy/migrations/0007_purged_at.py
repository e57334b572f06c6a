"""Personal data of a purged account goes, from the records that are otherwise never changed too.

docs/adr/0010-what-a-purge-removes.md says what is removed and what stays.
"""

from django.db import migrations, models

BLANK = "removed"

# Who names the account in each history, and which columns hold personal data.
HISTORIES = {
    "igny8_tenant_history": (
        "id",
        (
            "name",
            "slug",
            "stripe_customer_id",
            "billing_email",
            "billing_address_line1",
            "billing_address_line2",
            "billing_address_city",
            "billing_address_state",
            "billing_address_postal_code",
            "billing_address_country",
        ),
    ),
    "igny8_user_history": ("account_id", ("email", "name")),
    "igny8_site_history": ("tenant_id", ("name", "slug", "domain", "wp_url", "wp_username")),
}
# What an audit event may tell of a person in its `before` and `after`.
PERSONAL_KEYS = (
    "billing_address_city",
    "billing_address_country",
    "billing_address_line1",
    "billing_address_line2",
    "billing_address_postal_code",
    "billing_address_state",
    "billing_email",
    "domain",
    "email",
    "error",
    "name",
    "owner",
    "payer",
    "payer_iban",
    "payer_name",
    "recipient",
    "refused_because",
    "site",
    "slug",
    "stripe_customer_id",
    "user",
    "was",
    "wp_app_password",
    "wp_url",
    "wp_username",
)
# Their labels are numbers and references; every other label may be a name.
IMPERSONAL_TARGETS = (
    "activation",
    "allocation",
    "bankstatement",
    "credittransaction",
    "credithold",
    "invoice",
    "payment",
    "plan",
    "statementline",
)


def array(words: tuple[str, ...]) -> str:
    return "ARRAY[" + ", ".join(f"'{word}'" for word in words) + "]"


BLANKED_IN_EVENTS = ("target_label", "actor_label", "ip", "before", "after", "reason")

# The first argument of the trigger is the column that names the account, the others are those that
# may be emptied once it is purged: nothing else is let through, so nothing can be rewritten.
REFUSE_ALL_BUT_BLANKS = f"""
CREATE FUNCTION igny8_refuse_all_but_blanks() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before jsonb := to_jsonb(OLD);
    after jsonb;
BEGIN
    IF TG_OP = 'UPDATE' THEN
        after := to_jsonb(NEW);
        IF EXISTS (SELECT FROM igny8_tenants t
                    WHERE t.id = (before ->> TG_ARGV[0])::bigint AND t.purged_at IS NOT NULL)
           AND before <> after
           AND NOT EXISTS (
               SELECT FROM jsonb_each(after) field
                WHERE field.value <> before -> field.key
                  AND NOT (field.key = ANY (TG_ARGV[1:])
                           AND field.value IN ('""', '"{BLANK}"'))
           ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# Of an audit event who, when, what and why stay; names in it are emptied one by one.
AUDIT_REFUSES_ALL_BUT_BLANKS = f"""
CREATE FUNCTION igny8_purged_account_of(event igny8_audit_events) RETURNS bigint
    LANGUAGE sql STABLE AS $$
    SELECT t.id FROM igny8_tenants t
     WHERE t.purged_at IS NOT NULL
       AND t.id IN (
           SELECT event.account_id
           UNION ALL SELECT u.account_id FROM igny8_users u
                      WHERE NOT u.is_staff
                        AND (u.id = event.actor_id
                             OR event.target_type = 'user' AND u.id::text = event.target_id)
       )
     LIMIT 1
$$;
CREATE FUNCTION igny8_without_names(facts jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(jsonb_object_agg(
               key,
               CASE WHEN key = ANY ({array(PERSONAL_KEYS)}) AND value NOT IN ('""', 'null')
                    THEN '"{BLANK}"' ELSE value END), '{{}}')
      FROM jsonb_each(facts)
$$;
-- What a person gave as the reason stays; where none was given, the refusal's words stand there.
CREATE FUNCTION igny8_reason_without_names(event igny8_audit_events) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN event.reason = event.after ->> 'refused_because'
                THEN '{BLANK}' ELSE event.reason END
$$;
CREATE FUNCTION igny8_audit_refuses_all_but_blanks() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF igny8_purged_account_of(OLD) IS NOT NULL
           AND to_jsonb(OLD) <> to_jsonb(NEW)
           AND to_jsonb(OLD) - {array(BLANKED_IN_EVENTS)}
             = to_jsonb(NEW) - {array(BLANKED_IN_EVENTS)}
           AND NEW.target_label IN (OLD.target_label, '{BLANK}')
           AND NEW.actor_label IN (OLD.actor_label, '{BLANK}')
           AND (NEW.ip IS NULL OR NEW.ip = OLD.ip)
           AND NEW.reason IN (OLD.reason, igny8_reason_without_names(OLD))
           AND NEW.before IN (OLD.before, igny8_without_names(OLD.before))
           AND NEW.after IN (OLD.after, igny8_without_names(OLD.after)) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""

# Runs with its owner's rights: the role that serves may not touch these tables. It refuses any
# account that is not purged, and the triggers look at each row besides.
FORGET = f"""
CREATE FUNCTION igny8_forget_account(account bigint) RETURNS void LANGUAGE plpgsql
    SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
    PERFORM FROM igny8_tenants t WHERE t.id = account AND t.purged_at IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'account % is not purged', account USING ERRCODE = 'restrict_violation';
    END IF;
    UPDATE igny8_tenant_history h
       SET name = '{BLANK}', slug = '{BLANK}', stripe_customer_id = '', billing_email = '',
           billing_address_line1 = '', billing_address_line2 = '', billing_address_city = '',
           billing_address_state = '', billing_address_postal_code = '',
           billing_address_country = ''
     WHERE h.id = account AND h.name <> '{BLANK}';
    UPDATE igny8_user_history h SET email = '{BLANK}', name = ''
     WHERE h.account_id = account AND h.email <> '{BLANK}'
       AND NOT EXISTS (SELECT FROM igny8_users u WHERE u.id = h.id AND u.is_staff);
    UPDATE igny8_site_history h
       SET name = '{BLANK}', slug = '{BLANK}', domain = '', wp_url = '', wp_username = ''
     WHERE h.tenant_id = account AND h.name <> '{BLANK}';
    WITH people AS (
        SELECT u.id FROM igny8_users u WHERE u.account_id = account AND NOT u.is_staff
    ), told AS (
        SELECT event.id,
               event.account_id IS NOT DISTINCT FROM account
               OR event.target_type = 'user'
                  AND event.target_id IN (SELECT p.id::text FROM people p) AS is_about,
               event.actor_id IN (SELECT p.id FROM people p) AS is_by
          FROM igny8_audit_events event
         WHERE event.account_id = account
            OR event.actor_id IN (SELECT p.id FROM people p)
            OR event.target_type = 'user'
               AND event.target_id IN (SELECT p.id::text FROM people p)
    ), blanked AS (
        SELECT e.id,
               CASE WHEN is_about AND NOT e.target_type = ANY ({array(IMPERSONAL_TARGETS)})
                    THEN '{BLANK}' ELSE e.target_label END AS target_label,
               CASE WHEN is_by THEN '{BLANK}' ELSE e.actor_label END AS actor_label,
               -- Without an actor it was the customer signing up, or a job.
               CASE WHEN is_by OR e.actor_id IS NULL THEN NULL ELSE e.ip END AS ip,
               CASE WHEN is_about THEN igny8_without_names(e.before) ELSE e.before END AS before,
               CASE WHEN is_about THEN igny8_without_names(e.after) ELSE e.after END AS after,
               CASE WHEN is_about THEN igny8_reason_without_names(e) ELSE e.reason END AS reason
          FROM igny8_audit_events e JOIN told ON told.id = e.id
    )
    UPDATE igny8_audit_events e
       SET target_label = b.target_label, actor_label = b.actor_label, ip = b.ip,
           before = b.before, after = b.after, reason = b.reason
      FROM blanked b
     WHERE e.id = b.id
       AND (e.target_label, e.actor_label, e.ip, e.before, e.after, e.reason)
           IS DISTINCT FROM (b.target_label, b.actor_label, b.ip, b.before, b.after, b.reason);
END $$;
"""

# Temporary tables are looked through last, as in the guards of the ledger.
TEMPORARY_TABLES_LAST = """
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION igny8_forget_account(bigint) SET search_path = %I, pg_temp',
                   current_schema());
END $$;
"""


def guarded_by(table: str, function: str) -> str:
    return f"""
DROP TRIGGER append_only_rows ON {table};
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION {function};
"""


def blanks_only(account: str, columns: tuple[str, ...]) -> str:
    arguments = ", ".join(f"'{name}'" for name in (account, *columns))
    return f"igny8_refuse_all_but_blanks({arguments})"


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0006_throttle_counter")]

    operations = [
        *(
            migrations.AddField(
                model_name=model,
                name="purged_at",
                field=models.DateTimeField(
                    blank=True,
                    help_text="When the personal data was removed for good.",
                    null=True,
                ),
            )
            for model in ("account", "historicalaccount")
        ),
        migrations.AddConstraint(
            model_name="account",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("purged_at__isnull", True),
                    models.Q(
                        ("is_deleted", True), ("purged_at__gte", models.F("restore_until"))
                    ),
                    _connector="OR",
                ),
                name="tenant_purged_after_its_time",
            ),
        ),
        migrations.RunSQL(
            REFUSE_ALL_BUT_BLANKS, "DROP FUNCTION igny8_refuse_all_but_blanks();"
        ),
        migrations.RunSQL(
            AUDIT_REFUSES_ALL_BUT_BLANKS,
            "DROP FUNCTION igny8_audit_refuses_all_but_blanks();"
            "DROP FUNCTION igny8_reason_without_names(igny8_audit_events);"
            "DROP FUNCTION igny8_without_names(jsonb);"
            "DROP FUNCTION igny8_purged_account_of(igny8_audit_events);",
        ),
        *(
            migrations.RunSQL(
                guarded_by(table, blanks_only(account, columns)),
                guarded_by(table, "igny8_refuse_change()"),
            )
            for table, (account, columns) in HISTORIES.items()
        ),
        migrations.RunSQL(
            guarded_by("igny8_audit_events", "igny8_audit_refuses_all_but_blanks()"),
            guarded_by("igny8_audit_events", "igny8_refuse_change()"),
        ),
        migrations.RunSQL(FORGET, "DROP FUNCTION igny8_forget_account(bigint);"),
        migrations.RunSQL(TEMPORARY_TABLES_LAST, migrations.RunSQL.noop),
    ]
