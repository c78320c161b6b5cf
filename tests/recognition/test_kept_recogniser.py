"""What the last run of a stage recognised."""

import json

from subtitling.documents import Region, Word
from subtitling.recognition import kept_recogniser
from subtitling.recognition.chunking import Chunk, Recognition
from subtitling.recognition.language_diarization import Heard


def test_an_answer_comes_back_as_it_was_kept() -> None:
    regions = (Region("r1", 0, 900, 0.9), Region("r2", 1000, 1900, 0.8))
    heard = tuple(Heard(region, {"hi": 0.75, "en": 0.2}) for region in regions)
    words = (Word("", "Cafe\u0301", 10, 400, None), Word("", "हाँ", 400, 880, 0.5, 2))
    answer = Recognition("Cafe\u0301 हाँ", 0.51, 0.02, 1.25, "کیفے ہاں", "hi", heard, words)
    row = json.loads(json.dumps(kept_recogniser.row_of(answer)))
    assert kept_recogniser.answer_of(row, Chunk.of(regions)) == answer
