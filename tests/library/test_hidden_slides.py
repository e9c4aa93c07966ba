"""What authors do not see of a presentation, in the forms of PowerPoint, WPS and Impress."""

from __future__ import annotations

import io
import zipfile

import pytest

from portal.library.hidden_content import visible_text
from portal.library.hidden_content.findings import Report
from portal.library.hidden_content.office import clean_office_file
from portal.library.hidden_content.program import compare

from .hidden_content_files import SECRET, A, P, R, encode_image, jpeg_with_place, package

MAIN = "ppt/presentation.xml"
MAIN_TYPE = "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml"
P14 = "xmlns:p14='http://schemas.microsoft.com/office/powerpoint/2010/main'"
MS = "http://schemas.microsoft.com/office/2018/10/relationships/"
Links = dict[str, list[tuple[str, str]]]


def shape(
    words: str,
    number: int = 2,
    place: tuple[int, int, int, int] | None = None,
    *,
    hidden: str = "",
    frame: str = "<a:spAutoFit/>",
    wrap: str = "square",
    turned: int = 0,
    holder: str = "",
) -> str:
    """Return a shape with text; ``place`` is its left, top, width and height in millimetres."""
    spot = ""
    if place:
        left, top, width, height = (each * 36_000 for each in place)
        spot = (
            f"<a:xfrm rot='{turned * 60_000}'><a:off x='{left}' y='{top}'/>"
            f"<a:ext cx='{width}' cy='{height}'/></a:xfrm>"
        )
    return (
        f"<p:sp><p:nvSpPr><p:cNvPr id='{number}' name='n' {hidden}/><p:cNvSpPr/><p:nvPr>{holder}"
        f"</p:nvPr></p:nvSpPr><p:spPr>{spot}</p:spPr><p:txBody><a:bodyPr wrap='{wrap}'>{frame}"
        f"</a:bodyPr><a:p><a:r><a:t>{words}</a:t></a:r></a:p></p:txBody></p:sp>"
    )


def picture(place: tuple[int, int, int, int]) -> str:
    left, top, width, height = (each * 36_000 for each in place)
    return (
        "<p:pic><p:nvPicPr><p:cNvPr id='9' name='p'/></p:nvPicPr><p:blipFill><a:blip r:embed='r1'/>"
        f"</p:blipFill><p:spPr><a:xfrm><a:off x='{left}' y='{top}'/><a:ext cx='{width}' "
        f"cy='{height}'/></a:xfrm></p:spPr></p:pic>"
    )


def part(inside: str, kind: str = "sld", attributes: str = "", after: str = "") -> str:
    return (
        f"<p:{kind} {P} {A} {R} {P14} {attributes}><p:cSld><p:spTree>{inside}</p:spTree></p:cSld>"
        f"{after}</p:{kind}>"
    )


def deck(
    *slides: str,
    order: list[int] | None = None,
    extra: str = "",
    links: Links | None = None,
    main_links: list[tuple[str, str]] = (),  # type: ignore[assignment]
    **parts: str | bytes,
) -> bytes:
    """Return a presentation of 254 mm x 190 mm; the slides have the keys r1, r2 and so on.

    ``order`` are the numbers of the slides that the presentation lists. In the names of ``parts``
    ``__`` represents a slash and ``_dot_`` a dot.
    """
    numbers = range(1, len(slides) + 1)
    ids = "".join(f"<p:sldId id='{255 + n}' r:id='r{n}'/>" for n in order or numbers)
    named = {n.replace("__", "/").replace("_dot_", "."): data for n, data in parts.items()}
    all_links: Links = {
        "": [("officeDocument", MAIN)],
        MAIN: [*(("slide", f"slides/slide{n}.xml") for n in numbers), *main_links],
        **(links or {}),
    }
    return package(
        {
            MAIN: f"<p:presentation {P} {R} {P14}><p:sldIdLst>{ids}</p:sldIdLst><p:sldSz "
            f"cx='9144000' cy='6858000'/>{extra}</p:presentation>",
            **{f"ppt/slides/slide{n}.xml": text for n, text in zip(numbers, slides, strict=True)},
            **named,
        },
        all_links,
        MAIN_TYPE,
    )


