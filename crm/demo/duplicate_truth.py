"""How well likely duplicates are told from others, on records of which the truth is known.

Precision is the share of the pairs named that are one customer, recall the share of such pairs that are named.
"""

from __future__ import annotations

import csv
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from accounts.rules.matching import BLOCK, LINK, Keys, compare, keys_of, name_marks
from crm.demo.names import companies

Pair = tuple[int, int]
FEBRL, CHICAGO = "febrl_dataset1.csv", "csv_example_messy_input.csv"
TYPING = "云杉网络科技星河智能上海博远精密机械设备华东恒泰瑞丰"


@dataclass(frozen=True)
class Result:
    """What the rules said about one set of records."""

    what: str
    records: int
    true_pairs: int
    found: int
    right: int
    partial: bool = False  # only some of the truth is known: what else was named may be right or wrong

    @property
    def precision(self) -> float | None:
        if self.partial:
            return None
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        return self.right / self.true_pairs if self.true_pairs else 1.0


def measure(folder: Path | None) -> list[Result]:
    """Every set there is: the invented companies, and the files of the folder."""
    results = _rated("invented companies", *disguised())
    if folder and (folder / FEBRL).is_file():
        results += _rated("FEBRL 1, names and postcodes", *febrl(folder / FEBRL, numbers=False))
        results += _rated("FEBRL 1, with the identity number", *febrl(folder / FEBRL, numbers=True))
    if folder and (folder / CHICAGO).is_file():
        results += _rated("Chicago sites, identical rows", *chicago(folder / CHICAGO), partial=True)
    return results


def disguised(count: int = 3000, seed: int = 7) -> tuple[list[Keys], set[Pair]]:
    """Invented companies of which every third is there again the way people write it another time.

    Branches and sister companies in other cities are among them and are not the same customer.
    """
    chance = random.Random(seed)  # noqa: S311 - believable, not secret
    records: list[Keys] = []
    truth: set[Pair] = set()
    for number, one in enumerate(companies(count, seed)):
        records.append(keys_of(name=one.name, kind="company", phones=[one.phone], emails=[one.email]))
        if number % 3 == 0 and not one.name.isascii():
            truth.add((len(records) - 1, len(records)))
            records.append(_again(one.name, one.region, one.phone, one.email, chance))
        elif number % 3 == 1 and not one.name.isascii():
            sister = f"{one.name}宁波分公司" if number % 2 else one.name.replace(one.region, "拉萨", 1)
            records.append(keys_of(name=sister, kind="company"))
    return records, truth


def _again(name: str, region: str, phone: str, email: str, chance: random.Random) -> Keys:
    """The same company as somebody else would write it: each way as often as the others."""
    way = chance.randrange(6)
    core = keys_of(name=name, kind="company").core
    if way == 0:  # region in brackets behind the name
        return keys_of(name=f"{name.removeprefix(region)}（{region}）", kind="company")
    if way == 1:  # another organisation form, or none
        return keys_of(name=f"{region}市{core}{chance.choice(['', '集团', '公司'])}", kind="company")
    if way == 2:  # without the region
        return keys_of(name=f"{core}有限公司", kind="company")
    if way == 3:  # a mistyped character
        place = chance.randrange(len(core))
        typed = core[:place] + chance.choice(TYPING) + core[place + 1 :]
        return keys_of(name=f"{region}{typed}有限公司", kind="company")
    if way == 4:  # a short name and the same mobile
        return keys_of(name=core[:2], kind="company", phones=[f"0086 {phone[3:6]}-{phone[6:]}"])
    return keys_of(name=core[:2], kind="company", emails=[email.upper()])  # a short name, the same address


def febrl(path: Path, *, numbers: bool) -> tuple[list[Keys], set[Pair]]:
    """Generated persons with typing errors; the entity in the record's id is the truth and nothing else."""
    records, entities = [], []
    for row in _rows(path):
        name = "".join(f"{row['given_name']}{row['surname']}".split())
        number = frozenset({row["soc_sec_id"]} - {""}) if numbers else frozenset()
        records.append(Keys(core=name, region=row["postcode"], numbers=number))
        entities.append(row["rec_id"].split("-")[1])
    return records, _pairs(entities)


def chicago(path: Path) -> tuple[list[Keys], set[Pair]]:
    """Early-learning sites from several lists; the only known truth are rows that are alike in every column."""
    records, entities = [], []
    for row in _rows(path):
        phone = row["Phone"] if len(row["Phone"]) == 10 else f"312{row['Phone']}"
        records.append(keys_of(name=row["Site name"], kind="company", phones=[f"+1{phone}"]))
        entities.append("|".join(value for name, value in row.items() if name not in ("Id", "Source")))
    return records, _pairs(entities)


def _rows(path: Path) -> Iterable[Mapping[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, skipinitialspace=True):
            yield {name.strip(): (value or "").strip() for name, value in row.items() if name}


def _pairs(entities: Sequence[str]) -> set[Pair]:
    groups: dict[str, list[int]] = defaultdict(list)
    for place, entity in enumerate(entities):
        groups[entity].append(place)
    return {pair for group in groups.values() for pair in combinations(group, 2)}


def _rated(what: str, records: list[Keys], truth: set[Pair], partial: bool = False) -> list[Result]:
    """Precision and recall of what is named at all, and of what is refused on save."""
    verdicts = named(records)
    refused = {pair for pair, outcome in verdicts.items() if outcome == BLOCK}
    return [
        Result(f"{what}: {kind}", len(records), len(truth), len(pairs), len(pairs & truth), partial)
        for kind, pairs in (("named", set(verdicts)), ("refused", refused))
    ]


def named(records: Sequence[Keys]) -> dict[Pair, str]:
    """The pairs the rules name with their outcome, sought by the same keys as in the database."""
    places: dict[str, set[int]] = defaultdict(set)
    for place, keys in enumerate(records):
        marks = (f"{keys.region}:{mark}" for mark in name_marks(keys.core))
        for key in (*keys.locks, *marks):
            places[key].add(place)
    found = {}
    for pair in {pair for group in places.values() for pair in combinations(sorted(group), 2)}:
        verdict = compare(records[pair[0]], records[pair[1]])
        if verdict and verdict.outcome != LINK:
            found[pair] = verdict.outcome
    return found
