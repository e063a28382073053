"""The project around the rooms: settings, services of one machine, the supervisor and what touches every room."""

from crossmarket.celery import app as celery_app

__all__ = ["celery_app"]
