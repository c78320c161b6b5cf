"""Models that one command adds: known by name and place, but not by checksums, since their makers
state none that could be compared. The person who adds one trusts what comes first."""

from dataclasses import dataclass

from subtitling.models.risks import CODE, OPTIONS, PICKLE

_INDIAN = ("bn", "gu", "hi", "kn", "ml", "ta", "te")  # languages of India that Firefox has


@dataclass(frozen=True)
class Known:
    """A model by the reference that it is added by. `risks` are the kinds of files that can run
    code among those that it needs."""

    reference: str
    licence: str
    risks: tuple[str, ...] = ()

    def is_at(self, reference: str) -> bool:
        """Whether another reference is to this model, at any revision."""
        return reference.partition("@")[0].casefold() == self.reference.casefold()


def _known() -> dict[str, Known]:
    models = {
        f"indictrans2-{family}{ending}": Known(
            f"hub:ai4bharat/indictrans2-{family}-{size}", "MIT", (CODE,)
        )
        for family, small in (
            ("indic-en", "dist-200M"), ("en-indic", "dist-200M"), ("indic-indic", "dist-320M"),
        )
        for ending, size in (("", small), ("-1b", "1B"))
    }  # fmt: skip
    models["indic-conformer-600m-multilingual"] = Known(
        "hub:ai4bharat/indic-conformer-600m-multilingual", "MIT"
    )
    models["whisper-hindi-large-v2"] = Known(
        "hub:vasista22/whisper-hindi-large-v2", "Apache-2.0", (PICKLE,)
    )
    models["nllb-200-1-3b"] = Known("hub:facebook/nllb-200-1.3B", "CC-BY-NC-4.0", (PICKLE,))
    for language in _INDIAN:
        for pair in (f"{language}-en", f"en-{language}"):
            models[f"firefox-{pair}"] = Known(f"firefox:{pair}", "MPL-2.0")
    return models


KNOWN = _known()


def command(name: str) -> str | None:
    """The command that adds a model of this name; None where it is not known."""
    if name not in KNOWN:
        return None
    options = [OPTIONS[risk] for risk in KNOWN[name].risks]
    return " ".join(["sutradhar models add", name, *options])


def remedy(name: str) -> str | None:
    """The end of a message that a model is not listed."""
    adding = command(name)
    return f"; `{adding}` adds it" if adding else None
