"""The film's vocabulary."""

import unicodedata
from pathlib import Path

import pytest
from house import ROOT
from stage_runner import run

from lineage.problem import Problem
from subtitling import documents
from subtitling.documents import Conflict, FilmData, Form, Glossary, Person, Term
from subtitling.film.glossary import Finder, characters, merge, of_film, read

OWN = ROOT / "config" / "glossary" / "hinglish.tsv"
HEAD = "hi-Deva\thi-Latn\ten\tkind\taction\tnotes\tfilm\n"


def table(folder: Path, *rows: str, head: str = HEAD, name: str = "mine.tsv") -> Path:
    path = folder / name
    path.write_text(head + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


def test_a_row_has_forms_by_language_and_script(tmp_path: Path) -> None:
    path = table(
        tmp_path, "यार\tyaar|yar\tbuddy (to a friend)|beloved\taddress\ttranslate\tcasual\t"
    )
    assert read(path, "sholay", hot=True) == [
        Term(
            id="",
            kind="address",
            action="translate",
            forms=(
                Form("यार", "hi", "Deva"),
                Form("yaar", "hi", "Latn"),
                Form("yar", "hi", "Latn"),
            ),
            renderings=(
                Form("buddy", "en", "Latn", "to a friend"),
                Form("beloved", "en", "Latn"),
            ),
            notes="casual",
            hot=True,
            sources=(f"{path}, line 2",),
        )
    ]


def test_the_three_kinds_of_table_say_the_same(tmp_path: Path) -> None:
    tsv = table(tmp_path, "en\thi", "Ramgarh\tरामगढ़|रामगढ", head="")
    csv = table(tmp_path, "en,hi", '"Ramgarh",रामगढ़|रामगढ', head="", name="mine.csv")
    yaml = table(
        tmp_path, "- en: Ramgarh", "  hi: [रामगढ़, रामगढ]", head="# places\n", name="mine.yaml"
    )
    groups = [read(path, "x", hot=True) for path in (tsv, csv, yaml)]
    bare = [[(t.forms, t.renderings, t.kind, t.action) for t in terms] for terms in groups]
    assert bare[0] == bare[1] == bare[2]
    assert bare[0][0][2:] == ("name", "keep")


def test_all_wrong_rows_are_named_at_once(tmp_path: Path) -> None:
    path = table(tmp_path, "यार\t\t\tkinn\t\t\t", "घर\t\thome\tword\t\t\t", "\t\t\tkin\t\t\t", "x")
    with pytest.raises(Problem) as caught:
        read(path, "a", hot=False)
    lines = str(caught.value).split("\n")
    assert [line.partition(": ")[0] for line in lines] == [
        f"{path}, line 2, kind",
        f"{path}, line 4, row",
        f"{path}, line 5",
    ]


def test_a_row_for_another_film_is_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, "गब्बर\tGabbar\t\tname\tkeep\t\tsholay", "जय\tJai\t\tname\tkeep\t\tdon")
    assert [t.forms[0].text for t in read(path, "sholay", hot=True)] == ["गब्बर"]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.tsv", "en\taction\nGabbar\tdelete\n", "a.tsv, line 2, action: 'delete' is not one of"),
        ("a.tsv", "en\tkind\nGabbar\tvillain\n", "a.tsv, line 2, kind: 'villain' is not one of"),
        ("a.tsv", "en\tkind\n\n# ours\nGabbar\n", "a.tsv, line 4: not as many cells"),
        ("a.tsv", "en\nGabbar\tx\n", "a.tsv, line 2: not as many cells"),
        ("a.csv", "\nen,hi\n", "a.csv, line 1: empty, where the columns' names belong"),
        ("a.tsv", "en\tkind\n\tname\n", "a.tsv, line 2, row: no form in any language"),
        ("a.tsv", "en\n...\n", "a.tsv, line 2, en.0: '...' does not match"),
        ("a.tsv", "en\nJai|Jai\n", "a.tsv, line 2, en: has Jai more than once"),
        ("a.tsv", "en\nJai|\n", "a.tsv, line 2, en.1: '' does not match"),
        ("a.tsv", "hi-Deva\nGabbar\n", "a.tsv, line 2, hi-Deva: 'Gabbar' is not written in Deva"),
        ("a.tsv", "en\tpt_BR\nbus\tônibus\n", "a.tsv: unknown column 'pt_BR': write pt-BR for"),
        ("a.yaml", "- hin: [जय]\n", "a.yaml, line 1: unknown column 'hin': write hi for Hindi"),
        ("a.tsv", "english\nGabbar\n", "a.tsv: unknown column 'english': write en for English"),
        ("a.csv", 'en\n"Gabbar\n', "a.csv, line 2: unexpected end of data"),
        ("a.yaml", "en: Gabbar\n", "a.yaml, line 1: not a list of terms"),
        ("a.yaml", "- en: Jai\n- Gabbar\n", "a.yaml, line 2: 'Gabbar' has no columns"),
        ("a.yaml", "- en: Jai\n- en: 7\n", "a.yaml, line 2, en: 7 is not of type 'array'"),
        ("a.yaml", "- en: [Jai\n", "a.yaml, line 2: expected ',' or ']'"),
        ("a.yaml", "- en: !!python/name:os.system\n", "a.yaml, line 1: could not determine"),
        ("a.txt", "Gabbar\n", "a.txt: a glossary is .tsv, .csv or .yaml"),
    ],
)
def test_a_wrong_row_is_named_with_file_line_and_reason(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(text, "utf-8")
    with pytest.raises(Problem) as problem:
        read(path, "x", hot=True)
    assert message in str(problem.value)


def test_a_file_of_another_encoding_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes("en\nAmélie\n".encode("latin-1"))
    with pytest.raises(Problem, match=r"a\.tsv: byte 5 is not UTF-8"):
        read(path, "x", hot=True)


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.yaml"])
def test_an_empty_table_has_no_terms(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.touch()
    assert read(path, "x", hot=True) == []


FILM = FilmData(
    source="TMDB 11216",
    cast=(
        Person("Dharmendra", "Veeru", ("धर्मेन्द्र",)),
        Person("Amitabh Bachchan", "Jai (Jaidev)", ("अमिताभ बच्चन",)),
        Person("Amjad Khan", "Gabbar Singh"),
        Person("Somebody", "Police Inspector"),
        Person("Dharmendra", "Self"),
    ),
    crew=(Person("Ramesh Sippy", "Director"),),
    places=("Ramgarh",),
)


def test_the_films_names_are_ranked_characters_places_people() -> None:
    terms = [(t.kind, [f.text for f in t.forms], t.hot) for t in of_film(FILM)]
    assert terms == [
        ("character", ["Veeru"], True),
        ("character", ["Jai"], True),
        ("character", ["Jaidev"], True),
        ("character", ["Gabbar Singh"], True),
        ("character", ["Gabbar"], True),
        ("character", ["Singh"], True),
        ("place", ["Ramgarh"], True),
        ("person", ["Dharmendra", "धर्मेन्द्र"], False),
        ("person", ["Amitabh Bachchan", "अमिताभ बच्चन"], False),
        ("person", ["Amjad Khan"], False),
        ("person", ["Somebody"], False),
        ("person", ["Ramesh Sippy"], False),
    ]


@pytest.mark.parametrize(
    ("part", "names"),
    [
        ("Veeru", ["Veeru"]),
        ("Jai (Jaidev)", ["Jai", "Jaidev"]),
        ("Thakur Baldev Singh / The Inspector", ["Thakur Baldev Singh"]),
        ("Self - Host", []),
        ("Himself (uncredited)", []),
        ("Raj 'Bunty' Malhotra", ["Raj", "Bunty", "Malhotra"]),
        ("D'Souza", ["D'Souza"]),
        ("Policeman #2", []),
        ("Mrs. Sharma", ["Mrs. Sharma"]),
        ("", []),
    ],
)
def test_a_part_gives_the_names_in_it(part: str, names: list[str]) -> None:
    assert characters(part) == names


def term(forms: str, kind: str = "character", action: str = "keep", source: str = "a") -> Term:
    language = None if kind in ("character", "person", "place") else "hi"
    spellings = tuple(
        Form(f, language, "Deva" if ord(f[0]) > 0x900 else "Latn") for f in forms.split("|")
    )
    return Term("", kind, action, spellings, (), "", True, (source,))


def test_of_two_sources_the_first_is_believed_and_the_conflict_on_record() -> None:
    mine = term("गब्बर|Gabbar", "name", "translate", "mine.tsv, line 2")
    films = term("Gabbar", "character", "keep", "TMDB 11216, cast 3")
    both = merge([[mine], [films]])
    (kept,) = both.terms
    assert (kept.action, kept.sources) == ("translate", ("mine.tsv, line 2", "TMDB 11216, cast 3"))
    assert both.conflicts == (
        Conflict("गब्बर", "action", "translate", "mine.tsv, line 2", "keep", "TMDB 11216, cast 3"),
    )


def test_renderings_are_taken_over_where_the_first_has_none(tmp_path: Path) -> None:
    mine = read(table(tmp_path, "साला\t\tdamn\tkin\ttranslate\t\t"), "x", hot=True)
    head, row = "hi-Deva\tta\ten\tkind\n", "साला\tமச்சான்\tbrother-in-law\tkin"
    other = table(tmp_path, row, head=head, name="b.tsv")
    both = merge([mine, read(other, "x", hot=False)])
    renderings = [(f.language, f.text) for f in both.terms[0].renderings]
    assert renderings == [("en", "damn"), ("ta", "மச்சான்")]
    assert [(c.what, c.won, c.lost) for c in both.conflicts] == [
        ("action", "translate", "keep"),
        ("en-Latn", "damn", "brother-in-law"),
    ]


def test_a_name_and_a_word_stay_two_terms_and_the_first_gets_the_shared_form() -> None:
    both = merge(
        [[term("Jai", source="cast 2")], [term("जय|jai", "exclamation", "translate", "own")]]
    )
    assert [[f.text for f in t.forms] for t in both.terms] == [["Jai"], ["जय"]]
    assert both.conflicts == (Conflict("Jai", "kind", "character", "cast 2", "exclamation", "own"),)


NAMES = merge([[
    term("Shahrukh"), term("Gabbar Singh"), term("Gabbar"), term("कमल"), term("Will"),
    term("बसंती|Basanti"), term("Ann"),
]])  # fmt: skip


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Where is Shahrukh?", ["Shahrukh"]),
        ("SHAHRUKH and Shah Rukh", ["SHAHRUKH", "Shah Rukh"]),
        ("Shahrukh's car", ["Shahrukh"]),
        ("शाहरुख आया", ["शाहरुख"]),
        ("शाहरुख़ ख़ान", ["शाहरुख़"]),
        ("Gabbar Singh is Gabbar", ["Gabbar Singh", "Gabbar"]),
        ("बसन्ती, Basantee!", ["बसन्ती", "Basantee"]),
        ("कमाल है", []),  # not कमल
        ("Shahrukhs, Annette, channel", []),  # inside other words
        ("An apple, and a man will go", []),
        ("Ann will go. Will Ann?", ["Ann", "Will", "Ann"]),
        ("where is shahrukh", ["shahrukh"]),  # a text without capitals
        ("", []),
    ],
)
def test_a_name_is_found_in_any_spelling_and_never_inside_a_word(
    text: str, names: list[str]
) -> None:
    matches = Finder(NAMES, "hi").find(text)
    assert [text[m.start : m.end] for m in matches] == names


