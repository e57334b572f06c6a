"""The costs of today as rows, so that staff can see and edit them."""

from django.db import migrations

# image_prompt_extraction is a fact of the customer's ledger; the others are defaults.
COSTS = (
    ("clustering", "fixed", 10),
    ("idea_generation", "idea", 1),
    ("content_generation", "hundred_words", 1),
    ("image_generation", "image", 5),
    ("image_prompt_extraction", "fixed", 2),
)


def add_costs(apps, schema_editor):
    credit_cost = apps.get_model("billing", "CreditCost")
    for operation, unit, credits in COSTS:
        credit_cost.objects.get_or_create(
            operation=operation, defaults={"unit": unit, "credits": credits}
        )


class Migration(migrations.Migration):
    dependencies = [("billing", "0003_money_guards")]

    operations = [migrations.RunPython(add_costs, migrations.RunPython.noop)]
