"""Words that are said in another language than the film's, for those who cannot hear that."""

from subtitling.documents import Transcript
from subtitling.text import languages


def labels(shown: Transcript, spoken: Transcript, form: str, track: str) -> dict[str, str]:
    """The label of each word of `shown`, by its id, that is said in another language than the
    film's: `form` with the language's name as the track `track` writes it, as `[in Tamil]`. Words
    of a translation are said in the language of the words that they translate.
    """
    said_in = spoken.word_languages
    made = {}
    for segment in shown.segments:
        sources = segment.source_words
        for word in segment.words:
            heard = {said_in.get(i) for i in sources or (word.id,)}
            code = heard.pop() if len(heard) == 1 else None
            if code and code != spoken.language:
                name = languages.name_in(code, track)
                label = form.replace("{language}", name).replace("{LANGUAGE}", name.upper())
                made[word.id] = label
    return made
