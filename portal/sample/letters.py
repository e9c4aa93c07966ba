"""The letters of the sample portal, created by the public form and the actions on letters."""

from __future__ import annotations

import json
from pathlib import Path

from news.models import Article
from portal.accounts.models import User
from portal.letters import actions, tokens
from portal.letters.forms import LetterForm

HERE = Path(__file__).parent


def load(people: dict[str, User], articles: dict[str, Article]) -> str:
    """Create the letters in ``letters.json``; return a line of text that reports their number."""
    rows = json.loads((HERE / "letters.json").read_text(encoding="utf-8"))
    for row in rows:
        page = articles[row["page"]].get_absolute_url() if row["page"] else ""
        form = LetterForm({"kind": row["kind"], "page": page, "text": row["text"]})
        if not form.is_valid():
            raise ValueError(form.errors)
        letter = actions.receive(digest=tokens.new().digest, written=form.cleaned_data)
        if "by" in row:
            letter = actions.take(letter=letter, by=people[row["by"]], version=letter.version)
        if "answer" in row:
            actions.answer(
                letter=letter,
                by=people[row["by"]],
                version=letter.version,
                answer=row["answer"],
            )
    return f"letters: {len(rows)}"
