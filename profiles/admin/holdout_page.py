"""The page on which all experiments together stand beside the holdout, whom they leave alone."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from profiles.admin.experiment_chart import lift_chart
from profiles.experiment_words import holdout_words
from profiles.holdout import Question, against_holdout, experiments_beside_the_holdout

if TYPE_CHECKING:
    from profiles.admin.experiments import ExperimentAdmin

MOST_EXPERIMENTS = 50


def holdout_page(request: HttpRequest, model_admin: "ExperimentAdmin") -> HttpResponse:
    """The page; `count` chooses what is counted."""
    if not model_admin.has_view_permission(request):
        raise PermissionDenied
    asked = request.GET.get("count")
    question = next((each for each in Question if each.slug == asked), Question.ACTIVE)
    answer = against_holdout(question)
    days = [each.date() for each in answer.ends]
    context = {
        **admin.site.each_context(request),
        "title": _("All experiments beside the holdout"),
        "opts": model_admin.opts,
        "questions": list(Question),
        "question": question,
        "answer": answer,
        "groups": [
            {"name": _("holdout"), "share": answer.share, "group": answer.held},
            {"name": _("everybody else"), "share": 1 - answer.share, "group": answer.others},
        ],
        "words": holdout_words(answer),
        "chart": lift_chart(days, answer.series) if answer.series else None,
        "experiments": experiments_beside_the_holdout()[:MOST_EXPERIMENTS],
    }
    return render(request, "admin/profiles/experiment/holdout.html", context)
