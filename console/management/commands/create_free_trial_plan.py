from console.management.base import VerbCommand
from tenancy.records import SYSTEM
from tenancy.services import plans


class Command(VerbCommand):
    help = "Creates the plan of new trials if it is missing. Never changes one that is there."

    def run(self, **options: object) -> None:
        plan, created = plans.create_free_trial(by=SYSTEM, reason="Plan of new trials")
        facts = f"{plan.included_credits:,} credits, {plan.trial_days} trial days"
        if created:
            self.stdout.write(f"Created the plan {plan.slug} (id {plan.pk}): {facts}.")
        else:
            self.stdout.write(
                f"The plan {plan.slug} (id {plan.pk}) exists already: {facts}. Nothing was changed."
            )
