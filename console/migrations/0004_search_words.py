"""Full-text indexes for finding accounts, people and sites by words of what is quoted.

`igny8_words` turns e-mails, domains and slugs into their parts: alice@homeg8.com is found by
“alice”, by “homeg8” and by both. It needs no extension.
"""

from django.db import migrations

FORWARD = """
CREATE FUNCTION igny8_words(VARIADIC parts text[]) RETURNS tsvector
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
        SELECT to_tsvector(
            'simple'::regconfig,
            translate(lower(array_to_string(parts, ' ')), '@._-/:+,;()''"', '             ')
        )
    $$;
CREATE INDEX tenant_words ON igny8_tenants
    USING gin (igny8_words(name, slug, billing_email));
CREATE INDEX user_words ON igny8_users USING gin (igny8_words(email, name));
CREATE INDEX site_words ON igny8_sites USING gin (igny8_words(name, slug, domain));
"""

BACKWARD = """
DROP INDEX site_words;
DROP INDEX user_words;
DROP INDEX tenant_words;
DROP FUNCTION igny8_words(text[]);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("console", "0003_import_files"),
        ("tenancy", "0003_plan_ids_after_the_survey"),
    ]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
