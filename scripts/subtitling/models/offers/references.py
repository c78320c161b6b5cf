"""References to models: which kind of source one names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from lineage.problem import Problem
from subtitling.models.offers import firefox_offer, folder_offer, hub_offer, web_offer
from subtitling.models.offers.known import KNOWN
from subtitling.models.offers.offer import Offer
from subtitling.models.sources.base import Call

FORMS = (
    "hub:OWNER/NAME[@REVISION], firefox:SOURCE-TARGET, a folder, an https address, or a name that "
    "`sutradhar models list` knows"
)
KINDS: Mapping[str, Callable[[str, list[Call]], Offer]] = {
    "hub": hub_offer.offer,
    "firefox": firefox_offer.offer,
}


def look_up(reference: str, calls: list[Call], files: Sequence[str] = ()) -> Offer:
    """The offer of what a reference names. `files` are names of files at an address that has no
    list of them. Raises Problem for a reference of no known kind, and where the source has
    nothing."""
    if reference in KNOWN:
        reference = KNOWN[reference].reference
    offer = _offer(reference, calls, files)
    names = [name for name, model in KNOWN.items() if model.is_at(reference)]
    return replace(offer, name=names[0]) if names else offer


def _offer(reference: str, calls: list[Call], files: Sequence[str]) -> Offer:
    kind, mark, rest = reference.partition(":")
    if mark and kind in KINDS:
        return KINDS[kind](rest, calls)
    if page := hub_offer.of_page(reference):
        return hub_offer.offer(page, calls)
    if kind in ("https", "http") and rest.startswith("//"):
        return web_offer.offer(reference, calls, files)
    if mark and "/" not in kind and "." not in kind:
        raise Problem(f"{reference}: {kind} is no kind of reference; give {FORMS}")
    return folder_offer.offer(reference, calls)
