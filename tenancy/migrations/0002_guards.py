"""What must stay true whoever writes: append-only records, one tenant per row, legal status steps."""

from django.db import migrations

# A test connection may empty tables between tests by saying so when it connects
# (`-c igny8.allow_truncate=on`); nobody else may.
APPEND_ONLY = """
CREATE FUNCTION igny8_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' AND current_setting('igny8.allow_truncate', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'restrict_violation';
END $$;
"""

APPEND_ONLY_TABLES = (
    "igny8_audit_events",
    "igny8_plan_history",
    "igny8_tenant_history",
    "igny8_user_history",
    "igny8_site_history",
)


def append_only(table: str) -> str:
    return f"""
CREATE TRIGGER append_only_rows BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION igny8_refuse_change();
CREATE TRIGGER append_only_table BEFORE TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION igny8_refuse_change();
"""


def drop_append_only(table: str) -> str:
    return f"""
DROP TRIGGER append_only_rows ON {table};
DROP TRIGGER append_only_table ON {table};
"""


# A simple foreign key lets a sector point at another tenant's site; these do not.
SAME_TENANT = (
    ("igny8_sectors", "sector_same_tenant", "tenant_id, site_id", "igny8_sites (tenant_id, id)"),
    (
        "igny8_site_api_keys",
        "api_key_same_tenant",
        "tenant_id, site_id",
        "igny8_sites (tenant_id, id)",
    ),
    (
        "igny8_sync_events",
        "sync_event_same_tenant",
        "tenant_id, site_id",
        "igny8_sites (tenant_id, id)",
    ),
    (
        "igny8_site_user_accesses",
        "site_access_same_tenant",
        "tenant_id, site_id",
        "igny8_sites (tenant_id, id)",
    ),
    (
        "igny8_site_user_accesses",
        "site_access_user_same_tenant",
        "tenant_id, user_id",
        "igny8_users (account_id, id)",
    ),
    ("igny8_tenants", "tenant_owner_is_its_user", "id, owner_id", "igny8_users (account_id, id)"),
)

STATUS_STEPS = """
CREATE FUNCTION igny8_tenant_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.is_system <> OLD.is_system THEN
        RAISE EXCEPTION 'account %: is_system never changes', OLD.slug
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.is_system AND NEW.slug <> OLD.slug THEN
        RAISE EXCEPTION 'account %: a system account keeps its slug', OLD.slug
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.status <> OLD.status AND (OLD.status, NEW.status) NOT IN (
        ('trial', 'pending_payment'), ('trial', 'active'),
        ('trial', 'suspended'), ('trial', 'cancelled'),
        ('pending_payment', 'trial'), ('pending_payment', 'active'),
        ('pending_payment', 'suspended'), ('pending_payment', 'cancelled'),
        ('active', 'suspended'), ('active', 'cancelled'),
        ('suspended', 'trial'), ('suspended', 'pending_payment'),
        ('suspended', 'active'), ('suspended', 'cancelled'),
        ('cancelled', 'pending_payment'), ('cancelled', 'active')
    ) THEN
        RAISE EXCEPTION 'account %: no step from % to %', OLD.slug, OLD.status, NEW.status
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER tenant_guard BEFORE UPDATE ON igny8_tenants
    FOR EACH ROW EXECUTE FUNCTION igny8_tenant_guard();
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_initial")]

    operations = [
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION igny8_refuse_change();"),
        *(
            migrations.RunSQL(append_only(table), drop_append_only(table))
            for table in APPEND_ONLY_TABLES
        ),
        *(
            migrations.RunSQL(
                f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({columns}) "
                f"REFERENCES {target} DEFERRABLE INITIALLY DEFERRED;",
                f"ALTER TABLE {table} DROP CONSTRAINT {name};",
            )
            for table, name, columns, target in SAME_TENANT
        ),
        migrations.RunSQL(
            STATUS_STEPS,
            "DROP TRIGGER tenant_guard ON igny8_tenants; DROP FUNCTION igny8_tenant_guard();",
        ),
    ]
