"""Searches for clusters: what was found, how good it is, and by whom the next search recognises it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models import LinkedAccount
from crossmarket.foundation.models import Job
from profiles.models.profile import ProfileModel


class ClusterAlgorithm(models.TextChoices):
    """How clusters are found."""

    KMEANS = "kmeans", _("k-means in small batches, their number by silhouette")
    MIXTURE = "mixture", _("mixture of normal distributions, their number by BIC")


class ClusterView(models.TextChoices):
    """What must be alike in people of one cluster."""

    TASTES = "tastes", _("tastes: what people are drawn to")
    WHOLE = "whole", _("the whole profile: tastes, hours, spending and activity")


class ClusteringQuerySet(models.QuerySet["Clustering"]):
    """Questions about searches."""

    def latest_one(self) -> "Clustering | None":
        """The one that segments rest on; None before the first."""
        return self.order_by("-number").first()


class Clustering(models.Model):
    """One search for clusters among all profiles.

    asked: how many clusters were asked for, null for as many as fit best. scores: by number of clusters, the larger the
    better. Of each cluster, in the same order: `clusters` has the number it keeps from search to search, `sizes` how
    many persons, `told` what its name is made of, `centroids` where it is on the axes of `profile_model`.
    """

    number = models.PositiveIntegerField(_("search"), unique=True)
    algorithm = models.CharField(_("algorithm"), max_length=10, choices=ClusterAlgorithm.choices)
    view = models.CharField(_("people are alike in"), max_length=10, choices=ClusterView.choices)
    asked = models.PositiveSmallIntegerField(_("clusters asked for"), null=True)
    scores = models.JSONField(_("scores"), default=dict)
    persons = models.PositiveIntegerField(_("persons"))
    clusters = ArrayField(models.PositiveIntegerField(), verbose_name=_("clusters"))
    sizes = ArrayField(models.PositiveIntegerField(), verbose_name=_("sizes"))
    told = models.JSONField(default=list)
    centroids = models.JSONField(default=list)
    profile_model = models.ForeignKey(
        ProfileModel, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("profile model")
    )
    job = models.ForeignKey(Job, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name=_("job"))
    created_at = models.DateTimeField(_("made"), auto_now_add=True)

    objects = ClusteringQuerySet.as_manager()

    class Meta:
        verbose_name = _("search for clusters")
        verbose_name_plural = _("searches for clusters")
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"v{self.number}"


class TypicalMember(models.Model):
    """A person near the centroid of a cluster: where these are at the next search, there the cluster is."""

    clustering = models.ForeignKey(Clustering, on_delete=models.CASCADE, related_name="typical")
    account = models.ForeignKey(LinkedAccount, on_delete=models.CASCADE, related_name="+")
    cluster = models.PositiveIntegerField()

    class Meta:
        verbose_name = _("typical member")
        verbose_name_plural = _("typical members")
        constraints = [models.UniqueConstraint("clustering", "account", name="typical_member_once")]

    def __str__(self) -> str:
        return f"{self.clustering_id} · {self.account_id}"
