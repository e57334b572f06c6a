"""How many lines wait, beside the menu's entry."""

from django.http import HttpRequest

from billing.models import LineState, StatementLine


def lines_waiting(request: HttpRequest) -> str:
    """The number of new lines, for those who may place them; one query a page.

    Held lines are out of the way and do not count. Empty when there are none.
    """
    if not request.user.has_perm("billing.apply_statementline"):
        return ""
    if not hasattr(request, "lines_waiting"):
        count = StatementLine.objects.filter(state=LineState.NEW).count()
        request.lines_waiting = f"{count:,}" if count else ""
    return request.lines_waiting
