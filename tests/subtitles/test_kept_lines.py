"""Cues and line breaks of a text at hand."""

from dataclasses import replace

from subtitling.documents import Segment, Text, TextLine, TextUse, Transcript, Word
from subtitling.subtitles import frames, kept_lines, rules


def test_a_cue_keeps_its_rows_and_comes_with_its_words() -> None:
    text = Text(
        "a.srt", "0" * 64, "en", True,
        (
            TextLine(2, "It was night.", ("It was", "night."), 1000, 2000, italic=True, place=8),
            TextLine(6, "Nobody came.", ("- Nobody came.",), 3000, 4000),
        ),
    )  # fmt: skip
    segments = (
        Segment("s1", 1400, 2100, "It was night.", (
            Word("w1", "It", 1400, 1500, 0.5, 2), Word("w2", "was", 1500, 1700, 0.5, 2),
            Word("w3", "night.", 1700, 2100, 0.5, 2)), None, aligner="phonemes"),
        Segment("s2", 3000, 4000, "Nobody came.", (
            Word("w4", "Nobody", 3000, 3500, None, 6), Word("w5", "came.", 3500, 4000, None, 6)),
            None),
    )  # fmt: skip
    transcript = Transcript("en", None, "phonemes", segments, text_use=TextUse("a.srt", "0", 1.0))
    limit = frames.frame_rules(rules.of(rules.table("netflix", {}), "en"), 25.0)
    made = kept_lines.cues(text, transcript, 0, 10_000, limit)
    assert [(c.id, c.lines, c.words, c.italic, c.place) for c in made] == [
        ("c00001", ("It was", "night."), ("w1", "w2", "w3"), True, 8),
        ("c00002", ("- Nobody came.",), ("w4", "w5"), False, 2),
    ]
    assert made[0].start_ms == 1400
    assert 2100 <= made[0].end_ms < 3000
    assert (made[1].start_ms, made[1].end_ms) == (3000, 4000)
    use = TextUse("a.srt", "0", 1.0, own_times=(2,))
    own = kept_lines.cues(text, replace(transcript, text_use=use), 0, 10_000, limit)
    assert (own[0].start_ms, own[0].end_ms) == (1400, 2100)
