"""What goes over with a customer that is merged into another: every app names its own tables here, one line each."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import Exists, OuterRef


@dataclass(frozen=True)
class Relation:
    """Rows that belong to a customer by a foreign key.

    `once` names the fields of which a customer has each combination once: what the winner has already stays behind.
    `most` is how many of them a customer may have.
    """

    model: type[models.Model]
    field: str
    once: tuple[str, ...] = ()
    most: int | None = None

    @property
    def key(self) -> str:
        """Names the relation in what undoing remembers."""
        return f"{self.model._meta.label_lower}.{self.field}"

    def move(self, source: int, target: int) -> list[int]:
        """Give the rows of one customer to another, deleted ones included; returns their ids."""
        rows = self.model._base_manager.filter(**{self.field: source})
        if self.model is self.model._meta.get_field(self.field).related_model:
            rows = rows.exclude(pk=target)  # a parent does not become its own child
        if self.once:
            same = {name: OuterRef(name) for name in self.once}
            rows = rows.exclude(Exists(self.model._base_manager.filter(**{self.field: target}, **same)))
        ids = list(rows.order_by("pk").values_list("pk", flat=True))
        if self.most is not None:
            held = self.model._base_manager.filter(**{self.field: target}).count()
            ids = ids[: max(0, self.most - held)]
        self.model._base_manager.filter(pk__in=ids).update(**{self.field: target})
        return ids

    def move_back(self, ids: list[int], source: int, target: int) -> list[int]:
        """Give those of the rows back that still belong to `source`; returns their ids."""
        rows = self.model._base_manager.filter(pk__in=ids, **{self.field: source})
        found = list(rows.values_list("pk", flat=True))
        self.model._base_manager.filter(pk__in=found).update(**{self.field: target})
        return found


RELATIONS: dict[str, Relation] = {}


def moves_with_customer(
    model: type[models.Model], field: str = "customer", *, once: tuple[str, ...] = (), most: int | None = None
) -> None:
    """Declare that rows of this kind go over when their customer is merged into another."""
    relation = Relation(model, field, once, most)
    RELATIONS[relation.key] = relation