def cleaned(data: bytes) -> tuple[dict[str, int], set[str], dict[str, str]]:
    """Return the findings, the obstacles and the parts of the cleaned copy."""
    report = Report()
    copy = clean_office_file(data, report)
    if not report.obstacles:
        compare(data, copy, "pptx", report)
    with zipfile.ZipFile(io.BytesIO(copy)) as archive:
        parts = {n: archive.read(n).decode("utf-8", "replace") for n in archive.namelist()}
    return dict(report.found), report.obstacles, parts


FIRST = part(shape("甲乙"))
HIDDEN = part(shape(SECRET), attributes="show='0'")
SLIDE1 = "ppt/slides/slide1.xml"
MODERN = (
    f"<m:cmLst xmlns:m='m' {A}><m:cm><m:replyLst><m:reply><m:txBody><a:p><a:r><a:t>{SECRET}</a:t>"
    f"</a:r></a:p></m:txBody></m:reply></m:replyLst><m:txBody><a:p><a:r><a:t>{SECRET}</a:t></a:r>"
    "</a:p></m:txBody></m:cm></m:cmLst>"
)
NOTES = part(shape(SECRET, holder="<p:ph type='body'/>"), "notes")


def step(number: int, kind: str = "animEffect") -> str:
    return (
        f"<p:par><p:cTn><p:childTnLst><p:{kind}><p:cBhvr><p:tgtEl><p:spTgt spid='{number}'/>"
        f"</p:tgtEl></p:cBhvr></p:{kind}></p:childTnLst></p:cTn></p:par>"
    )


def timing(*steps: str) -> str:
    return (
        "<p:timing><p:tnLst><p:par><p:cTn nodeType='tmRoot'><p:childTnLst>"
        f"{''.join(steps)}</p:childTnLst></p:cTn></p:par></p:tnLst></p:timing>"
    )


