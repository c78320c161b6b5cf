"""An invalid configuration is reported in lines of file, line, key and remedy."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from faster_whisper.tokenizer import _LANGUAGE_CODES
from house import ROOT, configured

from lineage.problem import Problem, raise_all
from subtitling.recognition import indic_conformer, whisper
from subtitling.recognition import registry as recognisers
from subtitling.translation import nllb
from subtitling.workflow import configuration

SCHEMA = json.loads((ROOT / "config" / "config.schema.json").read_text("utf-8"))


def faults(folder: Path, text: str, **given: object) -> list[str]:
    """Of a configuration file, and of what is given on the command line."""
    path = folder / "config.yaml"
    path.write_text(text, "utf-8")
    lines = configuration.faults({**(yaml.safe_load(text) or {}), **given}, SCHEMA, [path])
    return [line.removeprefix(f"{path}, ") for line in lines]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{}", []),
        ("target_language: [en]",
         ["line 1, target_language: no such key; did you mean target_languages?"]),
        ("\nasr:\n  modell: x\n", ["line 3, asr.modell: no such key; did you mean model?"]),
        ("\nbeam_size: 3\n",
         ["line 2, beam_size: no such key at the top; indent it below asr or translation"]),
        ("asr:\n", ["line 1, asr: nothing stands below it; indent its keys, or"]),
        ("asr: w", ['line 1, asr: must be keys of its own, indented below it, not "w"']),
        ("target_languages: en", ['line 1, target_languages: must be a list, as [a, b], not "en"']),
        ("asr:\n  beam_size: five", ['line 2, asr.beam_size: must be a whole number, not "five"']),
        ("shots: {enabled: 'no'}", ['line 1, shots.enabled: must be true or false, not "no"']),
        ("mux: {container: mkv2}",
         ['line 1, mux.container: "mkv2" is none of mkv, mp4, webm; did you mean mkv?']),
        ("source_language: hin", ["line 1, source_language: 'hin': write hi for Hindi"]),
        ("target_languages: [en, Hindi]",
         ["line 1, target_languages: 'Hindi': write hi for Hindi"]),
        ("translation: {engines: {'*-hin': nllb}}",
         ["line 1, translation.engines.*-hin: '*-hin': write *-hi"]),
        ("translation: {engines: {en-pt_br: nllb}}",
         ["line 1, translation.engines.en-pt_br: 'en-pt_br': write en-pt-BR"]),
        ("firefox: {models: {en-pt-br: firefox-en-pt}}",
         ["line 1, firefox.models.en-pt-br: 'en-pt-br': write en-pt-BR"]),
        ("firefox: {models: {portuguese: x}}",
         ["line 1, firefox.models.portuguese: 'portuguese' is no pair of languages; write two"]),
        ("target_languages: [pt-BR, es-419, zh-Hant, sr-Latn, hi-Latn, mai, fil]", []),
        # To YAML, Norwegian is a word for false.
        ("target_languages: [no]",
         ["line 1, target_languages: must be a text, not false; write it in quotes"]),
        ("target_languages: ['no']", []),
        ("target_languages: [pt_br]",
         ["line 1, target_languages: 'pt_br': write pt-BR for Portuguese (Brazil)"]),
        ("subtitles: {overrides: {'*': {}, pt-BR: {}, Hindi: {}}}",
         ["line 1, subtitles.overrides.Hindi: 'Hindi': write hi for Hindi"]),
        ("subtitles: {songs: [pt-BR], forced: [HI]}",
         ["line 1, subtitles.forced: 'HI': write hi for Hindi"]),
        ("mux: {default_track: pt-BR-songs, forced_tracks: [zh-Hant-forced, hin-songs]}",
         ["line 1, mux.forced_tracks: 'hin': write hi for Hindi"]),
        ("burn_in: {language: zh_hant}",
         ["line 1, burn_in.language: 'zh_hant': write zh-Hant for Chinese (Traditional)"]),
        ("asr: {other_languages: [en, hin]}",
         ["line 1, asr.other_languages: 'hin': write hi for Hindi"]),
        ("asr: {other_languages: en}",
         ['line 1, asr.other_languages: "en" does not fit. Languages that may be heard']),
        ("asr: {other_languages: auto}", []),
        ("demux: {audio_track: por}",
         ["line 1, demux.audio_track: 'por': write pt for Portuguese"]),
        ("alignment: {models: {mms: mms-fa, eng: x}}",
         ["line 1, alignment.models.eng: 'eng': write en for English"]),
        ("asr: {}\nvad: {}\nasr: {beam_size: 1}\n",
         ["line 3, asr: is already in line 1; put both together"]),
        ("glossary: {files: [mine.xlsx]}",
         ['line 1, glossary.files: "mine.xlsx" does not fit. The path of a table: .tsv, .csv, '
          ".yaml or .yml."]),
        ("translation: {engines: {'*-en': wisper}}",
         ['line 1, translation.engines.*-en: "wisper" is none of whisper, endpoint, nllb, '
          "indictrans2, firefox; did you mean whisper?"]),
        ("mux: {sidecars: [srt, sub]}",
         ['line 1, mux.sidecars: "sub" is none of srt, vtt, ass']),
        ("doubts: {min_score: 0.3}",
         ["line 1, doubts: no such key any more; it is called hallucinations now"]),
        ("asr: {latin: true}",
         ["line 1, asr.latin: no such key any more; it is called asr.allow_latin now"]),
        ("subtitles: {changes: {}}",
         ["line 1, subtitles.changes: no such key any more; it is called subtitles.overrides now"]),
        ("asr: {beam_size: 0}",
         ["line 1, asr.beam_size: 0 is less than the minimum of 1. Hypotheses kept"]),
    ],
)  # fmt: skip
def test_each_fault_is_a_line_with_its_place(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    lines = faults(tmp_path, text)
    assert [line[: len(rest)] for line, rest in zip(lines, expected, strict=True)] == expected
    assert all("\n" not in line and len(line) < 300 for line in lines)


def test_what_was_given_on_the_command_line_is_called_so(tmp_path: Path) -> None:
    (line,) = faults(tmp_path, "vad: {onset: 0.5}", asr={"modell": "x"})
    assert line == "command line, asr.modell: no such key; did you mean model?"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty; write {} into it"),
        (b"# only notes\n", "empty; write {} into it"),
        (b"- a\n", "no keys at its top level"),
        (b"asr:\n\tmodel: x\n", "line 2: not valid YAML: .*indent with spaces, not with tabs"),
        (b"asr: {model: x\n", "line 2: not valid YAML"),
        ("titre: é".encode("latin-1"), r"not UTF-8 \(byte 7\); save it as UTF-8"),
    ],
)
def test_a_file_that_is_no_configuration_says_why(
    tmp_path: Path, content: bytes, reason: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_bytes(content)
    with pytest.raises(Problem, match=f"{path}.*{reason}"):
        raise Problem(str(configuration.no_mapping(path)))
    path.write_bytes(b"{}\n")
    assert configuration.no_mapping(path) is None


def test_configured_files_that_are_not_there_are_named_with_their_key(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").touch()
    configuration.check_files({"glossary.files": [str(tmp_path / "a.tsv")]})
    with pytest.raises(Problem) as problem:
        configuration.check_files({"glossary.files": ["b.tsv"], "mux.fonts": [str(tmp_path)]})
    assert [line.partition(";")[0] for line in str(problem.value).splitlines()] == [
        "glossary.files: b.tsv does not exist",
        f"mux.fonts: {tmp_path} is a folder, not a file",
    ]


def test_formats_that_other_keys_need_cannot_be_left_out(tmp_path: Path) -> None:
    config = configured()
    configuration.check_formats(config, [])
    path = tmp_path / "config.yaml"
    path.write_text("subtitles:\n  formats: [vtt, imsc]\n", "utf-8")
    config["subtitles"] |= {"formats": ["vtt", "imsc"], "bilingual": True}
    config["mux"]["sidecars"] = ["imsc", "stl"]
    with pytest.raises(Problem) as problem:
        configuration.check_formats(config, [path])
    at = f"{path}, line 2, subtitles.formats"
    assert str(problem.value).splitlines() == [
        f"{at}: srt is left out, but mux.container: mkv makes tracks of it; add srt",
        f"{at}: stl is left out, but mux.sidecars puts it beside the film; add stl",
        f"{at}: ass is left out, but subtitles.bilingual is shown in it alone; add ass",
    ]
    config["mux"] |= {"container": "webm", "sidecars": ["vtt"]}
    config["subtitles"]["bilingual"] = False
    configuration.check_formats(config, [path])


def test_a_key_that_holds_itself_is_named(tmp_path: Path) -> None:
    config: dict[str, Any] = {"asr": {}}
    config["asr"]["model"] = config["asr"]
    own = tmp_path / "own.yaml"
    own.write_text("asr: &a {model: *a}\n", "utf-8")
    assert configuration.faults(config, SCHEMA, [own]) == [
        f"{own}: a key holds itself, by an anchor of YAML; write its value out"
    ]


def test_a_fault_that_films_share_is_said_once() -> None:
    raise_all([])
    with pytest.raises(Problem, match=r"^a\nb$"):
        raise_all(["a", "b", "a"])


def test_a_recogniser_needs_a_model_of_its_own_and_no_list_of_what_it_cannot_tell(
    tmp_path: Path,
) -> None:
    models = {
        "base": {"files": {"model.bin": "", "config.json": "", "vocabulary.txt": ""}},
        "indic": {"files": dict.fromkeys(indic_conformer.SPEC.files, "")},
    }
    own = tmp_path / "own.yaml"

    def checked(engine: str, model: str, others: object) -> None:
        asr = {"engine": engine, "model": model, "other_languages": others}
        own.write_text(yaml.safe_dump({"asr": asr}), "utf-8")
        configuration.check_recogniser({"asr": asr}, models, [own])

    checked("whisper", "base", ["en"])
    checked("indicconformer", "indic", "auto")
    checked("indicconformer", "indic", [])
    with pytest.raises(Problem) as caught:
        checked("indicconformer", "base", ["ta"])
    assert str(caught.value).splitlines() == [
        f"{own}, line 3, asr.model: base is no model of indicconformer: it has no "
        "assets/ctc_decoder.onnx; set asr.engine to whisper",
        f"{own}, line 4, asr.other_languages: indicconformer does not tell which language is "
        "spoken; leave the key out",
    ]
    with pytest.raises(Problem, match=r"set asr\.engine to indicconformer"):
        checked("whisper", "indic", "auto")
    # A model says by its files whose it is.
    checked("auto", "auto", ["ta"])
    checked("auto", "base", ["ta"])
    checked("auto", "indic", "auto")
    with pytest.raises(
        Problem, match=r"line 4, asr\.other_languages: indicconformer does not tell"
    ):
        checked("auto", "indic", ["ta"])
    models["nllb"] = {"files": {"model.bin": "", "config.json": "", "shared_vocabulary.txt": ""}}
    with pytest.raises(Problem, match=r"line 3, asr\.model: nllb is no recogniser's model"):
        checked("auto", "nllb", "auto")
    checked("indicconformer", "auto", "auto")
    del models["indic"]
    with pytest.raises(Problem, match=r"line 2, asr\.engine: no model of indicconformer is listed"):
        checked("indicconformer", "auto", "auto")
    models["base.en"] = models["base"]
    checked("whisper", "base.en", "auto")
    with pytest.raises(Problem, match=r"base\.en does not tell which language is spoken"):
        checked("whisper", "base.en", ["en"])


@pytest.mark.parametrize(
    ("model", "language", "why"),
    [
        ("whisper-tiny-en", "en", None),
        ("whisper-tiny-en", "en-IN", None),
        ("whisper-distil-large-v3", "hi", "does not know Hindi; it knows en, or set asr.model to"),
        ("whisper-tiny-en", "hi", "hi: whisper-tiny-en, which recognises the words, does not know"),
        ("whisper-small.en", "auto", "does not tell which language is spoken; name one of en, or"),
        ("distil-whisper-large-v3-german", "de", None),
        ("whisper-large-v3-turbo", "hi", None),
        ("whisper-hi-en", "hi", None),
        ("auto", "auto", None),
    ],
)
def test_a_model_of_english_alone_hears_english_films(
    model: str, language: str, why: str | None
) -> None:
    if why:
        with pytest.raises(Problem, match="was not trained to translate"):
            whisper.translator(model)
    refused = recognisers.unknown("whisper", language, model)
    assert (refused is None) if why is None else why in str(refused)


def test_what_the_engines_know_is_what_they_list() -> None:
    assert set(_LANGUAGE_CODES) == whisper.LANGUAGES
    known = ("auto", "hi", "fil", "pt-BR")
    assert [code for code in known if recognisers.unknown("whisper", code)] == []
    assert "whisper, which recognises the words, does not know Maithili" in str(
        recognisers.unknown("whisper", "mai")
    )
    assert list(map(whisper.code_of, ("fil", "pt-BR", "jv", "nb", "auto", "hi"))) == [
        "tl", "pt", "jw", "no", "auto", "hi"
    ]  # fmt: skip
    assert "speech has no script; write zh" in str(recognisers.unknown("whisper", "zh-Hant"))
    known = ("hi", "ta", "mni", "pt", "zh", "pt-BR", "es-419", "zh-Hant", "zh-TW", "fil", "fa-AF")
    assert [code for code in known if not nllb.knows(code)] == []
    assert [code for code in ("brx", "mni-Mtei", "sr-Latn", "uz-Cyrl") if nllb.knows(code)] == []


def test_a_path_below_the_home_folder_may_begin_with_a_tilde(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    config = {"films": "~/films.tsv", "mux": {"fonts": ["~/a.ttf", "b~/"]}, "n": 3}
    assert configuration.at_home(config) == {
        "films": "/home/me/films.tsv",
        "mux": {"fonts": ["/home/me/a.ttf", "b~/"]},
        "n": 3,
    }
