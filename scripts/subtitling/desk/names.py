"""The correction of a name in one cue, to be offered for all the places where it stands."""

from difflib import SequenceMatcher

from subtitling.recognition import occurrences
from subtitling.text.spelling import plain, tokens

_MOST_WORDS = 3


def corrected(before: str, after: str, language: str) -> tuple[str, str] | None:
    """The name that was corrected between two texts of a cue, as it was and as it is; None where
    something else was changed. A name begins with capital letters where its script has those, and
    is rare in texts of the language as it was or as it is."""
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
    words = [token.text for token in new[c:d]]
    if any(word[0].lower() != word[0].upper() and not word[0].isupper() for word in words):
        return None
    both = [*words, *(token.text for token in old[a:b])]
    return (was, now) if any(occurrences.rare(word, language) for word in both) else None