BESIDE = (-100, 10, 50, 20)
FOUND = {
    "hidden slide that a section, a show and the outline view name": (
        deck(
            FIRST,
            HIDDEN,
            extra="<p:custShowLst><p:custShow name='内' id='0'><p:sldLst><p:sld r:id='r2'/>"
            "</p:sldLst></p:custShow></p:custShowLst><p:extLst><p:ext><p14:sectionLst>"
            "<p14:section name='开头'><p14:sldIdLst><p14:sldId id='256'/></p14:sldIdLst>"
            f"</p14:section><p14:section name='{SECRET}'><p14:sldIdLst><p14:sldId id='257'/>"
            "</p14:sldIdLst></p14:section></p14:sectionLst></p:ext></p:extLst>",
            main_links=[("viewProps", "viewProps.xml")],
            links={
                MAIN: [
                    ("slide", "slides/slide1.xml"),
                    ("slide", "slides/slide2.xml"),
                    ("viewProps", "viewProps.xml"),
                ],
                "ppt/viewProps.xml": [
                    ("slide", "slides/slide1.xml"),
                    ("slide", "slides/slide2.xml"),
                ],
            },
            ppt__viewProps_dot_xml=f"<p:viewPr {P} {R}><p:outlineViewPr><p:sldLst>"
            "<p:sld r:id='r1'/><p:sld r:id='r2'/></p:sldLst></p:outlineViewPr></p:viewPr>",
        ),
        {"hidden_slides": 1},
    ),
    "slide that the presentation does not list": (
        deck(FIRST, part(shape(SECRET)), order=[1]),
        {"hidden_slides": 1},
    ),
    "hidden slide with notes and a picture": (
        deck(
            FIRST,
            HIDDEN,
            links={
                "ppt/slides/slide2.xml": [("notesSlide", "../n.xml"), ("image", "../p.jpg")],
                "ppt/n.xml": [("slide", "slides/slide2.xml")],
            },
            ppt__n_dot_xml=NOTES,
            ppt__p_dot_jpg=jpeg_with_place(),
        ),
        {"hidden_slides": 1, "notes": 1},
    ),
    "notes": (
        deck(
            FIRST,
            links={
                SLIDE1: [("notesSlide", "../n.xml")],
                "ppt/n.xml": [("slide", "slides/slide1.xml")],
            },
            ppt__n_dot_xml=NOTES,
        ),
        {"notes": 1},
    ),
    "notes that are a picture": (
        deck(
            FIRST,
            links={SLIDE1: [("notesSlide", "../n.xml")]},
            ppt__n_dot_xml=part(picture((10, 10, 10, 10)), "notes"),
        ),
        {"notes": 1},
    ),
    "footer of the notes": (
        deck(
            FIRST,
            extra="<p:notesMasterIdLst><p:notesMasterId r:id='r2'/></p:notesMasterIdLst>",
            main_links=[("notesMaster", "m.xml")],
            ppt__m_dot_xml=part(shape(SECRET, holder="<p:ph type='ftr'/>"), "notesMaster"),
        ),
        {"notes": 1},
    ),
    "header of the handout": (
        deck(
            FIRST,
            extra="<p:handoutMasterIdLst><p:handoutMasterId r:id='r2'/></p:handoutMasterIdLst>",
            main_links=[("handoutMaster", "m.xml")],
            ppt__m_dot_xml=part(shape(SECRET, holder="<p:ph type='hdr'/>"), "handoutMaster"),
        ),
        {"notes": 1},
    ),
    "legacy comments": (
        deck(
            FIRST,
            main_links=[("commentAuthors", "who.xml")],
            links={SLIDE1: [("comments", "../c.xml")]},
            ppt__who_dot_xml=f"<p:cmAuthorLst {P}><p:cmAuthor name='{SECRET}'/></p:cmAuthorLst>",
            ppt__c_dot_xml=f"<p:cmLst {P}><p:cm authorId='0'><p:text>{SECRET}</p:text></p:cm>"
            "</p:cmLst>",
        ),
        {"comments": 1, "people": 1},
    ),
    "modern comments with answers": (
        deck(
            FIRST,
            main_links=[(f"{MS}authors", "who.xml")],
            links={SLIDE1: [(f"{MS}comments", "../c.xml")]},
            ppt__who_dot_xml=f"<m:authorLst xmlns:m='m'><m:author name='{SECRET}'/></m:authorLst>",
            ppt__c_dot_xml=MODERN,
        ),
        {"comments": 2, "people": 1},
    ),
    "picture with a place": (
        deck(
            part(shape("甲乙") + picture((10, 10, 10, 10))),
            links={SLIDE1: [("image", "../media/image1.jpg")]},
            ppt__media__image1_dot_jpg=jpeg_with_place(),
        ),
        {"picture_metadata": 1},
    ),
    "journal of edits": (
        deck(
            FIRST,
            main_links=[(f"{MS}changesInfo", "j.xml")],
            ppt__j_dot_xml=f"<j><change name='{SECRET}'/></j>",
        ),
        {"tracked": 1},
    ),
    "tags of another program": (
        deck(
            FIRST,
            main_links=[("tags", "tags/tag1.xml")],
            ppt__tags__tag1_dot_xml=f"<p:tagLst {P}><p:tag name='COMMONDATA' val='{SECRET}'/>"
            "<p:tag name='KSO_WM_UNIT_TYPE' val='a'/></p:tagLst>",
        ),
        {"custom_data": 1},
    ),
    "data of another program": (
        deck(
            part(shape("甲乙"), after="<p:custDataLst><p:custData r:id='r1'/></p:custDataLst>"),
            links={SLIDE1: [("customXml", "../../customXml/item1.xml")]},
            customXml__item1_dot_xml=f"<x>{SECRET}</x>",
        ),
        {"custom_data": 1},
    ),
    "hidden shape with an animation": (
        deck(
            part(
                shape("甲乙") + shape(SECRET, 7, hidden="hidden='1'"),
                after=timing(step(2), step(7)),
            )
        ),
        {"hidden_shapes": 1},
    ),
    "hidden shape with the only animation": (
        deck(part(shape("甲乙") + shape(SECRET, 7, hidden="hidden='true'"), after=timing(step(7)))),
        {"hidden_shapes": 1},
    ),
    "left of the slide": (
        deck(part(shape("甲乙") + shape(SECRET, 7, BESIDE))),
        {"beside_slides": 1},
    ),
    "right of the slide": (
        deck(part(shape("甲乙") + shape(SECRET, 7, (254, 0, 9, 9), frame=""))),
        {"beside_slides": 1},
    ),
    "above the slide": (
        deck(part(shape("甲乙") + shape(SECRET, 7, (10, -30, 50, 30)))),
        {"beside_slides": 1},
    ),
    "below the slide, turned": (
        deck(part(shape("甲乙") + shape(SECRET, 7, (10, 250, 50, 10), turned=90))),
        {"beside_slides": 1},
    ),
    "group beside the slide": (
        deck(
            part(
                shape("甲乙") + "<p:grpSp><p:grpSpPr><a:xfrm><a:off x='-900000' y='0'/>"
                f"<a:ext cx='800000' cy='9'/></a:xfrm></p:grpSpPr>{shape(SECRET, 7)}</p:grpSp>"
            )
        ),
        {"beside_slides": 1},
    ),
    "shape in two forms beside the slide": (
        deck(
            part(
                shape("甲乙") + "<mc:AlternateContent xmlns:mc='http://schemas.openxmlformats.org/"
                f"markup-compatibility/2006'><mc:Choice>{shape(SECRET, 7, BESIDE)}</mc:Choice>"
                f"<mc:Fallback>{shape(SECRET, 7, BESIDE)}</mc:Fallback></mc:AlternateContent>"
            )
        ),
        {"beside_slides": 1},
    ),
    "path of a picture": (
        deck(
            part(
                shape("甲乙", hidden=f"descr='C:\\Users\\{SECRET}\\1.png'")
                + shape("丙", 3, hidden=f"descr='//{SECRET}'").replace("//", "file:///C:/")
            )
        ),
        {"paths": 2},
    ),
    "path in a network": (
        deck(
            FIRST,
            links={SLIDE1: [("image", f'\\\\{SECRET}\\b.png" TargetMode="External')]},
        ),
        {"paths": 1},
    ),
    "beside a layout": (
        deck(
            FIRST,
            main_links=[("slideMaster", "master.xml")],
            links={"ppt/master.xml": [("slideLayout", "layout.xml")]},
            ppt__master_dot_xml=part("", "sldMaster"),
            ppt__layout_dot_xml=part(shape(SECRET, 7, BESIDE), "sldLayout"),
        ),
        {"beside_slides": 1},
    ),
}