@pytest.fixture(scope="module")
def own() -> Glossary:
    return merge([read(OWN, "x", hot=False)])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("अरे यार, चाय पियो", {"अरे": "arre", "यार": "yaar", "चाय": "chai"}),
        ("यारों, बेटे को दो रोटियाँ दो", {"यारों": "yaar", "बेटे": "beta", "रोटियाँ": "roti"}),
        ("Arre yaar, teri bhabhi", {"Arre": "arre", "yaar": "yaar", "bhabhi": "bhabhi"}),
        ("जी हाँ, भगवान क़सम", {"जी हाँ": "ji haan", "भगवान क़सम": "bhagwan kasam"}),
        ("भगवान कसम", {"भगवान कसम": "bhagwan kasam"}),  # without nukta
        ("दालान में बसेरा", {}),
        ("ज़िन्दगी", {"ज़िन्दगी": "zindagi"}),
    ],
)
def test_a_word_is_found_in_its_inflections(
    own: Glossary, text: str, words: dict[str, str]
) -> None:
    matches = Finder(own, "hi").find(text)
    latin = {t.id: next(f.text for f in t.forms if f.script == "Latn") for t in own.terms}
    assert {text[m.start : m.end]: latin[m.term] for m in matches} == words


def test_hindi_words_are_not_found_in_other_languages(own: Glossary) -> None:
    assert Finder(own, "pt").find("A mama e o papa, sala e dada") == []


