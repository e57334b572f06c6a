"""A log line is one JSON object that names its request."""

import json
import logging
import sys

from console.log_format import JsonFormatter
from tenancy import context


def make_record(message: str, **extra: object) -> logging.LogRecord:
    record = logging.LogRecord("console", logging.ERROR, __file__, 1, message, None, None)
    record.__dict__.update(extra)
    return record


def test_a_line_in_a_request() -> None:
    with context.use(context.RequestContext(door="api", request_id="abc")):
        line = JsonFormatter().format(make_record("one\ntwo"))

    assert "\n" not in line
    said = json.loads(line)
    assert said["message"] == "one\ntwo"
    assert (said["level"], said["door"], said["request_id"]) == ("ERROR", "api", "abc")


def test_a_failed_request_is_named_after_it_is_over() -> None:
    request = type("Request", (), {"id": "abc"})()

    assert (
        json.loads(JsonFormatter().format(make_record("x", request=request)))["request_id"] == "abc"
    )


def test_a_trace() -> None:
    try:
        raise ValueError("broken")
    except ValueError:
        record = make_record("x", exc_info=sys.exc_info())

    assert "ValueError: broken" in json.loads(JsonFormatter().format(record))["trace"]
