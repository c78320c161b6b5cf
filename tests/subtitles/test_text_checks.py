"""What the checks find in texts: what is wrong by the guides, and nothing in what is right."""

import json
from pathlib import Path

import pytest

from subtitling.documents import Cue
from subtitling.subtitles import rules, text_checks
from subtitling.workflow import cli

NETFLIX = rules.table("netflix", {})
Rows = list[tuple[str, str, tuple[str, ...] | None]]


def cue(*lines: str, number: int = 1, **more: object) -> Cue:
    return Cue(f"c{number}", 0, 1000, lines, (), **more)  # type: ignore[arg-type]


def checked(language: str, *cues: Cue, table: rules.Table = NETFLIX) -> Rows:
    """Check, part and fix of each finding."""
    made = text_checks.findings(cues, language, rules.of(table, language))
    return [(each.check, each.part, each.fix) for each in made]


RIGHT = {
    "en": [
        ("He said, “I’m ‘fine’.”… --No--",), ("-Who's there?", "-A friend."), ("♪ La la… ♪",),
        ("At 3:30 p.m. the 7.5 kg", "of No. 5 cost $9, or 8%."), ("It did 10 km/h, then 4 km.",),
        ("Call 5 5 5 2.",), ("It was 1947.",), ("One of them (I think) left.",), ("-5 degrees.",),

        ("May 5, 1947.",), ("The 1. of 3. of all.",),
        ("Route 66 and 2/3, the 1990s.",), ("The score is 3-2.",), ("Naïve café, jalapeño, Zoë.",),
        ("It’s 20 °C: £5 or 7 €.",), ("[music]",),
    ],
    "hi": [("मोहन ने कहा: “क्या?”", "दस रुपये।"), ("-कौन है?", "-मैं हूँ।"), ("Delhi की गाड़ी॥",),
           ("बात १९४७ की",)],
    "ta": [("வணக்கம், ‘நண்பரே’.",)],
    "ur": [("وہ Delhi گیا۔", "کیا تم آؤ گے؟"), ("کل ۱۲ لاکھ، ”ہاں“",)],
    "ar": [("قال: “نعم”؟", "3 مرات"), ("- مرحبا", "- أهلا")],
    "fr": [("« Où êtes-vous ? »", "Là-bas ! À l’œuvre…"), ("- Oui ; non : si !", "- Cœur.")],
    "de": [("„Ja“, sagte er, ‚nein‘.",), ("Straße, Größe – so.",)],
    "es": [("¿Qué? ¡«No»! “Sí”.",)],
    "nl": [("Wie is daar?", "-Een vriend."), ("'s Avonds, zo'n foto’s.",)],
    "pt": [("- Não há.", "- “Sim”, disse."), ("- Um", "- dois")],
    "ru": [("«Привет», — сказал он.",), ("- Да.", "- Нет.")],
    "ja": [("「吾輩は」『猫』である。", "ー、ＡＢＣ１２３・3人"), ("(ドアの音)",)],
    "zh-Hant": [("「你好」，３個人。",)],
    "ko": [("- 안녕하세요?", "- 네, “3명”.")],
    "sr-Latn": [("Ko je „to”?", "-Prijatelj.")],
    "hi-Latn": [("Mohan ne kaha ki", "tum aao.")],
    "th": [("- สวัสดี", "- 3 คน")],
}  # fmt: skip


@pytest.mark.parametrize(
    ("language", "lines"), [(tag, lines) for tag, rows in RIGHT.items() for lines in rows]
)
def test_a_right_text_has_no_finding(language: str, lines: tuple[str, ...]) -> None:
    sung = lines[0].startswith("♪")
    assert checked(language, cue(*lines, sung=sung, italic=sung)) == []