@pytest.mark.parametrize(("data", "found"), FOUND.values(), ids=FOUND)
def test_what_is_found_is_not_in_the_cleaned_copy(data: bytes, found: dict[str, int]) -> None:
    result, obstacles, parts = cleaned(data)
    assert (result, obstacles) == (found, set())
    assert SECRET not in "".join(parts.values())
    assert "甲乙" in parts[SLIDE1]


def test_a_hidden_slide_leaves_nothing_behind() -> None:
    parts = cleaned(FOUND["hidden slide that a section, a show and the outline view name"][0])[2]
    assert "ppt/slides/slide2.xml" not in parts
    assert "slide2" not in "".join(parts.values())
    assert 'p14:section name="开头"' in parts[MAIN]
    assert "custShow " not in parts[MAIN]
    assert parts["ppt/viewProps.xml"].count("<p:sld ") == 1
    assert parts["ppt/_rels/viewProps.xml.rels"].count("<Relationship ") == 1


def test_the_animations_of_the_other_shapes_stay() -> None:
    slide = cleaned(FOUND["hidden shape with an animation"][0])[2][SLIDE1]
    assert 'spid="2"' in slide
    assert 'spid="7"' not in slide
    assert "timing" not in cleaned(FOUND["hidden shape with the only animation"][0])[2][SLIDE1]


