"""Celery's way to the jobs."""

from celery import shared_task

from crossmarket.foundation import idempotency, jobs


@shared_task(name=jobs.RUN_TASK)
def run_job(job_id: str) -> None:
    """Run one job."""
    jobs.run(job_id)


@shared_task(name="foundation.end_lost_jobs")
def end_lost_jobs() -> None:
    """Mark jobs whose worker is gone, and send those again whose message is."""
    jobs.end_lost_jobs()
    jobs.send_waiting_jobs()


@shared_task(name="foundation.forget_answers", ignore_result=True)
def forget_answers() -> None:
    """Remove kept answers that have had their time."""
    idempotency.forget_old()
