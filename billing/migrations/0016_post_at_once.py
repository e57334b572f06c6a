"""A posting locks its balance by moving it, and not once more before that.

Locking a row first writes to it twice. The move itself now asks whether it may be made; a row of
`post_credit` that may not be posted is left out by the trigger, and why is found out afterwards.
Still the balance is locked before the key is looked for: nothing can deadlock.
"""

from importlib import import_module

from django.db import migrations

FIRST_TRIGGER = import_module("billing.migrations.0002_ledger").POST_ON_INSERT
POST_CREDIT_BEFORE = import_module("billing.migrations.0008_spending").POST_CREDIT

# `sequence` is never the client's to say. -1 asks for no row instead of an error where the account
# has not enough to spend, is frozen, or has a row with this key: post_credit's way of asking.
LEDGER_POST = """
CREATE OR REPLACE FUNCTION igny8_ledger_post() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    asks boolean := NEW.sequence = -1;
BEGIN
    UPDATE igny8_credit_balances
       SET credits = credits + NEW.amount, sequence = sequence + 1
     WHERE account_id = NEW.account_id
       AND (NOT asks OR credits - held + NEW.amount >= 0
                        AND NOT (frozen AND NEW.type = 'deduction'))
    RETURNING credits, sequence INTO NEW.balance_after, NEW.sequence;
    IF NOT FOUND THEN
        IF asks THEN
            RETURN NULL;
        END IF;
        RAISE EXCEPTION 'account % has no credit balance', NEW.account_id
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    IF asks AND NEW.idempotency_key IS NOT NULL THEN
        PERFORM 1 FROM igny8_credit_transactions t
          WHERE t.idempotency_key = NEW.idempotency_key AND t.account_id = NEW.account_id;
        IF FOUND THEN
            UPDATE igny8_credit_balances
               SET credits = credits - NEW.amount, sequence = sequence - 1
             WHERE account_id = NEW.account_id;
            RETURN NULL;
        END IF;
    END IF;
    RETURN NEW;
END $$;
"""

POST_CREDIT = """
CREATE OR REPLACE FUNCTION post_credit(
    p_account bigint, p_type text, p_amount bigint, p_operation text, p_description text,
    p_reason text, p_created_by bigint, p_payment bigint, p_key text, p_reverses bigint,
    p_metadata jsonb, p_wait boolean,
    OUT outcome text, OUT available bigint, OUT asked bigint, OUT id bigint, OUT sequence bigint,
    OUT type text, OUT amount bigint, OUT balance_after bigint, OUT operation text,
    OUT description text, OUT created_at timestamptz, OUT request text
) LANGUAGE plpgsql AS $$
DECLARE
    is_frozen boolean;
BEGIN
    asked := p_amount;
    IF p_amount = 0 OR abs(p_amount) > 10000000 THEN
        outcome := 'out_of_range';
        RETURN;
    END IF;
    IF NOT p_wait AND NOT pg_try_advisory_xact_lock(hashtextextended(p_key, p_account)) THEN
        outcome := 'in_progress';
        RETURN;
    END IF;
    LOOP
        INSERT INTO igny8_credit_transactions AS t (
            account_id, sequence, type, amount, operation, description, reason, created_by_id,
            payment_id, idempotency_key, reverses_id, metadata
        ) VALUES (
            p_account, -1, p_type, p_amount, p_operation, p_description, p_reason, p_created_by,
            p_payment, p_key, p_reverses, coalesce(p_metadata, '{}')
        ) RETURNING t.id, t.sequence, t.type, t.amount, t.balance_after, t.operation,
                    t.description, t.created_at, t.metadata ->> 'request'
            INTO id, sequence, type, amount, balance_after, operation, description, created_at,
                 request;
        IF FOUND THEN
            SELECT balance_after - b.held INTO available
              FROM igny8_credit_balances b WHERE b.account_id = p_account;
            outcome := 'posted';
            RETURN;
        END IF;
        SELECT b.credits - b.held, b.frozen INTO available, is_frozen
          FROM igny8_credit_balances b WHERE b.account_id = p_account FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            outcome := 'unknown_account';
            RETURN;
        END IF;
        IF p_key IS NOT NULL THEN
            SELECT t.id, t.sequence, t.type, t.amount, t.balance_after, t.operation,
                   t.description, t.created_at, t.metadata ->> 'request'
              INTO id, sequence, type, amount, balance_after, operation, description,
                   created_at, request
              FROM igny8_credit_transactions t
             WHERE t.idempotency_key = p_key AND t.account_id = p_account;
            IF FOUND THEN
                outcome := 'replayed';
                RETURN;
            END IF;
        END IF;
        IF is_frozen AND p_type = 'deduction' THEN
            outcome := 'frozen';
            RETURN;
        END IF;
        IF available + p_amount < 0 THEN
            available := available
                         + free_due_holds(p_account, -p_amount - available, now());
            IF available + p_amount < 0 THEN
                outcome := 'insufficient';
                RETURN;
            END IF;
        END IF;
        -- There was not enough a moment ago and now there is, held fast: the next try posts.
    END LOOP;
END $$;
"""


def replacing(function: str) -> str:
    return function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1)


class Migration(migrations.Migration):
    dependencies = [("billing", "0015_billing_anchor")]

    operations = [
        migrations.RunSQL(LEDGER_POST, replacing(FIRST_TRIGGER.split("CREATE TRIGGER")[0])),
        migrations.RunSQL(POST_CREDIT, replacing(POST_CREDIT_BEFORE)),
    ]
