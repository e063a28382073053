"""Algorithms and their settings in the words of the desk; the exact meaning stands at each configuration."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class SettingWords:
    """What a setting is called, and what more or less of it does."""

    name: Promise | str
    meaning: Promise | str = ""


ALGORITHMS: dict[str, Promise] = {
    "popularity": _("What most people chose lately, the same for everybody. Quick, and the bar for the others."),
    "ease": _("What goes with what a person chose before (EASE, Steck 2019). Exact, quick, strong on long histories."),
    "spectral": _("The main axes of taste and what is chosen together (graph filter). Quick, strong on many courses."),
    "als": _("A few numbers for each person and course, whose product fits (implicit ALS, Hu et al. 2008)."),
    "ensemble": _("Several algorithms together, each heard as much as it has proved to know. The default."),
    "cross_platform": _(
        "What people of like taste on other platforms chose here: for those who are new to a platform."
    ),
    "bilinear": _("A profile of each person against the features of each course, learned step by step (PyTorch)."),
    "content": _("What a course is, by its words, cover and sound: finds people for courses that nobody met yet."),
    "deep_mf": _(
        "Two towers of neural networks: what a person chose, and who chose a course (Xue et al. 2017, PyTorch)."
    ),
    "next_item": _("What comes next after what a person chose (SLIT, Choi et al. 2021). Quick; needs times."),
    "sequence": _("What comes next, from the order of the whole history (SASRec, attention, PyTorch). Needs times."),
    "ranker": _("Puts in order what the others found: by chances of click, purchase and completion (PyTorch)."),
}

SETTINGS: dict[str, SettingWords] = {
    "compact": SettingWords(
        _("compact"), _("Keep the model in a quarter of the bytes or less, for a little accuracy.")
    ),
    "half_life_days": SettingWords(
        _("half-life (days)"), _("After so many days an event counts half; 0 never forgets.")
    ),
    "regularization": SettingWords(
        _("regularization"), _("More makes the model more careful; the fewer the events, the more is needed.")
    ),
    "recency_half_life": SettingWords(
        _("half-life of recency (courses)"),
        _("After so many later courses of the same person a course counts half; 0 lets all count alike."),
    ),
    "axes": SettingWords(_("axes of taste"), _("How many main axes are told apart; more is finer and slower.")),
    "direct_weight": SettingWords(
        _("weight of direct links"), _("How much courses count that the very same people chose, besides the axes.")
    ),
    "neighbours": SettingWords(_("neighbours"), _("For how many other courses each course speaks directly.")),
    "history_exponent": SettingWords(
        _("toning down of popular history"), _("How much popular courses in a history are toned down; 0 not at all.")
    ),
    "target_exponent": SettingWords(
        _("preference for popular courses"), _("How much popular courses are preferred as an answer; 0 not at all.")
    ),
    "iterations": SettingWords(_("iterations"), _("Of the search for the axes; more is more exact and slower.")),
    "confidence": SettingWords(_("confidence"), _("How much more an event counts than no event.")),
    "sweeps": SettingWords(_("sweeps"), _("How often all people and all courses are solved in turns.")),
    "questions": SettingWords(
        _("people asked about"), _("Courses of so many people are hidden, to learn whom of the members to trust.")
    ),
    "completes": SettingWords(
        _("train members twice"), _("On a part to weigh them, then on everything; otherwise in half the time.")
    ),
    "max_items": SettingWords(
        _("courses modelled at most"),
        _("The most popular ones; memory grows with the square. The others are ranked by popularity."),
    ),
    "outlook_half_life": SettingWords(
        _("half-life of the outlook (courses)"),
        _("After so many courses a later one counts half as what comes next; 0 looks at the very next one alone."),
    ),
    "dimensions": SettingWords(_("dimensions"), _("How many numbers describe a course and a person.")),
    "blocks": SettingWords(_("layers of attention"), _("More see more in the order, and take longer.")),
    "heads": SettingWords(_("heads of attention"), _("Parts that attend on their own; the dimensions are a multiple.")),
    "dropout": SettingWords(
        _("share left out"), _("Numbers left out at random in training, so that no single one is relied on.")
    ),
    "softmax_items": SettingWords(
        _("courses a choice is held against"), _("Larger catalogues draw a fresh sample for each batch.")
    ),
    "profile_dimensions": SettingWords(_("dimensions of a profile"), _("How many numbers describe a person.")),
    "item_dimensions": SettingWords(_("dimensions of a course"), _("How many numbers describe a course.")),
    "shrinkage": SettingWords(
        _("pull towards the average profile"), _("More keeps people with short histories closer to the average.")
    ),
    "history_length": SettingWords(
        _("length of history (courses)"), _("How many latest courses of a person the training looks back on.")
    ),
    "negatives": SettingWords(
        _("courses not chosen, per batch"), _("Drawn at random as examples of what people did not choose.")
    ),
    "negatives_per_positive": SettingWords(
        _("weight of what was not chosen"), _("How much these weigh together, against one chosen course.")
    ),
    "negative_popularity": SettingWords(
        _("popularity of what was not chosen"),
        _("0 draws all courses alike; more draws popular ones more often."),
    ),
    "batch_size": SettingWords(_("batch size"), _("Examples per step of learning.")),
    "learning_rate": SettingWords(_("learning rate"), _("How large the first steps are; they become ever smaller.")),
    "max_epochs": SettingWords(_("epochs at most"), _("How often the training goes through all events.")),
    "patience": SettingWords(
        _("patience (epochs)"), _("The training stops after so many epochs without a better validation loss.")
    ),
    "validation_share": SettingWords(
        _("share held out"), _("Share of the people whose latest course watches over the training, 0 to 0.5.")
    ),
    "hidden_dimensions": SettingWords(_("middle layer"), _("How many numbers each network thinks in.")),
    "column_dimensions": SettingWords(
        _("dimensions of those who met a course"), _("How many axes of taste they are summed up in.")
    ),
    "word_dimensions": SettingWords(_("dimensions of words"), _("How many numbers the text of a course becomes.")),
    "factors": SettingWords(
        _("factors"), _("How many numbers say which courses go together; more tell finer, and need more events.")
    ),
    "content_strength": SettingWords(
        _("strength of the description (people)"),
        _("What a course is says as much as so many people who met it; more trusts descriptions longer."),
    ),
    "popularity_power": SettingWords(
        _("power of popularity"), _("How much courses gain from being met by many; 0 leaves that out.")
    ),
    "text_weight": SettingWords(_("weight of words"), _("Against covers and sounds; 0 leaves words out.")),
    "picture_weight": SettingWords(_("weight of covers"), _("Against words; 0 leaves covers out.")),
    "sound_weight": SettingWords(_("weight of audio previews"), _("Against words; 0 leaves sounds out.")),
    "seed": SettingWords(_("seed"), _("The same seed gives the same model on the same machine.")),
    "device": SettingWords(_("device"), _("Where to train; auto takes a GPU when there is one. Answering needs none.")),
    "click_weight": SettingWords(_("worth of a click"), _("Courses are ordered by chances times worth.")),
    "purchase_weight": SettingWords(_("worth of a purchase"), _("Of a course that was clicked.")),
    "completion_weight": SettingWords(_("worth of a completion"), _("Of a course that was clicked.")),
    "hidden": SettingWords(_("units of the first layer"), _("More tell finer things apart, and need more lists.")),
    "embedding_dimensions": SettingWords(
        _("dimensions of a category"),
        _("How many numbers describe a category; teachers and devices have half as many."),
    ),
    "crossing": SettingWords(
        _("products of course and circumstances"), _("How many are learned; 0 leaves the two to the layers.")
    ),
    "position_bias": SettingWords(
        _("places"), _("`examined` learns how likely each place is looked at, and sets it apart from liking.")
    ),
    "weight_decay": SettingWords(_("pull towards 0"), _("More keeps the model simpler.")),
}
