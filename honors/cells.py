"""What stands in the cells of an honours sheet: one exact way to write a value, many to read it.

The words are those of the sheet, whatever the language of the desk. A reader that cannot
understand raises ValidationError with what is expected; reading what was written gives it back.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from portal.publishing.fields import Row
from portal.source_values.dates import Precision, SourceDate, parse_date
from portal.source_values.values import MAX_PRINTED_LENGTH, single_line

from .fields import Level
from .recipients import RecipientKind

#: value -> the word that is written, then others that are understood.
KINDS = {
    "title": ("称号", "荣誉称号", "荣誉"),
    "merit": ("记功", "立功", "功"),
    "commendation": ("表彰", "表扬", "通报表彰", "通报表扬"),
    "ranking": ("排名", "名次", "位次"),
}
LEVELS = {
    Level.NATIONAL: ("国家级", "国家", "国", "全国", "全国性", "中央"),
    Level.PROVINCIAL: ("省级", "省", "全省"),
    Level.MUNICIPAL: ("市级", "市", "全市", "地市级", "地市"),
    Level.DISTRICT: ("区级", "区", "全区", "县", "县级", "区县", "区县级", "县区级"),
    Level.COURT: ("院级", "院", "本院", "院内", "全院"),
}
SYSTEMS = {
    "courts": ("法院", "法院系统", "人民法院", "司法"),
    "party": ("党委", "党委系统", "党", "党建", "党组织", "党内"),
    "government": ("政府", "政府系统", "行政"),
    "youth": ("共青团", "团", "团委", "共青团系统", "青年"),
    "union": ("工会", "总工会", "工会系统"),
    "women": ("妇联", "妇女", "妇联系统"),
    "civility": ("文明办", "文明委", "精神文明", "文明"),
    "other": ("其他", "其它"),
}
YES, NO = "是", "否"
_ANSWERS = {
    **dict.fromkeys(
        (YES, "有", "对", "√", "✓", "✔", "y", "yes", "true", "1", "已撤销", "撤销"), True
    ),
    **dict.fromkeys((NO, "无", "没有", "×", "n", "no", "false", "0", "未撤销", "没有撤销"), False),
}


def _folded(text: str) -> str:
    return "".join(unicodedata.normalize("NFKC", text).split()).casefold()


def _words(choices: Mapping[Any, Sequence[str]]) -> dict[str, str]:
    return {_folded(word): str(value) for value, words in choices.items() for word in words}


_KINDS, _LEVELS, _SYSTEMS = _words(KINDS), _words(LEVELS), _words(SYSTEMS)


def quoted(text: str) -> str:
    """So much of a cell as a sentence about it needs."""
    shown = " ".join(text.split())
    return shown if len(shown) <= 30 else shown[:30] + "…"


# --- one of a few words --------------------------------------------------------------------------


def read_kind(text: str) -> str:
    return _one_of(text, _KINDS, KINDS)


def read_system(text: str) -> str:
    return _one_of(text, _SYSTEMS, SYSTEMS) if text.strip() else ""


def _one_of(text: str, words: dict[str, str], choices: Mapping[Any, Sequence[str]]) -> str:
    found = words.get(_folded(text))
    if found is None:
        raise ValidationError(_("write one of these: %(words)s") % {"words": _listed(choices)})
    return found


def _listed(choices: Mapping[Any, Sequence[str]]) -> str:
    return "、".join(words[0] for words in choices.values())


def write_word(value: str, choices: Mapping[Any, Sequence[str]]) -> str:
    return choices[value][0] if value else ""


def read_levels(text: str) -> str:
    """Also what is shortened: 省、市级; 省市级."""
    found: set[str] = set()
    unknown: list[str] = []
    for part in filter(None, re.split(r"[、,，/;；+和与及\s]+", text)):
        word = _folded(part)
        short = word.removesuffix("级")
        if word in _LEVELS:
            found.add(_LEVELS[word])
        elif short and set(short) <= set("国省市区院"):
            found.update(_LEVELS[letter] for letter in short)
        else:
            unknown.append(part)
    if unknown:
        raise ValidationError(
            _("“%(part)s” is no level; write %(words)s, several with 、 between them")
            % {"part": quoted("、".join(unknown)), "words": _listed(LEVELS)}
        )
    return ",".join(level.value for level in Level if level.value in found)


def write_levels(value: str) -> str:
    return "、".join(LEVELS[Level(level)][0] for level in value.split(",") if level)


def read_answer(text: str) -> bool:
    if not text.strip():
        return False
    found = _ANSWERS.get(_folded(text))
    if found is None:
        raise ValidationError(_("write %(yes)s or %(no)s") % {"yes": YES, "no": NO})
    return found


# --- dates ---------------------------------------------------------------------------------------


def read_day(text: str) -> date | None:
    """A day of the calendar, however it is written."""
    if not text.strip():
        return None
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    elif (found := parse_date(text)).precision == Precision.DAY:
        return found.earliest
    raise ValidationError(_("is no day of the calendar; write it as 2026-12-31, or nothing"))


#: How a person's own reading stands behind what is printed: 7月8日〔日：2018-07-08，推定〕
PRECISIONS = {
    Precision.DAY: "日",
    Precision.MONTH: "月",
    Precision.YEAR: "年",
    Precision.PERIOD: "时段",
    Precision.DAY_WITHOUT_YEAR: "日，未印年份",
    Precision.MONTH_WITHOUT_YEAR: "月，未印年份",
    Precision.UNKNOWN: "不明",
}
_PRECISION_OF = {word: precision for precision, word in PRECISIONS.items()}
_INFERRED = "，推定"
_ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_READING = re.compile(
    rf"(?P<printed>.*)〔(?P<word>{'|'.join(sorted(_PRECISION_OF, key=len, reverse=True))})"
    rf"(?:：(?P<first>(?:{_ISO})?)(?P<to>至(?P<last>(?:{_ISO})?))?)?(?P<inferred>{_INFERRED})?〕",
    re.DOTALL,
)


def read_printed(text: str) -> SourceDate | None:
    """A date as its source prints it; a person's own reading may follow in 〔〕."""
    text = single_line(text)
    if not text:
        return None
    match = _READING.fullmatch(text)
    printed = single_line(match["printed"]) if match else text
    if len(printed) > MAX_PRINTED_LENGTH:
        raise ValidationError(_too_long(len(printed), MAX_PRINTED_LENGTH))
    if not match or not printed:
        return parse_date(text)
    try:
        first, last = (date.fromisoformat(d) if d else None for d in match.group("first", "last"))
        return SourceDate(
            printed,
            _PRECISION_OF[match["word"]],
            first,
            last if match["to"] else first,
            bool(match["inferred"]),
        )
    except ValueError as error:
        raise ValidationError(
            _("what is in 〔〕 contradicts itself (%(why)s); mend it, or take it out")
            % {"why": error}
        ) from error


