"""The Celery application; tasks live in each room's `tasks.py`."""

import os

from celery import Celery
from django_structlog.celery.steps import DjangoStructLogInitStep

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "crossmarket.settings")

app = Celery("crossmarket")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.steps["worker"].add(DjangoStructLogInitStep)
app.steps["worker"].add("crossmarket.heartbeat:HeartbeatStep")
app.autodiscover_tasks()
