"""The learned chance of a lead (赢率): a logistic model as plain numbers, so that reading it needs no library."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ROWS_NEEDED, POSITIVES_NEEDED = 200, 50
AUC_NEEDED = 0.6
TOP = 3
RARE = 10  # a value fewer rows have counts as "other"
OTHER = "…"
Row = Mapping[str, str | float | bool | None]


@dataclass(frozen=True)
class Chance:
    """A probability with what moved it most, in log-odds against the average lead."""

    probability: float
    reasons: tuple[tuple[str, float], ...]

    @property
    def percent(self) -> int:
        return round(self.probability * 100)


@dataclass(frozen=True)
class Model:
    """Weights by feature, the average of each feature among the rows it learned from, and the values it knows."""

    intercept: float
    weights: Mapping[str, float]
    means: Mapping[str, float]
    known: Mapping[str, Sequence[str]]

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Model":
        return cls(stored["intercept"], stored["weights"], stored["means"], stored["known"])


def features(row: Row, known: Mapping[str, Sequence[str]]) -> dict[str, float]:
    """A row as numbers: of words whether they hold (rare ones together), of numbers whether there is any, and how big."""
    found: dict[str, float] = {}
    for name, value in row.items():
        if isinstance(value, bool) or value is None or isinstance(value, str):
            word = "" if value in (None, "") else str(value)
            if name in known and word not in known[name]:
                word = OTHER
            found[f"{name}={word}"] = 1.0
        elif math.isfinite(value):
            found[f"{name}>0"] = float(value > 0)
            found[name] = math.log1p(max(0.0, float(value)))
    return found


def chance_of(model: Model, row: Row) -> Chance:
    """The chance of one row, with the three facts that moved it most away from the average."""
    given = features(row, model.known)
    total = model.intercept
    by_fact: dict[str, float] = {}
    for name, weight in model.weights.items():
        value = given.get(name, 0.0)
        total += weight * value
        fact = name.split("=", 1)[0].removesuffix(">0")
        by_fact[fact] = by_fact.get(fact, 0.0) + weight * (value - model.means.get(name, 0.0))
    ranked = sorted(by_fact.items(), key=lambda pair: -abs(pair[1]))[:TOP]
    return Chance(sigmoid(total), tuple((fact, moved) for fact, moved in ranked if abs(moved) >= 0.05))


def sigmoid(value: float) -> float:
    """The logistic function, without overflow."""
    if value < 0:
        return math.exp(max(value, -700.0)) / (1.0 + math.exp(max(value, -700.0)))
    return 1.0 / (1.0 + math.exp(-min(value, 700.0)))


def auc(scores: Sequence[float], labels: Sequence[int]) -> float | None:
    """How often a positive stands above a negative (Mann–Whitney, ties count half); None without both."""
    pairs = sorted(zip(scores, labels, strict=True))
    positives = sum(labels)
    negatives = len(labels) - positives
    if not positives or not negatives:
        return None
    ranks, at = 0.0, 0
    while at < len(pairs):
        end = at
        while end < len(pairs) and pairs[end][0] == pairs[at][0]:
            end += 1
        ranks += (at + 1 + end) / 2 * sum(label for _score, label in pairs[at:end])
        at = end
    return (ranks - positives * (positives + 1) / 2) / (positives * negatives)


def brier(scores: Sequence[float], labels: Sequence[int]) -> float:
    """The mean squared error of probabilities."""
    return sum((score - label) ** 2 for score, label in zip(scores, labels, strict=True)) / len(labels)


def calibration(scores: Sequence[float], labels: Sequence[int], parts: int = 5) -> list[dict[str, float]]:
    """Rows by rising probability in equal parts: what was foretold and what came true in each."""
    pairs = sorted(zip(scores, labels, strict=True))
    found = []
    for part in range(parts):
        chosen = pairs[part * len(pairs) // parts : (part + 1) * len(pairs) // parts]
        if chosen:
            foretold = sum(score for score, _label in chosen) / len(chosen)
            true = sum(label for _score, label in chosen) / len(chosen)
            found.append({"rows": len(chosen), "foretold": round(foretold, 4), "true": round(true, 4)})
    return found


def knows(rows: Sequence[Row]) -> dict[str, list[str]]:
    """The words of each column that enough rows have."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        for name, value in row.items():
            if isinstance(value, bool) or value is None or isinstance(value, str):
                word = "" if value in (None, "") else str(value)
                column = counts.setdefault(name, {})
                column[word] = column.get(word, 0) + 1
    return {name: sorted(w for w, n in column.items() if n >= RARE) for name, column in counts.items()}
