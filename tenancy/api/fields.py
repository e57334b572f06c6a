"""Fields that take what they say and convert nothing: "1" is no number, 1 is no text."""

import json
import re
from datetime import UTC, date, tzinfo
from decimal import Decimal, InvalidOperation

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError

from tenancy.api.problems import MOST_FAULTS

# What jsonb keeps of a row's own facts.
LARGEST_METADATA = 4_096  # characters of JSON


class StrictMixin:
    """Refuses another JSON type before DRF's field could convert it."""

    json_type: type | tuple[type, ...]
    type_name: str

    def run_validation(self, data: object = serializers.empty) -> object:
        given = data is not serializers.empty and data is not None
        # bool is an int in Python, not in JSON.
        wrong = not isinstance(data, self.json_type) or (
            isinstance(data, bool) and self.json_type is not bool
        )
        if given and wrong:
            raise ValidationError(f"Must be {self.type_name}.", code="wrong_type")
        return super().run_validation(data)


class Text(StrictMixin, serializers.CharField):
    json_type, type_name = str, "a string"

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_length": 255, **options})


class Email(StrictMixin, serializers.EmailField):
    json_type, type_name = str, "a string"

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_length": 254, **options})


class Whole(StrictMixin, serializers.IntegerField):
    json_type, type_name = int, "a whole number"


class Flag(StrictMixin, serializers.BooleanField):
    json_type, type_name = bool, "true or false"


class Choice(StrictMixin, serializers.ChoiceField):
    json_type, type_name = str, "a string"


class Day(StrictMixin, serializers.DateField):
    json_type, type_name = str, "a date such as 2025-11-12"

    def __init__(self, **options: object) -> None:
        super().__init__(**{"input_formats": ["%Y-%m-%d"], **options})

    def to_internal_value(self, data: str) -> date:
        # strptime takes the digits of every script, and one for two.
        if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", data):
            raise ValidationError(f"Must be {self.type_name}.", code="invalid")
        return super().to_internal_value(data)


# The pattern that would be read from the field lets an empty string pass.
@extend_schema_field(
    {"type": "string", "format": "decimal", "pattern": r"^-?[0-9]{1,8}(\.[0-9]{1,2})?$"}
)
class Money(StrictMixin, serializers.DecimalField):
    """A decimal string with at most two places; never a JSON number, which is a float to most."""

    json_type, type_name = str, "a decimal string such as 89.00"

    def __init__(self, **options: object) -> None:
        super().__init__(**{"max_digits": 10, "decimal_places": 2, **options})

    def to_internal_value(self, data: str) -> Decimal:
        if not re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,2})?", data):
            raise ValidationError(f"Must be {self.type_name}.", code="wrong_type")
        try:
            return super().to_internal_value(data)
        except InvalidOperation:
            raise ValidationError("Out of range.", code="invalid") from None


class Metadata(serializers.DictField):
    """A JSON object of the caller's own facts."""

    def to_internal_value(self, data: object) -> dict[str, object]:
        if not isinstance(data, dict):
            raise ValidationError("Must be an object.", code="wrong_type")
        if len(json.dumps(data)) > LARGEST_METADATA:
            raise ValidationError(
                f"Has at most {LARGEST_METADATA:,} characters of JSON.", code="max_length"
            )
        return data


class Several(serializers.ListField):
    """A list whose length is looked at before its items, and no item after enough wrong ones."""

    def to_internal_value(self, data: object) -> list[object]:
        if isinstance(data, list):
            self.run_validators(data)
        return super().to_internal_value(data)

    def run_child_validation(self, data: list[object]) -> list[object]:
        values, wrong = [], {}
        for index, item in enumerate(data):
            try:
                values.append(self.child.run_validation(item))
            except ValidationError as fault:
                wrong[index] = fault.detail
                if len(wrong) > MOST_FAULTS:
                    break
        if wrong:
            raise ValidationError(wrong)
        return values


class Id(serializers.CharField):
    """An id in an answer: a string that means nothing but itself."""

    def __init__(self, **options: object) -> None:
        super().__init__(**{"source": "pk", "read_only": True, **options})


class Moment(serializers.DateTimeField):
    """ISO 8601 in UTC, with Z, whatever time zone is in use."""

    def default_timezone(self) -> tzinfo:
        return UTC
