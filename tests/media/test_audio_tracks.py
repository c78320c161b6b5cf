"""Which audio track is listened to."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import DATA

from lineage.problem import Problem
from subtitling.documents import Stream
from subtitling.media import audio_tracks, containers, ffmpeg, probing
from subtitling.media.audio_file import NoSound
from subtitling.media.audio_tracks import choose


def audio(
    language: str | None = None,
    title: str | None = None,
    *marks: str,
    channels: int = 2,
    tag: str | None = None,
) -> dict[str, Any]:
    return {"language": language, "title": title, "marks": marks, "channels": channels, "tag": tag}


def film(*tracks: dict[str, Any]) -> tuple[Stream, ...]:
    """A film's streams: a picture, then the tracks."""
    picture = Stream(0, "video", "h264", None, None, True, 0, 1000)
    sound = [
        Stream(
            index=number,
            kind="audio",
            codec="aac",
            default="default" in facts["marks"],
            start_ms=0,
            duration_ms=1000,
            **facts,
        )
        for number, facts in enumerate(tracks, 1)
    ]
    return (picture, *sound)


DISC = film(
    audio("eng", "English Dub 5.1", "default", "dub", channels=6),
    audio("hin", "Hindi 5.1", "original", channels=6),
    audio("hin", "Director's Commentary", "comment"),
    audio("hin", "Audio Description", "visual_impaired"),
)
D, C = "default", "comment"

