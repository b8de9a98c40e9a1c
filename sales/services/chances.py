"""Learning from one's own leads who becomes a customer, every week, in the worker."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.core.locks import hold
from sales.models import LeadModel
from sales.queries.chances import history
from sales.rules.chances import (
    AUC_NEEDED,
    POSITIVES_NEEDED,
    ROWS_NEEDED,
    Row,
    auc,
    brier,
    calibration,
    features,
    knows,
)

HELD_OUT = 0.2
SEED = 0
KEPT = 20  # models kept to compare


@dataclass(frozen=True)
class Learned:
    """A model with how well it foretold the fifth it had not seen."""

    rows: int
    positives: int
    auc: float | None = None
    brier: float | None = None
    calibration: list[dict[str, float]] = field(default_factory=list)
    stored: dict[str, Any] = field(default_factory=dict)


def learn(rows: Sequence[Row], labels: Sequence[int]) -> Learned:
    """Fit a logistic regression: measured on a held-out fifth, then learned from all; too few rows teach nothing."""
    positives = sum(labels)
    if len(rows) < ROWS_NEEDED or min(positives, len(rows) - positives) < POSITIVES_NEEDED:
        return Learned(len(rows), positives)
    from sklearn.model_selection import train_test_split  # slow to import, and only the worker learns

    seen, unseen, seen_labels, unseen_labels = train_test_split(
        list(rows), list(labels), test_size=HELD_OUT, random_state=SEED, stratify=list(labels)
    )
    foretold = _foretell(_fit(seen, seen_labels), unseen)
    return Learned(
        len(rows),
        positives,
        auc(foretold, unseen_labels),
        brier(foretold, unseen_labels),
        calibration(foretold, unseen_labels),
        _fit(rows, labels),
    )


@transaction.atomic
def learn_from_history(now: datetime.datetime | None = None) -> LeadModel:
    """Learn from the company's own leads; used only with enough of them, and where it tells winners from others.

    What says the same as the last time is not kept twice.
    """
    hold("lead-model")
    found = history(now or timezone.now())
    learned = learn([row for row, _label in found], [label for _row, label in found])
    model = LeadModel(
        rows=learned.rows,
        positives=learned.positives,
        auc=learned.auc,
        brier=learned.brier,
        calibration=learned.calibration,
        weights=learned.stored,
        is_used=learned.auc is not None and learned.auc >= AUC_NEEDED,
    )
    newest = LeadModel.objects.first()
    if newest is not None and _same(newest, model):
        return newest
    model.save()
    old = LeadModel.objects.values_list("pk", flat=True)[KEPT:]
    LeadModel.objects.filter(pk__in=list(old)).delete()
    return model


def _same(one: LeadModel, other: LeadModel) -> bool:
    names = ("rows", "positives", "auc", "brier", "calibration", "weights")
    return all(getattr(one, name) == getattr(other, name) for name in names)


def _fit(rows: Sequence[Row], labels: Sequence[int]) -> dict[str, Any]:
    from sklearn.feature_extraction import DictVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    known = knows(rows)
    vectorizer, scaler = DictVectorizer(), StandardScaler(with_mean=False)
    matrix = vectorizer.fit_transform([features(row, known) for row in rows])
    scaled = scaler.fit_transform(matrix)
    regression = LogisticRegression(C=0.1, max_iter=2000).fit(scaled, labels)
    names = vectorizer.get_feature_names_out()
    weights = regression.coef_[0] / scaler.scale_
    means = matrix.mean(axis=0).tolist()[0]
    return {
        "intercept": float(regression.intercept_[0]),
        "weights": {name: float(w) for name, w in zip(names, weights, strict=True)},
        "means": {name: float(m) for name, m in zip(names, means, strict=True)},
        "known": known,
    }


def _foretell(stored: dict[str, Any], rows: Sequence[Row]) -> list[float]:
    from sales.rules.chances import Model, chance_of

    model = Model.of(stored)
    return [chance_of(model, row).probability for row in rows]
