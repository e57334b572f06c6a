"""A setting that is mistyped, wrong or missing is refused in words for the person who wrote it."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from console.settings import parsers
from console.settings.environment import Environment, parse_flag


def fault(**variables: str) -> str:
    """Read a small set of settings and return what is wrong with them."""
    env = Environment(variables)
    env.flag("IGNY8_DEMO", default=False)
    env.number("IGNY8_TRUSTED_PROXIES", default=0, most=9)
    env.read("IGNY8_SECRET_KEY", parsers.secret, example="x", required=True, how="Make one: …")
    env.text("IGNY8_FROM_EMAIL", example="a@example.com", required=True)
    with pytest.raises(ImproperlyConfigured) as caught:
        env.finish()
    return str(caught.value)


def test_all_that_is_missing_is_said_at_once() -> None:
    assert fault().splitlines() == [
        "IGNY8_SECRET_KEY is missing. Make one: …",
        "IGNY8_FROM_EMAIL is missing. Example: IGNY8_FROM_EMAIL=a@example.com",
    ]


def test_an_empty_value_is_missing() -> None:
    assert "IGNY8_SECRET_KEY is missing" in fault(IGNY8_SECRET_KEY="  ")


def test_a_mistyped_name_is_said_alone_with_the_nearest() -> None:
    assert fault(IGNY8_SECRET_KYE="x") == (
        "IGNY8_SECRET_KYE is not a setting. Did you mean IGNY8_SECRET_KEY?"
    )


def test_an_unknown_name_like_no_other() -> None:
    assert fault(IGNY8_ZZZ="x") == "IGNY8_ZZZ is not a setting. docs/operations.md lists them all."


def test_names_of_others_are_none_of_our_business() -> None:
    assert "OTHER" not in fault(OTHER="x", IGNY9_DEMO="y")


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("IGNY8_DEMO", "yep", "'yep' is neither 1 nor 0. Example: IGNY8_DEMO=1"),
        ("IGNY8_TRUSTED_PROXIES", "-1", "'-1' is not a whole number from 0 to 9"),
        ("IGNY8_TRUSTED_PROXIES", "10", "'10' is not a whole number from 0 to 9"),
        ("IGNY8_TRUSTED_PROXIES", "²", "'²' is not a whole number from 0 to 9"),
    ],
)
def test_a_wrong_value(name: str, value: str, says: str) -> None:
    assert fault(**{name: value}).startswith(f"{name} is wrong: {says}")


def test_a_short_secret_is_refused_and_not_shown() -> None:
    says = fault(IGNY8_SECRET_KEY="hunter2")

    assert says.startswith("IGNY8_SECRET_KEY is wrong: it needs at least 50 mixed characters")
    assert "hunter2" not in says


@pytest.mark.parametrize("text", ["1", "true", "Yes", "ON"])
def test_flags_that_are_on(text: str) -> None:
    assert parse_flag(text) is True


@pytest.mark.parametrize("text", ["0", "false", "No", "OFF"])
def test_flags_that_are_off(text: str) -> None:
    assert parse_flag(text) is False
