"""What goes in and what comes out: strict bodies, and answers made of named members."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from tenancy.api.problems import MOST_FAULTS


class Body(serializers.Serializer):
    """A request's body or query. A member that is not declared is refused by its name."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if not isinstance(data, Mapping):
            raise ValidationError({"non_field_errors": [_NO_OBJECT]})
        # One more than is told, so that it is told that there are more.
        unknown = list(islice((name for name in data if name not in self.fields), MOST_FAULTS + 1))
        try:
            value = super().to_internal_value(data)
        except ValidationError as fault:
            raise ValidationError({**fault.detail, **_refused(unknown)}) from None
        if unknown:
            raise ValidationError(_refused(unknown))
        return value


class Answer(serializers.Serializer):
    """What a call answers. Each member is read from the object of the same name."""


class Nothing(Body):
    """The body of a call that takes none: absent, or an empty object."""


_NO_OBJECT = serializers.ErrorDetail("Must be an object.", code="wrong_type")


def _refused(unknown: Iterable[str]) -> dict[str, list[serializers.ErrorDetail]]:
    return {
        name: [serializers.ErrorDetail("There is no such member.", code="unknown")]
        for name in unknown
    }


# DRF copies every declared field for every instance; one instance of each class is enough, since
# neither checking nor answering keeps anything in it.
@cache
def _one(shape: type[serializers.Serializer]) -> serializers.Serializer:
    return shape()


def checked(shape: type[Body], data: object) -> dict[str, object]:
    """The valid values of a body. Raises ValidationError."""
    return _one(shape).run_validation(data)


def shaped(shape: type[Answer], value: object) -> dict[str, object]:
    """The JSON members of an answer."""
    return _one(shape).to_representation(value)
