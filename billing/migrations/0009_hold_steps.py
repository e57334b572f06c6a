"""A hold's steps, in one round trip each: reserve, commit, release, expire.

Like a deduction, every step locks the account's balance first.
"""

from django.db import migrations

RESERVE_CREDITS = """
CREATE FUNCTION reserve_credits(
    p_account bigint, p_hold uuid, p_operation text, p_units bigint, p_default_unit text,
    p_default_credits bigint, p_key text, p_now timestamptz, p_expires_at timestamptz,
    p_wait boolean,
    OUT outcome text, OUT available bigint, OUT asked bigint, OUT hold igny8_credit_holds
) LANGUAGE plpgsql AS $$
DECLARE
    is_frozen boolean;
    price record;
BEGIN
    -- Another space of keys than the ledger's: a hold and a deduction may share one.
    IF NOT p_wait
       AND NOT pg_try_advisory_xact_lock(hashtextextended('hold ' || p_key, p_account)) THEN
        outcome := 'in_progress';
        RETURN;
    END IF;
    SELECT b.credits - b.held, b.frozen INTO available, is_frozen
      FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        outcome := 'unknown_account';
        RETURN;
    END IF;
    SELECT * INTO hold FROM igny8_credit_holds h
     WHERE h.idempotency_key = p_key AND h.account_id = p_account;
    IF FOUND THEN
        outcome := 'replayed';
        RETURN;
    END IF;
    SELECT * INTO price FROM operation_price(p_operation, p_default_unit, p_default_credits);
    asked := cost_of_units(price.unit, price.credits, p_units);
    IF asked = 0 OR asked > 10000000 THEN
        outcome := 'out_of_range';
        RETURN;
    END IF;
    IF is_frozen THEN
        outcome := 'frozen';
        RETURN;
    END IF;
    IF available < asked THEN
        available := available + free_due_holds(p_account, asked - available, p_now);
        IF available < asked THEN
            outcome := 'insufficient';
            RETURN;
        END IF;
    END IF;
    INSERT INTO igny8_credit_holds (
        id, account_id, operation, unit, unit_credits, units, amount, status, idempotency_key,
        created_at, expires_at
    ) VALUES (
        p_hold, p_account, p_operation, price.unit, price.credits, p_units, asked, 'held', p_key,
        p_now, p_expires_at
    ) RETURNING * INTO hold;
    available := available - asked;
    outcome := 'reserved';
END $$;
"""

# The hold gives its credits back before the ledger takes them: at no moment is more held than
# there is. It names the ledger's row before that exists, which its deferred foreign key allows.
COMMIT_HOLD = """
CREATE FUNCTION commit_hold(
    p_account bigint, p_hold uuid, p_units bigint, p_now timestamptz,
    OUT outcome text, OUT available bigint, OUT asked bigint, OUT hold igny8_credit_holds,
    OUT posted igny8_credit_transactions
) LANGUAGE plpgsql AS $$
DECLARE
    is_frozen boolean;
    row_id bigint;
BEGIN
    SELECT b.credits - b.held, b.frozen INTO available, is_frozen
      FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO hold FROM igny8_credit_holds h
     WHERE h.id = p_hold AND h.account_id = p_account;
    IF NOT FOUND THEN
        outcome := 'not_found';
        RETURN;
    END IF;
    IF hold.status = 'committed' AND hold.committed_units = p_units THEN
        SELECT * INTO posted FROM igny8_credit_transactions t WHERE t.id = hold.transaction_id;
        outcome := 'replayed';
        RETURN;
    END IF;
    IF hold.status <> 'held' THEN
        outcome := hold.status;
        RETURN;
    END IF;
    IF hold.expires_at <= p_now THEN
        outcome := 'expired';
        RETURN;
    END IF;
    IF is_frozen THEN
        outcome := 'frozen';
        RETURN;
    END IF;
    asked := cost_of_units(hold.unit, hold.unit_credits, p_units);
    IF asked > hold.amount THEN
        outcome := 'over_hold';
        RETURN;
    END IF;
    row_id := nextval(pg_get_serial_sequence('igny8_credit_transactions', 'id'));
    UPDATE igny8_credit_holds h
       SET status = 'committed', resolved_at = p_now, committed_units = p_units,
           committed_amount = asked, transaction_id = row_id
     WHERE h.id = p_hold RETURNING * INTO hold;
    INSERT INTO igny8_credit_transactions (
        id, account_id, type, amount, operation, description, reason, metadata
    ) VALUES (
        row_id, p_account, 'deduction', -asked, hold.operation, hold.operation, '',
        jsonb_build_object('hold', p_hold)
    ) RETURNING * INTO posted;
    available := available + hold.amount - asked;
    outcome := 'posted';
END $$;
"""

RELEASE_HOLD = """
CREATE FUNCTION release_hold(
    p_account bigint, p_hold uuid, p_now timestamptz,
    OUT outcome text, OUT available bigint, OUT hold igny8_credit_holds
) LANGUAGE plpgsql AS $$
BEGIN
    SELECT b.credits - b.held INTO available
      FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
    SELECT * INTO hold FROM igny8_credit_holds h
     WHERE h.id = p_hold AND h.account_id = p_account;
    IF NOT FOUND THEN
        outcome := 'not_found';
    ELSIF hold.status <> 'held' THEN
        outcome := hold.status;
    ELSIF hold.expires_at <= p_now THEN
        outcome := 'expired';
    ELSE
        UPDATE igny8_credit_holds h SET status = 'released', resolved_at = p_now
         WHERE h.id = p_hold RETURNING * INTO hold;
        available := available + hold.amount;
        outcome := 'resolved';
    END IF;
END $$;
"""

# A frozen account's numbers are in doubt: its holds wait for the person who looks at them.
EXPIRE_HOLDS = """
CREATE FUNCTION expire_holds(p_account bigint, p_now timestamptz) RETURNS SETOF uuid
    LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM igny8_credit_balances b
      WHERE b.account_id = p_account AND NOT b.frozen FOR NO KEY UPDATE;
    IF FOUND THEN
        RETURN QUERY UPDATE igny8_credit_holds h SET status = 'expired', resolved_at = p_now
         WHERE h.account_id = p_account AND h.status = 'held' AND h.expires_at <= p_now
        RETURNING h.id;
    END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0008_spending")]

    operations = [
        migrations.RunSQL(
            RESERVE_CREDITS,
            "DROP FUNCTION reserve_credits(bigint, uuid, text, bigint, text, bigint, text, "
            "timestamptz, timestamptz, boolean);",
        ),
        migrations.RunSQL(
            COMMIT_HOLD, "DROP FUNCTION commit_hold(bigint, uuid, bigint, timestamptz);"
        ),
        migrations.RunSQL(RELEASE_HOLD, "DROP FUNCTION release_hold(bigint, uuid, timestamptz);"),
        migrations.RunSQL(EXPIRE_HOLDS, "DROP FUNCTION expire_holds(bigint, timestamptz);"),
    ]
