"""Jobs: long work done by the workers, each a row that one can watch, read and cancel; and who changed what."""

import uuid

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.utils.timezone import localtime, now
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class JobState(models.TextChoices):
    """Where a job stands."""

    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    SUCCEEDED = "succeeded", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")
    LOST = "lost", _("lost")


OPEN_STATES = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet["Job"]):
    """Questions about jobs."""

    def open(self) -> "JobQuerySet":
        """Those that wait or run."""
        return self.filter(state__in=OPEN_STATES)


class Job(models.Model):
    """One piece of long work: what it was asked, how far it is, what came of it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(_("kind"), max_length=100)
    arguments = models.JSONField(_("arguments"), default=dict)
    state = models.CharField(_("state"), max_length=20, choices=JobState.choices, default=JobState.QUEUED)
    step = models.CharField(_("step"), max_length=200, blank=True)
    done = models.BigIntegerField(_("done"), default=0)
    total = models.BigIntegerField(_("total"), default=0)
    metrics = models.JSONField(_("figures"), default=dict, blank=True)
    result = models.JSONField(_("result"), null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    cancel_requested = models.BooleanField(_("cancel requested"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    heartbeat_at = models.DateTimeField(_("last sign of life"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                name="job_finished_when_ended",
                condition=models.Q(state__in=OPEN_STATES) ^ models.Q(finished_at__isnull=False),
            )
        ]
        indexes = [models.Index(fields=["state", "created_at"])]

    def __str__(self) -> str:
        return f"{gettext(self.kind)} {localtime(self.created_at):%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        """Whether it still waits or runs."""
        return self.state in OPEN_STATES

    @property
    def percent(self) -> int:
        """How much of the present step is done, 0 to 100; 100 once the job succeeded."""
        if self.state == JobState.SUCCEEDED:
            return 100
        return min(100, self.done * 100 // self.total) if self.total else 0

    @property
    def seconds(self) -> float | None:
        """How long it ran or has been running (seconds); None while it waits."""
        if self.started_at is None:
            return None
        return ((self.finished_at or now()) - self.started_at).total_seconds()


class JobLogLine(models.Model):
    """One line that a job wrote down."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="log_lines")
    at = models.DateTimeField(_("time"), auto_now_add=True)
    message = models.TextField(_("message"))

    class Meta:
        verbose_name = _("log line")
        verbose_name_plural = _("log lines")
        ordering = ["id"]

    def __str__(self) -> str:
        return self.message


class KeptAnswer(models.Model):
    """What a call with an idempotency key was answered, for whoever sends it again."""

    scope = models.CharField(max_length=200)
    key = models.CharField(max_length=255)
    about = models.CharField(max_length=100, blank=True, db_index=True)
    fingerprint = models.BinaryField(max_length=32)
    status = models.PositiveSmallIntegerField()
    content_type = models.CharField(max_length=100)
    body = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        verbose_name = _("kept answer")
        verbose_name_plural = _("kept answers")
        constraints = [models.UniqueConstraint(fields=["scope", "key"], name="answer_kept_once")]

    def __str__(self) -> str:
        return f"{self.scope} {self.key}"


def kind_of(subject: models.Model | type[models.Model]) -> str:
    """A table's name as the audit trail writes it, such as `promotions.couponbatch`."""
    return str(subject._meta.label_lower)  # noqa: SLF001 Django's documented name


class AuditEntryQuerySet(models.QuerySet["AuditEntry"]):
    """Questions about the audit trail."""

    def about(self, subject: models.Model) -> "AuditEntryQuerySet":
        """What happened to this row, the latest first."""
        return self.filter(subject_kind=kind_of(subject), subject_id=str(subject.pk))


class AuditEntry(models.Model):
    """One change of something that people answer for: who did what to it, and each field before and after.

    The database lets nobody change or delete one; only the name of a user who is deleted goes. by_person: whether a
    person did it, whom one cannot name any more where `actor` is null. `changes` holds nothing personal.
    """

    subject_kind = models.CharField(_("kind of subject"), max_length=100)
    subject_id = models.CharField(_("key"), max_length=100)
    subject_name = models.CharField(_("changed thing"), max_length=200, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("done by")
    )
    by_person = models.BooleanField(_("by a person"))
    verb = models.CharField(_("did"), max_length=100)
    changes = models.JSONField(_("changes"), default=dict, encoder=DjangoJSONEncoder)
    at = models.DateTimeField(_("time"), default=now, editable=False)

    objects = AuditEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit trail")
        ordering = ["-id"]
        indexes = [models.Index(fields=["subject_kind", "subject_id", "-id"], name="audit_of_subject")]

    def __str__(self) -> str:
        return f"{self.subject_name or self.subject_id}: {gettext(self.verb)}"
