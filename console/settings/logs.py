"""Where log lines go: to standard output, as JSON for machines or plain for people."""


def logging_config(*, level: str, plain: bool) -> dict:
    formatter = "plain" if plain else "json"
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "{levelname} {name}: {message}", "style": "{"},
            "json": {"()": "console.log_format.JsonFormatter"},
        },
        "handlers": {
            "stdout": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout",
                "formatter": formatter,
            },
        },
        "root": {"handlers": ["stdout"], "level": level},
        "loggers": {
            # Django's own handlers have their own format and mail the admins; ours is enough.
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "propagate": True},
            # Says hello on every start.
            "axes": {"level": "WARNING"},
        },
    }
