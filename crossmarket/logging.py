"""Structured logs: one line an event, with request and job ids, no personal data."""

import logging.config
import re
from typing import Any

import structlog

SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]


VALUES = re.compile(r"^\s*(?:DETAIL|CONTEXT|HINT|QUERY):.*$\n?", re.MULTILINE)
"""Lines in which PostgreSQL shows the values that it refused."""


def without_ids(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say which address was asked for by its pattern, and leave values of the database out of errors.

    The addresses of people's data have their ids inside.
    """
    if isinstance(event.get("request"), str):
        method, _space, path = event["request"].partition(" ")
        event["request"] = f"{method} {pattern_of(path)}"
    record = event.get("_record")
    if record is not None and record.name == "django.request":
        words, _colon, path = str(event.get("event", "")).partition(": ")
        if path.startswith("/"):
            event["event"] = f"{words}: {pattern_of(path)}"
    if isinstance(event.get("exception"), str):
        event["exception"] = VALUES.sub("", event["exception"])
    return event


def pattern_of(path: str) -> str:
    """An address with the names of its parts in place of what stood there; `?` for one that there is not."""
    from django.urls import Resolver404, resolve

    try:
        return f"/{resolve(path.split('?', maxsplit=1)[0]).route}"
    except Resolver404:
        return "/?"


def without_addresses(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop what tells who a person is: network addresses and user agents."""
    for key in ("ip", "user_agent", "user_id"):
        event.pop(key, None)
    return event


def logging_configuration(level: str, renderer: str) -> dict[str, Any]:
    """Set up structlog and the standard library's logging. `renderer` is `console` (for eyes) or `json`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            without_addresses,
            structlog.processors.format_exc_info,
            without_ids,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    final = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if renderer == "json"
        else structlog.dev.ConsoleRenderer(
            colors=False, pad_event_to=0, exception_formatter=structlog.dev.plain_traceback
        )
    )
    configuration = {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": final,
                "foreign_pre_chain": [
                    *SHARED_PROCESSORS,
                    without_addresses,
                    structlog.processors.format_exc_info,
                    without_ids,
                ],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": "INFO" if level.upper() == "DEBUG" else "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }
    logging.config.dictConfig(configuration)
    return configuration