def write_printed(value: SourceDate | None) -> str:
    if value is None:
        return ""
    if not _READING.fullmatch(value.printed) and value.is_automatic:
        return value.printed
    first, last = (day.isoformat() if day else "" for day in (value.earliest, value.latest))
    days = "" if not (first or last) else f"：{first}" if first == last else f"：{first}至{last}"
    inferred = _INFERRED if value.inferred else ""
    return f"{value.printed}〔{PRECISIONS[value.precision]}{days}{inferred}〕"


def _too_long(length: int, most: int) -> str:
    return _("has %(length)s characters, and may have %(most)s; shorten it") % {
        "length": length,
        "most": most,
    }


def check_length(text: str, most: int | None) -> str:
    if most is not None and len(text) > most:
        raise ValidationError(_too_long(len(text), most))
    return text


# --- recipients ----------------------------------------------------------------------------------

RECIPIENTS = {
    RecipientKind.COURT: ("本院", "我院", "法院", "全院"),
    RecipientKind.DEPARTMENT: ("部门", "庭室", "科室", "内设机构"),
    RecipientKind.PERSON: ("个人", "姓名", "干警", "法官"),
    RecipientKind.GROUP: ("人数", "群体", "多人"),
}
_RECIPIENTS = _words(RECIPIENTS)
_THE_COURT = {
    "本院",
    "我院",
    "本法院",
    "我法院",
    "法院",
    "全院",
    "集体",
    "单位",
    "本单位",
    "我单位",
}
# 部门:"刑事审判庭；二庭"计"3人", for what the plain form would tear apart.
_WHOLE = re.compile(
    r'\s*(?P<kind>本院|部门|个人|人数):"(?P<name>(?:[^"]|"")*)"(?:计"(?P<count>(?:[^"]|"")*)")?'
    r"\s*(?:[；;\n]|\Z)"
)
_UP_TO_NEXT = re.compile(r"[^；;\n]*")
_COUNT = re.compile(r"[0-9零〇一二两三四五六七八九十百千万几数]+[余多]?[名人位个]?[余多]?")


