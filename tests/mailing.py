"""What the worker does with the queued e-mails, without a worker."""

from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django_tasks_db.models import DBTaskResult


def work_off() -> list[EmailMultiAlternatives]:
    """Do the tasks that wait now (not those for later); returns the mails sent by them."""
    before = len(mail.outbox)
    for row in DBTaskResult.objects.ready().order_by("enqueued_at"):
        row.delete()
        row.task.call(*row.args_kwargs["args"], **row.args_kwargs["kwargs"])
    return mail.outbox[before:]


def forget_queue() -> None:
    DBTaskResult.objects.all().delete()
