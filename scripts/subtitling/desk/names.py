"""The correction of a name in one cue, to be offered for all the places where it stands."""

from difflib import SequenceMatcher

from subtitling.recognition import occurrences
from subtitling.text.spelling import plain, tokens

_MOST_WORDS = 3


def corrected(before: str, after: str, language: str) -> tuple[str, str] | None:
    """The name that was corrected between two texts of a cue, as it was and as it is; None where
    something else was changed. A name is rare in texts of the language, and begins with a capital
    letter where its script has those."""
    old, new = tokens(before), tokens(after)
    matcher = SequenceMatcher(None, [t.text for t in old], [t.text for t in new], False)
    changed = [row for row in matcher.get_opcodes() if row[0] != "equal"]
    if len(changed) != 1 or changed[0][0] != "replace":
        return None
    _, a, b, c, d = changed[0]
    if max(b - a, d - c) > _MOST_WORDS:
        return None
    was, now = before[old[a].start : old[b - 1].end], after[new[c].start : new[d - 1].end]
    if plain(was) == plain(now):
        return None
    cased = now[0].lower() != now[0].upper()
    if cased and not now[0].isupper():
        return None
    name = any(occurrences.rare(token.text, language) for token in new[c:d])
    return (was, now) if name else None