def read_recipients(text: str, own_names: Iterable[str] = ()) -> list[Row]:
    """``own_names``: what this court is called, so that it is known by them."""
    found: list[Row] = []
    unsaid: list[str] = []
    place = 0
    while place < len(text):
        if whole := _WHOLE.match(text, place):
            kind = _RECIPIENTS[whole["kind"]]
            name, count = (
                (whole[key] or "").replace('""', '"').strip() for key in ("name", "count")
            )
            found.append(_row(kind, name, count))
            place = whole.end()
            continue
        part = _UP_TO_NEXT.match(text, place)[0]  # type: ignore[index]  # it matches anywhere
        place += len(part) + 1
        try:
            found.extend(_read_part(part.strip(), own_names))
        except ValidationError as error:
            unsaid += error.messages
    if unsaid:
        raise ValidationError(unsaid)
    return [row for row in found if any(row.values())]


def _row(kind: str, name: str = "", count: str = "") -> Row:
    return {"kind": kind, "name": name, "count": count}


def _read_part(part: str, own_names: Iterable[str]) -> Iterator[Row]:
    if not part:
        return
    head, colon, rest = _parted(part)
    kind = _RECIPIENTS.get(_folded(head)) if colon else None
    if kind == RecipientKind.GROUP:
        yield _row(kind, *_name_and_count(rest))
    elif kind == RecipientKind.PERSON:
        for name in re.split(r"[、,，]", rest):
            yield _row(kind, name.strip())
    elif kind is not None:
        yield _row(kind, rest)
    elif is_this_court(part, own_names):
        yield _row(RecipientKind.COURT)
    else:
        raise ValidationError(_not_said(part))


def _parted(part: str) -> tuple[str, str, str]:
    head, colon, rest = re.match(r"([^:：]*)([:：]?)(.*)", part, re.DOTALL).groups()  # type: ignore[union-attr]
    return head.strip(), colon, rest.strip()


def _name_and_count(text: str) -> tuple[str, str]:
    """20余名 干警, or 20余名干警: how many first."""
    count, _space, name = text.partition(" ")
    if not name and (match := _COUNT.match(text)):
        count, name = match[0], text[match.end() :]
    return name.strip(), count


def is_this_court(text: str, own_names: Iterable[str]) -> bool:
    """本院, or the court's name, its province and city named or not, 人民 said or not."""
    word = _folded(text)
    if word in _THE_COURT:
        return True
    word = word.replace("人民", "")
    names = [_folded(name).replace("人民", "") for name in own_names]
    return word.endswith("法院") and any(
        name.endswith("法院") and (name.endswith(word) or word.endswith(name)) for name in names
    )


def _not_said(part: str) -> str:
    words = {"part": quoted(part)}
    if match := _COUNT.match(part):
        told = {**words, "count": match[0], "who": part[match.end() :] or "干警"}
        return _("“%(part)s”: are these people without names? Write 人数:%(count)s %(who)s") % told
    if re.search("[庭室局队科组部处]$", part):
        return _("“%(part)s”: is this a department? Write 部门:%(part)s") % words
    if re.fullmatch("[\u4e00-\u9fff·]{2,4}", part):
        return _("“%(part)s”: is this a person? Write 个人:%(part)s") % words
    return (
        _(
            "“%(part)s” does not say who it is; write 本院, 部门:…, 个人:… or 人数:20余名 干警, "
            "several with ； between them"
        )
        % words
    )


def write_recipients(rows: Sequence[Row]) -> str:
    """Plain where it reads back the same, else every part in quotes."""
    plain = "；".join(map(_plain, rows))
    try:
        if read_recipients(plain) == list(rows):
            return plain
    except ValidationError:
        pass
    return "；".join(map(_whole, rows))


def _plain(row: Row) -> str:
    kind = RecipientKind(row["kind"])
    word = RECIPIENTS[kind][0]
    if kind == RecipientKind.GROUP:
        return f"{word}:{row['count']} {row['name']}".rstrip()
    if kind == RecipientKind.COURT and not row["name"]:
        return word
    return f"{word}:{row['name']}"


def _whole(row: Row) -> str:
    name, count = (row[key].replace('"', '""') for key in ("name", "count"))
    counted = f'计"{count}"' if count else ""
    return f'{RECIPIENTS[RecipientKind(row["kind"])][0]}:"{name}"{counted}'
