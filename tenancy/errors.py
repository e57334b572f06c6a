"""The one base of every refusal, and those that many verbs share.

Any other is defined beside the function that raises it.
"""


class ServiceError(Exception):
    """A verb said no and changed nothing.

    `message` is for people: it names the thing and the way out, and holds no class names.
    `code` is for programs and never changes its meaning. `facts` are the numbers behind the
    message (for example `required=10, available=4`).
    """

    code = "refused"

    def __init__(self, message: str, **facts: object) -> None:
        super().__init__(message)
        self.message = message
        self.facts = facts


class StateConflict(ServiceError):
    """The object is in a state from which this verb does not lead on."""

    code = "state_conflict"


class NothingChanged(ServiceError):
    """Everything is already as asked."""

    code = "nothing_changed"


class InvalidValue(ServiceError):
    """A value is out of its range; `field` in the facts names which one."""

    code = "validation_error"


class NotPermitted(ServiceError):
    """This person may not do this to this object, whatever their group."""

    code = "permission_denied"


def is_whole(value: object, *, low: int, high: int) -> bool:
    """Whether `value` is a whole number from `low` to `high`. True and 3.0 are no whole numbers."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
