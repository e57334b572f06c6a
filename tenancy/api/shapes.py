"""What goes in and what comes out: strict bodies, and answers made of named members."""

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import islice

from django.utils.functional import cached_property
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.fields import SkipField

from tenancy.api.problems import MOST_FAULTS


class Body(serializers.Serializer):
    """A request's body or query. A member that is not declared is refused by its name."""

    # DRF looks through all fields for every body; here one instance serves all of them.
    @cached_property
    def _writable_fields(self) -> list[serializers.Field]:
        return list(super()._writable_fields)

    def run_validation(self, data: object = serializers.empty) -> dict[str, object]:
        """A body has no rules beyond those of its members."""
        is_empty, data = self.validate_empty_values(data)
        return data if is_empty else self.to_internal_value(data)

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

    @cached_property
    def _members(self) -> list[tuple[str, str, serializers.Field]]:
        """Name, the one attribute it is read from (empty: another way), and field."""
        return [
            (field.field_name, field.source_attrs[0] if len(field.source_attrs) == 1 else "", field)
            for field in self._readable_fields
        ]

    def to_representation(self, value: object) -> dict[str, object]:
        """As DRF does, which asks more about each value than these are."""
        is_dict = isinstance(value, dict)
        members = {}
        for name, source, field in self._members:
            try:
                found = value[source] if is_dict else getattr(value, source)
                is_plain = not callable(found)
            except (KeyError, AttributeError):
                is_plain = False
            if not is_plain:
                try:
                    found = field.get_attribute(value)
                except SkipField:
                    continue
            members[name] = None if found is None else field.to_representation(found)
        return members


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
