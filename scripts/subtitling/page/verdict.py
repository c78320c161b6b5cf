"""The grade of a track's reliability: one rule for every page.

It does not rate the layout (the reading rules): a track may be well laid out and wrong.
docs/report.md has the table.
"""

from dataclasses import dataclass
from enum import IntEnum

# Word error rates of a recogniser by language, measured on real speech (docs/evaluation.md,
# "Compared with plain calls"; Hindi: README.md). Others are not known.
WORD_ERRORS: dict[str, dict[str, float]] = {
    "whisper-base": {
        "cs": 0.54, "da": 0.61, "de": 0.12, "en": 0.08, "es": 0.05, "fr": 0.14, "hi": 0.2,
        "nl": 0.33,
    },
}  # fmt: skip


class Grade(IntEnum):
    """The grades of a track, from the best to the worst."""

    SURE = 0
    READ = 1
    DOUBTFUL = 2

    @property
    def word(self) -> str:
        """The grade in words, for a page."""
        return ("No doubts", "Read it before use", "Not to be relied on")[self]


# The highest values of a figure for the grades SURE and READ. Shares are of one.
LIMITS = {
    "word_errors": (0.1, 0.25),
    "doubt": (0.25, 0.4),  # one less the recogniser's mean score
    "unsure": (0.1, 0.34),  # passages of which it was less than half sure
    "wordless": (0.03, 0.1),
    "uncovered": (0.1, 0.25),
    "removed": (0.05, 0.2),
    "untranslated": (0.0, 0.1),
    "incomplete": (0.0, 0.1),
}


@dataclass(frozen=True)
class Evidence:
    """The figures that a track's grade is based on; None for unknown ones. Shares of one:
    `confidence` is the recogniser's mean score, `unsure` passages of which it was less than half
    sure, `wordless` speech without recognised words, `uncovered` speech without a cue, `removed`
    speech whose text was taken out, `untranslated` sentences shown in their source's words,
    `incomplete` ones that lack some of what was said, and
    `by_hand` cues that a person changed, None where nobody corrected the track."""

    recogniser: str | None
    language: str | None
    confidence: float | None
    unsure: float
    wordless: float
    uncovered: float
    removed: float
    untranslated: float
    incomplete: float
    by_hand: float | None = None

    @property
    def word_errors(self) -> float | None:
        """The recogniser's word error rate in the language spoken, where known."""
        return WORD_ERRORS.get(self.recogniser or "", {}).get(self.language or "")


@dataclass(frozen=True)
class Verdict:
    """A grade, and the reasons against a better one, the strongest first."""

    grade: Grade
    reasons: tuple[str, ...]


def of(track: Evidence) -> Verdict:
    """The worst grade of any figure. A track that a person corrected is READ at worst, since it is
    not known whether all of it was corrected."""
    figures = {
        "wordless": (track.wordless, "{:.0%} of the speech has no recognised words"),
        "uncovered": (track.uncovered, "{:.0%} of the speech has no cue"),
        "removed": (
            track.removed,
            "the text of {:.0%} of the speech was taken out as not credible",
        ),
        "untranslated": (track.untranslated, "{:.0%} of the sentences are not translated"),
        "incomplete": (
            track.incomplete,
            "{:.0%} of the translated sentences lack some of what was said",
        ),
        "unsure": (
            track.unsure,
            "the recogniser was less than half sure of {:.0%} of the passages",
        ),
    }
    rows = [(_grade(key, value), text.format(value)) for key, (value, text) in figures.items()]
    if track.confidence is not None:
        text = f"the recogniser was {track.confidence:.0%} sure of itself"
        rows += [(_grade("doubt", 1 - track.confidence), text), _known(track)]
    against = sorted((row for row in rows if row[0]), key=lambda row: -row[0])
    grade = max((grade for grade, _ in against), default=Grade.SURE)
    reasons = [text for _, text in against]
    if track.by_hand is not None:
        grade = min(grade, Grade.READ)
        reasons.insert(0, f"a person changed {track.by_hand:.0%} of the cues")
    return Verdict(grade, tuple(reasons))


def _known(track: Evidence) -> tuple[Grade, str]:
    """Grade and reason by the recogniser's known errors; unknown errors count as READ."""
    share, language = track.word_errors, track.language or "this language"
    model = track.recogniser or "the recogniser"
    if share is None:
        return Grade.READ, f"how often {model} errs in {language} is not known here"
    text = f"{model} gets about {share:.0%} of the words wrong in {language}"
    return _grade("word_errors", share), text


def _grade(key: str, value: float) -> Grade:
    good, fair = LIMITS[key]
    return Grade.SURE if value <= good else Grade.READ if value <= fair else Grade.DOUBTFUL
