"""Structured logs: one line an event, with request and job ids, no personal data."""

import logging.config
from typing import Any

import structlog

SHARED_PROCESSORS: list[structlog.typing.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]


def without_addresses(_logger: Any, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Drop what tells who a person is: network addresses, query strings and user agents."""
    for key in ("ip", "user_agent", "user_id"):
        event.pop(key, None)
    if isinstance(event.get("request"), str):
        event["request"] = event["request"].split("?")[0]
    return event


def logging_configuration(level: str, renderer: str) -> dict[str, Any]:
    """Set up structlog and the standard library's logging. `renderer` is `console` (for eyes) or `json`."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *SHARED_PROCESSORS,
            without_addresses,
            structlog.processors.format_exc_info,
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
                "foreign_pre_chain": [*SHARED_PROCESSORS, without_addresses],
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django.request": {"level": "ERROR"},
            "django_structlog": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
            "fontTools": {"level": "WARNING"},
        },
    }
    logging.config.dictConfig(configuration)
    return configuration
