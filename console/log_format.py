"""One JSON object per log line, with the request it belongs to."""

import json
import logging
from datetime import UTC, datetime

from tenancy import context


class JsonFormatter(logging.Formatter):
    """Time in UTC, level, logger, message, door, request id. JSON itself escapes line breaks."""

    def format(self, record: logging.LogRecord) -> str:
        here = context.current()
        # Django logs a failed request when it is over; the request itself then still knows its id.
        request = getattr(record, "request", None)
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            "door": here.door,
            "request_id": here.request_id or getattr(request, "id", ""),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)
