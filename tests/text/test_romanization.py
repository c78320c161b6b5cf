"""Hindi in Latin letters as people write it, cued for what is read."""

from contextlib import chdir
from pathlib import Path

import pytest
import recorded
from spoken_words import NETFLIX, spoken, transcript

from lineage import cli
from lineage.commands import trace
from lineage.record import Job
from subtitling import documents
from subtitling.media import containers, probing
from subtitling.subtitles import quality, rules
from subtitling.subtitles.cues import cues, songs_alone
from subtitling.subtitles.frames import frame_rules
from subtitling.subtitles.latin_names import latin_names
from subtitling.subtitles.units import SpeakerLabels
from subtitling.text import romanization
from subtitling.text.languages import own_name, three_letters
from subtitling.text.romanization import base

LIMIT = frame_rules(rules.of(NETFLIX, "hi-Latn"), 25.0)


@pytest.mark.parametrize(
    ("hindi", "latin"),
    [
        # The vowel that ends a word is not said, but where nobody could do without it.
        ("मोहन घर शब्द दोस्त धर्म समय न", "mohan ghar shabd dost dharm samay na"),
        ("मित्र राज्य कृष्ण सूर्य", "mitra rajya krishna surya"),
        # Nor is one between others.
        ("लड़का सरकार अपने समझा मतलब", "larka sarkar apne samjha matlab"),
        ("समझ नमस्ते उपन्यास जानवर", "samajh namaste upanyas janvar"),
        ("नहीं में मुंबई हँसना ज़िंदगी", "nahin mein mumbai hansna zindagi"),
        ("ज़रूर फ़िल्म क़ानून पढ़ना", "zarur film qanun parhna"),
        ("ज्ञान ऋषि क्षमा अच्छा डॉक्टर ॐ", "gyan rishi kshama achchha doktar om"),
        ("हुआ कई गए औरत", "hua kai gae aurat"),
    ],
)
def test_words_are_written_as_they_are_said(hindi: str, latin: str) -> None:
    assert romanization.hindi(hindi) == latin


def test_letters_with_a_dot_have_two_spellings_and_one_sound() -> None:
    assert romanization.hindi("\u0921\u093c\u0928\u093e") == romanization.hindi(
        "\u095c\u0928\u093e"
    )


def test_what_is_in_other_letters_stays_as_it_is() -> None:
    assert (
        romanization.hindi("OK, रवि -- “क्या?” ठीक है। १२ café")
        == "OK, ravi -- “kya?” thik hai. 12 café"
    )


def test_lines_fit_what_is_read_and_break_where_the_language_does() -> None:
    text = "सरकार ने कल बारह लोगों को अपने घर बुलाया, मगर मोहन ने कहा कि वह दिल्ली में नहीं था। " * 4
    words = spoken(text)
    made = cues(transcript(words, "hi"), "hi", 0, 3_600_000, LIMIT, write=romanization.hindi)
    assert [w for c in made for w in c.words] == [w.id for w in words]
    shown = " ".join(line for c in made for line in c.lines)
    assert shown == romanization.hindi(text.strip())
    assert shown.isascii()
    by_rule = quality.measure(made, "hi-Latn", LIMIT)["rules"]
    assert not any(row["broken"] for row in by_rule.values())
    bound = ("ne", "ko", "mein", "tha.")
    assert not [line for c in made for line in c.lines if line.split()[0] in bound]


def name(kind: str, *forms: str) -> documents.Term:
    scripts = ["Deva" if form[0] >= "\u0900" else "Latn" for form in forms]
    known = tuple(documents.Form(f, None, s) for f, s in zip(forms, scripts, strict=True))
    return documents.Term(forms[0], kind, "keep", known, (), "", hot=False, sources=())


KNOWN = documents.Glossary(
    (
        name("character", "वीरू", "Veeru"),
        name("character", "सांभा"),
        name("person", "अमिताभ बच्चन", "Amitabh Bachchan", "Big B"),
        name("character", "आशा", "Asha"),
        name("character", "जयदेव", "Jai"),
        name("character", "राहुल"),
        name("name", "में"),
    ),
    (),
)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("वह आया। मैं गया? हाँ!", "Vah aya. Main gaya? Han!"),
        # What goes on after a pause begins no sentence, nor does what follows a comma.
        ("…पर ऐसा हुआ, मगर नहीं", "…par aisa hua, magar nahin"),
        ("“क्या?” १२ लोग", "“Kya?” 12 log"),
        # A name is spelled as the glossary spells it, with a capital where it has no such spelling.
        ("वह वीरू, और सांभा! अमिताभ बच्चन", "Vah Veeru, aur Sambha! Amitabh Bachchan"),
        ("यह जयदेव है", "Yah Jaydev hai"),
        # What may as well be a word is no name.
        ("उसे राहुल से आशा है", "Use Rahul se asha hai"),
        ("घर में राहुल", "Ghar mein Rahul"),
        ("OK, वह iPhone लाया", "OK, vah iPhone laya"),
    ],
)
def test_sentences_and_known_names_begin_with_a_capital(said: str, shown: str) -> None:
    spoken_ = transcript(spoken(said), "hi")
    names = latin_names(spoken_, KNOWN, romanization.hindi)
    made = cues(spoken_, "hi", 0, 60_000, LIMIT, write=romanization.hindi, names=names)
    assert " ".join(line for cue in made for line in cue.lines) == shown


