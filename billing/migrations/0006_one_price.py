"""What an operation costs is worked out in one place, in the same round trip that spends it."""

from django.db import migrations

# A cost of so much a unit: the only arithmetic of prices. A hold keeps unit and credits as they
# were when it was made.
COST_OF_UNITS = """
CREATE FUNCTION cost_of_units(p_unit text, p_credits bigint, p_units bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_credits * CASE p_unit
        WHEN 'fixed' THEN 1
        WHEN 'hundred_words' THEN (p_units + 99) / 100
        ELSE p_units
    END
$$;
"""

# The table's row, or what the caller says where there is none.
OPERATION_PRICE = """
CREATE FUNCTION operation_price(
    p_operation text, p_default_unit text, p_default_credits bigint,
    OUT unit text, OUT credits bigint
) LANGUAGE plpgsql STABLE AS $$
BEGIN
    SELECT c.unit, c.credits INTO unit, credits
      FROM igny8_credit_costs c WHERE c.operation = p_operation;
    IF NOT FOUND THEN
        unit := p_default_unit;
        credits := p_default_credits;
    END IF;
END $$;
"""

# Looks the price up by itself: a function in between would cost each deduction a tenth of its time.
OPERATION_COST = """
CREATE FUNCTION operation_cost(
    p_operation text, p_units bigint, p_default_unit text, p_default_credits bigint
) RETURNS bigint LANGUAGE plpgsql STABLE AS $$
DECLARE
    cost bigint;
BEGIN
    SELECT cost_of_units(c.unit, c.credits, p_units) INTO cost
      FROM igny8_credit_costs c WHERE c.operation = p_operation;
    IF NOT FOUND THEN
        RETURN cost_of_units(p_default_unit, p_default_credits, p_units);
    END IF;
    RETURN cost;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("billing", "0005_holds_and_idempotency")]

    operations = [
        migrations.RunSQL(COST_OF_UNITS, "DROP FUNCTION cost_of_units(text, bigint, bigint);"),
        migrations.RunSQL(OPERATION_PRICE, "DROP FUNCTION operation_price(text, text, bigint);"),
        migrations.RunSQL(
            OPERATION_COST, "DROP FUNCTION operation_cost(text, bigint, text, bigint);"
        ),
    ]
