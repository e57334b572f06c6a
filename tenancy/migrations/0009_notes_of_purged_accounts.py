"""Notes on a purged account are emptied too; what they said stands in the audit trail as well."""

from importlib import import_module

from django.db import migrations

_PURGE = import_module("tenancy.migrations.0007_purged_at")
_NOTES = import_module("tenancy.migrations.0008_notes")
BLANK = _PURGE.BLANK

FIRST_NOTE_GUARD = _NOTES.NOTE_GUARD.partition("CREATE TRIGGER")[0].replace(
    "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"
)
NOTE_GUARD = FIRST_NOTE_GUARD.replace(
    "BEGIN\n",
    f"""BEGIN
    IF NEW.text = '{BLANK}'
       AND to_jsonb(OLD) - ARRAY['text', 'is_pinned'] = to_jsonb(NEW) - ARRAY['text', 'is_pinned']
       AND EXISTS (SELECT FROM igny8_tenants t
                    WHERE t.id = OLD.account_id AND t.purged_at IS NOT NULL) THEN
        RETURN NEW;
    END IF;
""",
    1,
)

REASON_WITHOUT_NAMES = """
CREATE OR REPLACE FUNCTION igny8_reason_without_names(event igny8_audit_events) RETURNS text
    LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN {condition} THEN '{blank}' ELSE event.reason END
$$;
"""
REFUSED = "event.reason = event.after ->> 'refused_because'"


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0007_purged_at"), ("tenancy", "0008_notes")]

    operations = [
        migrations.RunSQL(NOTE_GUARD, FIRST_NOTE_GUARD),
        migrations.RunSQL(
            # A note is its own reason.
            REASON_WITHOUT_NAMES.format(
                condition=f"event.verb = 'note_written' OR {REFUSED}", blank=BLANK
            ),
            REASON_WITHOUT_NAMES.format(condition=REFUSED, blank=BLANK),
        ),
    ]