def test_a_name_spelled_as_the_glossary_does_is_no_lack() -> None:
    said = transcript(spoken("वह वीरू है।"), "hi")
    names = latin_names(said, KNOWN, romanization.hindi)
    made = cues(said, "hi", 0, 60_000, LIMIT, write=romanization.hindi, names=names)
    figures = quality.against_glossary(made, said, said, KNOWN, romanization.hindi, "hi-Latn")
    assert (figures["terms"], figures["lacking"]) == (1, [])


def test_a_label_of_a_speaker_keeps_its_letters() -> None:
    said = transcript(spoken("हाँ।"), "hi")
    labels = SpeakerLabels({"w00001": documents.Voice("s1", 1.0)}, {"s1": "[mohan]"})
    made = cues(
        said, "hi", 0, 60_000, LIMIT, write=romanization.hindi, speaker_labels=labels, names={}
    )
    assert made[0].lines == ("[mohan] Han.",)


def test_a_romanized_track_is_of_its_language_and_says_what_it_is() -> None:
    assert (base("hi-Latn"), three_letters("hi-Latn")) == ("hi", "hin")
    assert own_name("hi-Latn") == "Hindi (romanized)"
    assert romanization.writer("hi")("मोहन") == "मोहन"
    assert romanization.writer("hi-Latn")("मोहन") == "mohan"


def titles(film: str) -> list[tuple[str | None, str | None]]:
    """Language and title of the film's subtitle tracks."""
    with containers.opened(film) as container:
        return [(s.language, s.title) for s in probing.streams(container) if s.kind == "subtitle"]


def first_thread(language: str) -> trace.Trace:
    """What the first cue of a muxed track comes from."""
    film = Path("out/clip/10_mux/final.mkv")
    return trace.trace(Job.read(film.parents[1]), film, language=language, number=1, at_ms=None)


def test_songs_alone_are_the_sung_cues_and_their_words() -> None:
    words = [documents.Word(f"w{n}", "la", n, n + 1, 0.9) for n in range(4)]
    said = transcript(words, "en")
    made = [
        documents.Cue("c00001", 0, 900, ("He left.",), ("w0", "w1")),
        documents.Cue("c00002", 4000, 4900, ("♪ La la. ♪",), ("w2", "w3"), sung=True),
    ]
    sung, shown = songs_alone(made, said)
    assert [(c.id, c.lines) for c in sung] == [("c00001", ("♪ La la. ♪",))]
    assert [w.id for w in shown.words] == ["w2", "w3"]
    assert own_name("pt-songs") == "Português (songs)" and three_letters("pt-songs") == "por"


def test_a_track_of_the_songs_alone_is_muxed_titled_and_traced(tmp_path: Path) -> None:
    settings = recorded.defaults()
    settings["subtitles"] |= {"songs": ["pt"]}
    recorded.job(tmp_path, config=settings)
    with chdir(tmp_path):
        made = documents.load(documents.Cues, "out/clip/09_subtitle_gen/pt-songs/cues.json")
        assert [c.lines for c in made.cues] == [("♪ Ninguém dormia. ♪",)]
        assert titles("out/clip/10_mux/final.mkv")[1:] == [
            ("por", "Português"), ("por", "Português (songs)")
        ]  # fmt: skip
        thread = first_thread("pt-songs")
        assert tuple(w.text for w in thread.words) == ("Nobody", "slept.")
        assert cli.main(["verify", "out/clip"]) == 0


def test_a_film_gets_both_tracks_and_each_cue_leads_to_what_was_said(tmp_path: Path) -> None:
    settings = recorded.defaults()
    settings["subtitles"] |= {"romanized": ["hi"]}
    recorded.job(tmp_path, config=settings, hindi="रात हो गई। मोहन सोया नहीं।")
    with chdir(tmp_path):
        made = documents.load(documents.Cues, "out/clip/09_subtitle_gen/hi-Latn/cues.json")
        assert [c.lines for c in made.cues] == [("Rat ho gai. Mohan soya nahin.",)]
        measured = Path("out/clip/09_subtitle_gen/hi-Latn/quality.json").read_text("utf-8")
        assert '"words_lost": []' in measured
        assert titles("out/clip/10_mux/final.mkv")[2:] == [
            ("hin", "हिन्दी"), ("hin", "Hindi (romanized)")
        ]  # fmt: skip
        thread = first_thread("hi-Latn")
        assert tuple(w.text for w in thread.words) == recorded.WORDS
        assert thread.translated[0].text == "रात हो गई। मोहन सोया नहीं।"
        assert cli.main(["verify", "out/clip"]) == 0