# the tracks; demux.audio_track; the language spoken; the film's original one; the number chosen
CASES: dict[str, tuple[tuple[Stream, ...], str | int, str, str | None, int]] = {
    "the original of a disc, by the film's data": (DISC, "auto", "auto", "hi", 1),
    "the original of a disc, by its mark alone": (DISC, "auto", "auto", None, 1),
    "the language spoken goes before the film's": (DISC, "auto", "en", "hi", 0),
    "a number": (DISC, 2, "hi", "hi", 2),
    "a language": (DISC, "en", "hi", "hi", 0),
    "the plain track of a language": (DISC, "hi", "en", None, 1),
    "the only track, whatever it is": (film(audio("eng", "Commentary", C)), "auto", "hi", "hi", 0),
    "nothing tagged, the default": (film(audio(), audio(None, None, D)), "auto", "auto", "hi", 1),
    "nothing tagged, most channels": (
        film(audio(), audio(channels=6), audio()), "auto", "auto", None, 1),
    "nothing at all sets them apart": (film(audio(), audio()), "auto", "auto", None, 0),
    "default goes before channels": (
        film(audio("hin", channels=6), audio("hin", None, D)), "auto", "hi", None, 1),
    "a commentary marked as default": (
        film(audio("eng", "Commentary by Ramesh Sippy", D), audio("eng")), "auto", "en", "en", 1),
    "a commentary known only by its mark": (
        film(audio("eng", None, C, D), audio("eng")), "auto", "en", None, 1),
    "a commentary in the language, a dub in another": (
        film(audio("hin", "Commentary"), audio("eng")), "auto", "hi", "hi", 1),
    "a description in the language, a dub in another": (
        film(audio("hin", "Audio Description"), audio("eng")), "auto", "auto", "hi", 0),
    "a description titled in German": (
        film(audio("ger", "Hörfilmfassung", D), audio("ger")), "auto", "de", None, 1),
    "a track without language rather than one in another": (
        film(audio("eng", None, D), audio()), "auto", "auto", "hi", 1),
    "und is no language": (film(audio("und"), audio("hin")), "auto", "hi", None, 1),
    "a wrong tag under a right title": (
        film(audio("eng", "English"), audio("eng", "Hindi 5.1")), "auto", "auto", "hi", 1),
    "a title in the language itself": (
        film(audio("eng", None, D), audio(None, "हिन्दी")), "auto", "auto", "hi", 1),
    "a title with a code": (
        film(audio(None, "ENG DDP 5.1", D), audio(None, "HIN DDP 2.0")), "auto", "auto", "hi", 1),
    "a title with two languages says none": (
        film(audio(None, "Hindi-English mix"), audio("hin")), "auto", "hi", None, 1),
    "mono is no language here": (
        film(audio("eng", "Mono"), audio("eng", "Surround", D)), "auto", "en", None, 1),
    "a region that is asked for": (
        film(audio("por", None, D, tag="pt-PT"), audio("por", tag="pt-BR")), "pt-BR", "pt", None,
        1),
    "the region spoken": (
        film(audio("por", None, D), audio("por", tag="pt-BR")), "auto", "pt-BR", None, 1),
    "another region of the language rather than another language": (
        film(audio("eng", None, D), audio("por", tag="pt-PT")), "auto", "pt-BR", None, 1),
    "an old code": (film(audio("eng"), audio("ger")), "auto", "auto", "de", 1),
    "a code with a country": (film(audio("en-GB"), audio("hi-IN")), "auto", "auto", "hi", 1),
    "Cantonese tagged Chinese": (
        film(audio("eng", None, D), audio("chi")), "auto", "auto", "yue", 1),
    "DVB's tag for the original": (film(audio("eng"), audio("qaa")), "auto", "auto", None, 1),
    "DVB's tag for the original, of a film in Hindi": (
        film(audio("eng", None, D), audio("qaa")), "auto", "auto", "hi", 1),
    "BBC's tag for a description": (film(audio("qad"), audio("eng")), "auto", "auto", None, 1),
    "an isolated score": (
        film(audio("zxx", "Isolated Score", D, channels=6), audio("eng")), "auto", "en", None, 1),
    "an original score is no original speech": (
        film(audio("eng", "Original Score"), audio("eng", None, D)), "auto", "en", None, 1),
    "of two in the language the unmarked one, not the dub": (
        film(audio("hin", "Hindi (dubbed)", D), audio("hin")), "auto", "hi", None, 1),
    "a director's cut is no commentary": (
        film(audio("eng", "Director's Cut", D), audio("eng")), "auto", "en", None, 0),
    "none in the language: the plain one": (
        film(audio("tam", "Commentary"), audio("tam", None, D)), "auto", "hi", "hi", 1),
    "nonsense in a tag": (film(audio("english!"), audio("hin")), "auto", "hi", None, 1),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_track_is_the_one_with_the_original_dialogue(case: str) -> None:
    streams, wanted, spoken, original, number = CASES[case]
    assert choose(streams, wanted, spoken, original).track is streams[1 + number]


@pytest.mark.parametrize(
    ("streams", "wanted", "spoken", "original", "reason"),
    [
        (DISC, "auto", "auto", "hi",
         "tagged hi, the film's original language, plain dialogue, marked as the original"),
        (DISC, "auto", "en", "hi",
         "tagged en, the language spoken, plain dialogue, marked as default"),
        (DISC, 3, "auto", "hi", "asked for by number, 3"),
        (film(audio("eng")), "auto", "hi", "hi", "the only audio track"),
        (film(audio("eng"), audio(None, "Hindi")), "auto", "hi", "hi",
         "titled hi, the language spoken"),
        (film(audio("eng", None, D), audio("tam")), "auto", "hi", "hi",
         "no track of its kind is in hi, the language spoken, marked as default"),
        (film(audio(), audio()), "auto", "auto", None, "the first, nothing sets it apart"),
    ],
)  # fmt: skip
def test_the_choice_says_why(
    streams: Any, wanted: str | int, spoken: str, original: str, reason: str
) -> None:
    assert choose(streams, wanted, spoken, original).reason == reason


def test_the_others_are_told_of_from_the_next_best_on() -> None:
    assert choose(DISC, "auto", "auto", "hi").others == (
        '3: hin aac "Audio Description", 2 channels, audio description',
        '0: eng aac "English Dub 5.1", 6 channels, dub',
        '2: hin aac "Director\'s Commentary", 2 channels, commentary',
    )


@pytest.mark.parametrize(
    ("streams", "wanted", "original", "message"),
    [
        (DISC, 0, "hi", "audio track 0 (en) is a dub: the film was made in hi"),
        (DISC, "en", "hi", "is a dub: the film was made in hi"),
        (DISC, 0, None, "is a dub: it is marked so"),
        (film(audio("eng")), "auto", "hi", "is a dub: the film was made in hi"),
        (DISC, 2, "hi", "audio track 2 is commentary, not plain dialogue"),
        (film(audio("eng", "Hindi")), "auto", "hi", 'the tag says en, the title "Hindi" hi'),
        (film(audio("hin", "Hindi", "dub", "original")), "auto", "hi",
         "both the original and a dub"),
    ],
)  # fmt: skip
def test_what_is_odd_is_a_warning(streams: Any, wanted: Any, original: Any, message: str) -> None:
    (warning,) = choose(streams, wanted, "auto", original).warnings
    assert message in warning


@pytest.mark.parametrize("original", ["hi", None])
def test_a_good_track_gives_no_warning(original: str | None) -> None:
    assert choose(DISC, "auto", "auto", original).warnings == ()


@pytest.mark.parametrize(
    ("streams", "wanted", "message"),
    [
        (film(), "auto", "no audio track"),
        (
            DISC,
            4,
            'audio_track is 4, but the film\'s audio tracks are 0: eng aac "English Dub 5.1"',
        ),
        (DISC, "ta", "audio_track is ta, but the film's audio tracks are 0: eng"),
    ],
)
def test_a_track_that_is_not_there_is_an_error_with_those_that_are(
    streams: Any, wanted: Any, message: str
) -> None:
    with pytest.raises(Problem) as problem:
        choose(streams, wanted, "auto", None)
    assert message in str(problem.value)


@pytest.fixture(scope="module")
def disc(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A film with a dub first, the original, a commentary and a description, made by ffmpeg."""
    film = tmp_path_factory.mktemp("disc") / "disc.mkv"
    tracks = [
        ("eng", "English 5.1", "default+dub"),
        ("hin", "Hindi 2.0", "original"),
        ("hin", "Commentary", "comment"),
        ("hin", "For the blind", "visual_impaired"),
        (None, None, "0"),
    ]
    options: list[str] = []
    for number, (language, title, marks) in enumerate(tracks):
        options += ["-map", "0:a", f"-disposition:a:{number}", marks]
        for key, value in (("language", language), ("title", title)):
            options += [f"-metadata:s:a:{number}", f"{key}={value}"] if value else []
    ffmpeg.run([*ffmpeg.source(DATA / "hindi_short.flac"), *options, "-c:a", "aac", "-t", "1",
               "-f", "matroska", containers.url(film)])  # fmt: skip
    return film


@pytest.mark.parametrize(
    ("spoken", "original", "number"),
    [("auto", "hi", 1), ("hi", None, 1), ("auto", None, 1), ("en", "hi", 0)],
)
def test_a_real_film_tells_its_tracks_apart(
    disc: Path, spoken: str, original: str | None, number: int
) -> None:
    with containers.opened(disc) as container:
        streams = probing.streams(container)
    choice = choose(streams, "auto", spoken, original)
    assert choice.track.index == number
    kinds = " ".join(choice.others)
    assert ", audio description" in kinds and ", commentary" in kinds


def listening(*broken: int, silent: Sequence[int] = ()) -> Callable[[Stream], tuple[int, bool]]:
    """An extraction that fails on some streams, and finds 1000 ms of sound or silence in others."""

    def extract(stream: Stream) -> tuple[int, bool]:
        if stream.index in broken:
            raise NoSound(f"audio stream {stream.index} holds no sound")
        return 1000, stream.index in silent

    return extract


def sounds(*packets: int | None) -> list[Stream]:
    plain = [Stream(n, "audio", "aac", "hin", None, default=n == 1, start_ms=0, duration_ms=None)
             for n in range(1, len(packets) + 1)]  # fmt: skip
    return [replace(s, packets=p) for s, p in zip(plain, packets, strict=True)]


def test_a_track_of_which_nothing_comes_is_not_chosen_however_it_is_marked():
    choice, length = audio_tracks.choose_audible(
        sounds(0, 9), "auto", "hi", None, listening(), "a.ts"
    )
    assert (choice.track.index, length) == (2, 1000)
    assert "audio stream 1 is announced, but holds no packets" in choice.warnings


def test_a_track_in_which_nothing_is_heard_is_passed_over():
    choice, _ = audio_tracks.choose_audible(
        sounds(9, 9, 9), "auto", "hi", None, listening(1, 2), "a.ts"
    )
    assert choice.track.index == 3
    assert len(choice.warnings) == 2


@pytest.mark.parametrize("wanted", ["auto", 0])
def test_a_film_without_any_sound_to_be_heard_is_an_error(wanted):
    with pytest.raises(Problem, match=r"a\.ts: audio stream 1 holds no sound"):
        audio_tracks.choose_audible(sounds(9), wanted, "hi", None, listening(1), "a.ts")


@pytest.mark.parametrize(
    ("extract", "wanted", "index", "said"),
    [
        (listening(silent=[1, 2]), "auto", 3, ["1 is silent", "2 is silent"]),
        (listening(silent=[1, 2, 3]), "auto", 1, ["1 is silent", "2 is silent", "3 is silent"]),
        (listening(1, 3, silent=[2]), "auto", 2, ["1 is announced", "3 is ann", "2 is silent"]),
        (listening(silent=[1]), 0, 1, ["can name another: 1: hin aac"]),
        (listening(silent=[1]), 1, 2, []),
    ],
    ids=["the third speaks", "none speaks", "one can be decoded", "asked for", "another asked for"],
)
def test_a_silent_track_is_passed_over_for_one_with_sound(extract, wanted, index, said):
    choice, length = audio_tracks.choose_audible(
        sounds(9, 9, 9), wanted, "hi", None, extract, "a.mxf"
    )
    assert (choice.track.index, length) == (index, 1000)
    lines = [line for line in choice.warnings if "audio stream" in line]
    assert [part in line for part, line in zip(said, lines, strict=True)] == [True] * len(said)