def test_the_projects_glossary_is_large_whole_and_without_conflicts(own: Glossary) -> None:
    assert len(own.terms) >= 150
    assert own.conflicts == ()
    for entry in own.terms:
        assert {f.script for f in entry.forms} == {"Deva", "Latn"}, entry.forms[0].text
        assert [f.language for f in entry.renderings][:1] == ["en"]
    kinds = [entry.kind for entry in own.terms]
    for kind in ("kin", "honorific", "exclamation", "food", "clothing"):
        assert kinds.count(kind) >= 20, kind
    text = OWN.read_text("utf-8")
    assert unicodedata.is_normalized("NFC", text)


def test_the_stage_ranks_the_user_before_the_film_before_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    table(tmp_path, "लड्डू\tladdu\tfudge ball\tfood\ttranslate\t\t", "वीरू\tVeeru\t\t\t\t\t")
    documents.save(FILM, "film.json")
    manifest = run(
        "03_glossary_load.py",
        "out/sholay/03_glossary_load",
        {"film": "film.json", "files": ["mine.tsv", str(OWN)]},
        {"glossary": "glossary.json"},
        {"job": "sholay"},
        files=["mine.tsv"],
        own=[str(OWN)],
    )
    made = documents.load(Glossary, "out/sholay/03_glossary_load/glossary.json")
    assert [t.forms[0].text for t in made.terms[:4]] == ["लड्डू", "वीरू", "Jai", "Jaidev"]
    assert made.terms[1].sources == ("mine.tsv, line 3", "TMDB 11216, cast 1")
    laddu = [c for c in manifest.notes["conflicts"] if c["term"] == "लड्डू"]
    assert [(c["what"], c["won"], c["lost"]) for c in laddu] == [
        ("action", "translate", "keep"),
        ("en-Latn", "fudge ball", "laddu"),
    ]
    assert len({t.id for t in made.terms}) == len(made.terms)
