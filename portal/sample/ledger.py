"""The records of the sample portal: profile, people, indicators, figures and honours."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from honors.models import Honor
from news.models import Article
from portal.accounts.models import User
from portal.court.models import CourtProfile, Indicator, Observation, Person
from portal.publishing import actions
from portal.publishing.actions import VersionToken
from portal.publishing.content import upgrade_content
from portal.publishing.models import Publishable
from portal.source_values.dates import SourceDate, parse_date
from portal.source_values.quantities import parse_quantity
from portal.source_values.ranks import parse_rank

HERE = Path(__file__).parent


class Ledger:
    """A loader of records, which creates each by the actions save, submit, approve and release."""

    def __init__(
        self, people: dict[str, User], articles: dict[str, Article], pictures: dict[str, int]
    ) -> None:
        self.people = people
        self.articles = articles
        self.pictures = pictures
        self.figures: dict[str, Observation] = {}
        self.honors: dict[str, Honor] = {}

    def load(self) -> str:
        self._court()
        self._figures()
        self._honors()
        return f"figures: {len(self.figures)}, honours: {len(self.honors)}"

    def _court(self) -> None:
        found = _read("court.json")
        values = found["profile"]
        for name in ("established_staff_count", "quota_judge_count", "department_count"):
            values[name] = parse_quantity(values[name]).canonical()
        self._release(CourtProfile(), values, stated_in=found["profile_stated_in"])
        for row in found["people"]:
            sources = row.pop("stated_in")
            self._release(Person(), row, stated_in=sources)

    def _figures(self) -> None:
        indicators: dict[str, Publishable] = {}
        rows = _read("figures.json")
        for row in rows:
            whole = indicators[row["whole"]].pk if row.get("whole") else None
            fields = {name: value for name, value in row.items() if name != "figures"}
            indicators[row["code"]] = self._release(Indicator(), {**fields, "whole": whole})
        for row in rows:
            for figure in row["figures"]:
                fields = {
                    "indicator": indicators[row["code"]].pk,
                    "remark": figure.get("remark", ""),
                }
                for name, read in (
                    ("period", parse_date),
                    ("value", parse_quantity),
                    ("rank", parse_rank),
                ):
                    if printed := figure.get(name):
                        fields[name] = read(printed).canonical()
                self.figures[row["code"]] = self._release(
                    Observation(), fields, stated_in=figure["stated_in"]
                )

    def _honors(self) -> None:
        for row in _read("honors.json"):
            sources, picture = row.pop("stated_in"), row.pop("picture", None)
            fields = {
                **row,
                "levels": ",".join(row["levels"]),
                "awarded": parse_date(row["awarded"]).canonical() if row["awarded"] else None,
                "presented": _inferred(row["presented"]) if row.get("presented") else None,
            }
            self.honors[row["name"]] = self._release(
                Honor(), fields, stated_in=sources, picture=picture, by="honors"
            )

    def _release(
        self,
        obj: Any,
        fields: dict[str, Any],
        *,
        stated_in: list[str] | None = None,
        picture: dict[str, str] | None = None,
        by: str = "editor",
    ) -> Any:
        """Create and release a record.

        The editor ``by``, the reviewer and the publisher must be three different users. The names
        in ``stated_in`` are those of the articles that are the sources of the record.
        """
        content = {
            "fields": fields,
            "pictures": [self._picture(picture)] if picture else [],
            "references": [
                {
                    "role": "stated_in",
                    "type": Article._meta.label_lower,
                    "id": self.articles[name].pk,
                }
                for name in stated_in or []
            ],
        }
        revision = actions.save(
            obj=obj,
            content=upgrade_content(type(obj), content),
            by=self.people[by],
            token=VersionToken(),
        ).revision
        revision = actions.submit(revision=revision, by=self.people[by], digest=revision.digest)
        revision = actions.approve(
            revision=revision,
            by=self.people["reviewer1"],
            digest=revision.digest,
            reviewed=True,
            proofread=True,
        )
        return actions.release(
            revision=revision, by=self.people["publisher"], digest=revision.digest
        )

    def _picture(self, row: dict[str, str]) -> dict[str, Any]:
        words = {name: row[name] for name in ("alt", "caption", "credit")}
        return {"image": self.pictures[row["file"]], **words, "focal_x": 50, "focal_y": 50}


def _inferred(row: dict[str, Any]) -> str:
    """Return the stored value of a date that is printed without its year.

    ``row`` contains the printed text and the full date that was inferred.
    """
    read = parse_date(row["printed"])
    day = date.fromisoformat(row["inferred"])
    return SourceDate(
        printed=row["printed"], precision=read.precision, earliest=day, latest=day, inferred=True
    ).canonical()


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))
