"""How good a recommender is: trained on one part of a data set, asked for the rest."""

from recommend.evaluation.answers import Answers, Scorer, answers_of
from recommend.evaluation.comparison import Difference, compare, mean_interval
from recommend.evaluation.metrics import CUTOFFS, first_columns, ndcg, precision_recall_curve, recall
from recommend.evaluation.protocol import Accuracy, Result, accuracy_of, configured, evaluate, hits_of
from recommend.evaluation.report import Report, report_of
from recommend.evaluation.slices import Labels, Slice, SliceDifference, differences_by_slice, slices_of

__all__ = [
    "CUTOFFS",
    "Accuracy",
    "Answers",
    "Difference",
    "Labels",
    "Report",
    "Result",
    "Scorer",
    "Slice",
    "SliceDifference",
    "accuracy_of",
    "answers_of",
    "compare",
    "configured",
    "differences_by_slice",
    "evaluate",
    "first_columns",
    "hits_of",
    "mean_interval",
    "ndcg",
    "precision_recall_curve",
    "recall",
    "report_of",
    "slices_of",
]
