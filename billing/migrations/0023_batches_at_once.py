"""A batch moves each balance once and writes its rows in one go, instead of row by row.

Three things take a row's trigger longer than the row: to begin, to move the balance, to end. So a
batch goes through a door of its own, a view that stands for no table. Its trigger moves the
balances, says of each row where it stands, and the ledger's own trigger takes its word: no client
can say `sequence`, but a trigger can. It is all or nothing; what does not fit is asked about
afterwards (`deduct_many`), item by item. See docs/adr/0021.
"""

from importlib import import_module

from django.db import migrations

RULES = import_module("billing.migrations.0022_rules_where_it_posts")
ANY_WRITER = import_module("billing.migrations.0021_ledger_for_any_writer")

POSTS = "    UPDATE igny8_credit_balances\n"
TAKES_A_TRIGGERS_WORD = """\
    IF NEW.sequence > 0 AND pg_trigger_depth() > 1 THEN
        RETURN NEW;
    END IF;
"""
LEDGER_POST = RULES.LEDGER_POST.replace(POSTS, TAKES_A_TRIGGERS_WORD + POSTS, 1)

DOOR = """
CREATE VIEW igny8_credit_batches AS
SELECT NULL::jsonb AS items, NULL::bigint[] AS ids, NULL::bigint[] AS sequences,
       NULL::bigint[] AS amounts, NULL::bigint[] AS balances_after,
       NULL::bigint[] AS available_after, NULL::timestamptz AS created_at
 WHERE false;
"""

# Balances are locked in the order of accounts, so that no two batches wait for each other: nothing
# but the key's index leads to them here, and what is looked up in it comes sorted.
POST_BATCH = """
CREATE FUNCTION igny8_post_batch() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp
    SET enable_seqscan = off SET enable_bitmapscan = off AS $$
BEGIN
    WITH given AS MATERIALIZED (
        SELECT i.*, cost_of_units(price.unit, price.credits, i.units) AS cost
          FROM ROWS FROM (jsonb_to_recordset(NEW.items) AS (
                   account bigint, operation text, units bigint, key text, description text,
                   metadata jsonb
               )) WITH ORDINALITY
               AS i (account, operation, units, key, description, metadata, n)
          JOIN igny8_credit_costs AS price ON price.operation = i.operation
    ), moved AS (
        UPDATE igny8_credit_balances AS b
           SET credits = b.credits - whole.cost, sequence = b.sequence + whole.items
          FROM (
            SELECT account, sum(cost)::bigint AS cost, count(*) AS items
              FROM given GROUP BY account ORDER BY account
          ) AS whole
         WHERE b.account_id = whole.account
           AND NOT b.frozen AND b.credits - b.held >= whole.cost
        RETURNING b.account_id, b.credits, b.sequence, b.held
    ), placed AS MATERIALIZED (
        SELECT nextval('igny8_credit_transactions_id_seq') AS id, g.*,
               moved.sequence - g.items_after AS sequence,
               moved.credits + g.cost_after AS balance_after, moved.held
          FROM (
            SELECT given.*, count(*) OVER rest - 1 AS items_after,
                   (sum(cost) OVER rest)::bigint - cost AS cost_after
              FROM given WINDOW rest AS (PARTITION BY account ORDER BY n DESC)
          ) AS g
          JOIN moved ON moved.account_id = g.account
         ORDER BY g.n
    ), written AS (
        INSERT INTO igny8_credit_transactions (
            id, account_id, sequence, type, amount, balance_after, available_after, operation,
            description, reason, idempotency_key, metadata
        )
        SELECT id, account, sequence, 'deduction', -cost, balance_after, balance_after - held,
               operation, description, '', key, coalesce(metadata, '{}')
          FROM placed
    )
    SELECT array_agg(id ORDER BY n), array_agg(sequence ORDER BY n), array_agg(-cost ORDER BY n),
           array_agg(balance_after ORDER BY n), array_agg(balance_after - held ORDER BY n),
           statement_timestamp()
      INTO NEW.ids, NEW.sequences, NEW.amounts, NEW.balances_after, NEW.available_after,
           NEW.created_at
      FROM placed;
    IF cardinality(NEW.ids) = jsonb_array_length(NEW.items) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'not every item of this batch can be posted'
        USING ERRCODE = 'check_violation', CONSTRAINT = 'batch_is_whole';
END $$;
CREATE TRIGGER post_batch INSTEAD OF INSERT ON igny8_credit_batches
    FOR EACH ROW EXECUTE FUNCTION igny8_post_batch();
"""
NO_DOOR = """
DROP VIEW igny8_credit_batches;
DROP FUNCTION igny8_post_batch();
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0022_rules_where_it_posts")]

    operations = [
        migrations.RunSQL(ANY_WRITER.IMPATIENT, ANY_WRITER.IMPATIENT),
        migrations.RunSQL(LEDGER_POST, RULES.LEDGER_POST),
        migrations.RunSQL(DOOR + POST_BATCH, NO_DOOR),
    ]