NOTHING = {
    "notes without text": deck(
        FIRST,
        links={SLIDE1: [("notesSlide", "../n.xml")]},
        ppt__n_dot_xml=part(
            shape("").replace("<a:r><a:t></a:t></a:r>", "<a:fld><a:t>1</a:t></a:fld>"), "notes"
        ),
    ),
    "prompts of a notes master, and unused headers of Impress": deck(
        FIRST,
        main_links=[("notesMaster", "m.xml")],
        ppt__m_dot_xml=part(
            shape("单击此处编辑", holder="<p:ph type='body'/>")
            + shape("&lt;页眉&gt;", holder="<p:ph type='hdr'/>"),
            "notesMaster",
        ),
    ),
    "partly on the slide": deck(part(shape("甲", 2, (-40, 10, 50, 20)))),
    "turned on to the slide": deck(
        part(shape("甲", 2, (-20, 50, 10, 100), turned=90) + shape("乙"))
    ),
    "beside the slide, but moved in": deck(
        part(shape("甲", 7, BESIDE), after=timing(step(7, "animMotion")))
    ),
    "without text beside the slide": deck(part(shape("甲") + shape("", 7, BESIDE))),
    "prompt of a layout beside it": deck(
        FIRST,
        main_links=[("slideMaster", "master.xml")],
        ppt__master_dot_xml=part(shape("日期", 7, BESIDE, holder="<p:ph type='dt'/>"), "sldMaster"),
    ),
    "link and description": deck(
        part(shape("甲", hidden="descr='C 盘：示意图'")),
        links={SLIDE1: [("hyperlink", 'https://www.example.cn/a" TargetMode="External')]},
    ),
    "link from slide to slide": deck(
        FIRST, part(shape("丙")), links={SLIDE1: [("slide", "slide2.xml")]}
    ),
    "marks of the layouts of WPS": deck(
        FIRST,
        main_links=[("tags", "t.xml")],
        ppt__t_dot_xml=f"<p:tagLst {P}><p:tag name='KSO_WM_SLIDE_ID' val='x'/></p:tagLst>",
    ),
    "plain picture": deck(
        part(picture((10, 10, 10, 10))),
        links={SLIDE1: [("image", "../p.jpg")]},
        ppt__p_dot_jpg=encode_image(),
    ),
}


@pytest.mark.parametrize("data", NOTHING.values(), ids=NOTHING)
def test_a_presentation_with_nothing_hidden_has_no_finding(data: bytes) -> None:
    assert cleaned(data)[:2] == ({}, set())


ONLY_A_FINDING = {
    "link to a hidden slide": (
        deck(FIRST, HIDDEN, links={SLIDE1: [("slide", "slide2.xml")]}),
        ({"hidden_slides": 1}, {"dependent_content"}),
    ),
    "long text in one line beside the slide": (
        deck(part(shape("甲") + shape(SECRET, 7, BESIDE, frame="", wrap="none"))),
        ({"beside_slides": 1}, {"beside_slides"}),
    ),
    "text above the slide that may grow downwards": (
        deck(part(shape("甲") + shape(SECRET, 7, (10, -30, 50, 30), frame="<a:noAutofit/>"))),
        ({"beside_slides": 1}, {"beside_slides"}),
    ),
    "recording": (
        deck(
            FIRST,
            links={SLIDE1: [("video", "../m.mp4"), (f"{MS}media", "../m.mp4")]},
            ppt__m_dot_mp4=b"....ftypmp42",
        ),
        ({"embedded": 1}, {"embedded"}),
    ),
    "old Office file": (
        deck(
            FIRST,
            links={SLIDE1: [("oleObject", "../o.bin")]},
            ppt__o_dot_bin=b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest",
        ),
        ({"embedded": 1}, {"embedded"}),
    ),
    "signed": (
        deck(
            FIRST,
            HIDDEN,
            links={
                "": [
                    ("officeDocument", MAIN),
                    (
                        "http://schemas.openxmlformats.org/package/2006/relationships/"
                        "digital-signature/origin",
                        "sig.xml",
                    ),
                ]
            },
            sig_dot_xml="<x/>",
        ),
        ({"hidden_slides": 1}, {"signed"}),
    ),
}


@pytest.mark.parametrize(("data", "expected"), ONLY_A_FINDING.values(), ids=ONLY_A_FINDING)
def test_some_presentations_only_get_the_finding(data: bytes, expected: tuple) -> None:
    assert cleaned(data)[:2] == expected


OTHER = {
    "other text": deck(part(shape("甲丙"))),
    "slides in another order": deck(FIRST, part(shape("丙")), order=[2, 1]),
    "lost slide": deck(FIRST, HIDDEN, part(shape("丁"))),
    "text beside the slide comes in": deck(part(shape("甲乙") + shape("丙", 7, (9, 9, 9, 9)))),
}


@pytest.mark.parametrize("data", OTHER.values(), ids=OTHER)
def test_presentations_that_look_different_have_different_digests(data: bytes) -> None:
    same = deck(FIRST, part(shape("丙"), attributes="show='false'"))
    assert visible_text.digest(same) == visible_text.digest(deck(FIRST))
    assert visible_text.digest(data) != visible_text.digest(same)