@pytest.mark.parametrize(
    ("language", "lines", "rows"),
    [
        ("en", ("Well...",), [("ellipsis", "...", ("Well…",))]),
        ("en", ("Well....",), [("ellipsis", "....", None)]),
        ("en", ("- Who?", "- Me."), [("speaker_dash", "-  / - ", ("-Who?", "-Me."))]),
        ("pt", ("-Quem?", "–Eu."), [("speaker_dash", "- / –", ("- Quem?", "- Eu."))]),
        ("nl", ("-Wie?", "-Ik."), [("speaker_dash", "- / -", ("Wie?", "-Ik."))]),
        ("bg", ("Кой?", "-Аз."), [("speaker_dash", " / -", ("Кой?", "- Аз."))]),
        # The first line may go on what was said before.
        ("en", ("Who?", "-Me."), [("speaker_dash", " / -", None)]),
        ("en", ("I have 3 dogs and 10 cats.",), [("numbers", "3", None), ("numbers", "10", None)]),
        ("hi", ("मेरे ३ दोस्त",), [("numbers", "३", None)]),
        ("en", ("12 men came.",), [("number_begins", "12", None)]),
        ("en", ("No. He left. 1,200 men came.",), [("number_begins", "1,200", None)]),
        ("en", ("ﬁne ﬂat",), [("characters", "U+FB01 ﬁ", ("fine flat",)),
                              ("characters", "U+FB02 ﬂ", ("fine flat",))]),
        ("ur", ("ﺳﻼم",), [("characters", "U+FEB3 ﺳ", ("سلام",)),
                          ("characters", "U+FEFC ﻼ", ("سلام",))]),
        ("en", ("Good 😀 day",), [("characters", "U+1F600 😀", None)]),
        ("en", ("कल",), [("characters", "U+0915 क", None), ("characters", "U+0932 ल", None)]),
        ("en", ("Ａ well‑known",), [("characters", "U+FF21 Ａ", ("A well-known",)),
                                   ("characters", "U+2011 ‑", ("A well-known",))]),
        ("ru", ("Mocквa",), [("characters", "Mocквa", None)]),
        ("en", ("«Yes»",), [("quotation_marks", "«", None), ("quotation_marks", "»", None)]),
        ("fr", ("“Oui”",), [("quotation_marks", "“", None), ("quotation_marks", "”", None)]),
        ("en", ("What—", "Be quiet."), [("interruption", "—", ("What--", "Be quiet."))]),
        ("en", ("(DOOR SLAMS)",), [("brackets", "(DOOR SLAMS)", None)]),
        ("en", ("-Yes.", "-(laughs)"), [("brackets", "(laughs)", None)]),
        ("en", ("Yes , no .",), [("white_space", "Yes , no .", ("Yes, no.",))]),
        ("fr", ("Oui , non !",), [("white_space", "Oui , non !", ("Oui, non !",))]),
    ],
)  # fmt: skip
def test_what_breaks_a_guide_is_reported(language: str, lines: tuple[str, ...], rows: Rows) -> None:
    assert checked(language, cue(*lines)) == rows


@pytest.mark.parametrize(
    ("language", "text", "plain"),
    [
        ("en", "ﬁne, Ａ‑well", "fine, A-well"),
        ("fa", "ﻻ", "لا"),
        ("ja", "ＡＢ１！", "ＡＢ１！"),
        ("hi", "क्षमा ज़रूर", "क्षमा ज़रूर"),
        ("ur", "﴾ہے﴿", "﴾ہے﴿"),
    ],
)
def test_letters_encoded_by_their_shape_become_letters(
    language: str, text: str, plain: str
) -> None:
    assert text_checks.in_plain_letters(text, language) == plain


def test_a_number_in_the_middle_of_a_sentence_begins_none() -> None:
    before = cue("There were", number=1)
    assert checked("en", before, cue("12 men.", number=2)) == []
    assert checked("en", cue("So.", number=1), cue("12 men.", number=2)) == [
        ("number_begins", "12", None)
    ]


def test_italics_are_found_where_a_language_has_none() -> None:
    slanted = cue("안녕", italic=True)
    assert checked("ko", slanted) == [("italics", "italics", ("안녕",))]
    assert checked("en", cue("Hi.", italic=True), cue("Ho.", marked=("<i>Ho</i>.",))) == []


def test_the_set_of_the_bbc_wants_three_dots_and_parentheses_are_no_matter() -> None:
    bbc = rules.table("bbc", {})
    assert checked("en", cue("(Well…)"), table=bbc) == [("ellipsis", "…", ("(Well...)",))]


def test_a_fix_leaves_nothing_to_find() -> None:
    for language, lines in [("en", ("- Ｗell...", "- Yes , no")), ("pt", ("–Oi ﬁm...", "-Não .."))]:
        once = text_checks.findings([cue(*lines)], language, rules.of(NETFLIX, language))
        fixed = {each.check: each.fix for each in once if each.fix}
        for check, fix in fixed.items():
            again = text_checks.findings([cue(*fix)], language, rules.of(NETFLIX, language))
            assert check not in {each.check for each in again if each.fix}, (language, check)


def test_a_file_is_checked_with_its_white_space_and_tags(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    track = tmp_path / "t.srt"
    head = "1\n00:00:00,000 --> 00:00:02,000\n"
    track.write_text(f"{head}<i>Hello  there. \n{{\\an8}}Good</i> <i>day.\n")
    cli.main(["quality", str(track), "--language", "en"])
    checks = json.loads(capsys.readouterr().out)["text"]
    assert checks["white_space"] == {
        "cues": 1,
        "findings": [
            {"cue": "c00001", "part": "Hello  there. ", "fix": ["Hello there.", "Good day."]}
        ],
    }
    assert checks["italics"]["findings"] == [{"cue": "c00001", "part": "<i> </i> <i>", "fix": None}]
    assert checks["ellipsis"] == {"cues": 0, "findings": []}
