"""Which placeholders Firefox's models leave as they are, by how many of them come back just once.

python bench/placeholders.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]

FORMS = """
Zq{} QX{} ID{} Term{} XX{} X{}X Xx{}x {}Q{}Q [{}] %{}% __{}__ #{}# <{}> {{}} @{}@ ⟦{}⟧ <b>{}</b>
"""
SENTENCES = {
    "en-pt": (
        "It was a letter from {0} to {1}.",
        "{0} lives in a small house near {1}.",
        "Yesterday {0} gave me the ring.",
        "Where is {0}?",
        "I told {0}, but {1} was not there.",
        "My dear {0}, come home!",
    ),
    "pt-en": (
        "Era uma carta de {0} para {1}.",
        "{0} mora numa casa pequena perto de {1}.",
        "Ontem {0} deu-me o anel.",
        "Onde está {0}?",
        "Eu disse a {0}, mas {1} não estava lá.",
        "Minha cara {0}, volta para casa!",
    ),
}


def main() -> None:
    """Run it."""
    from subtitling.translation.firefox import Firefox

    engines = {
        pair: Firefox(ROOT / "models" / f"firefox-{pair}", *pair.split("-")) for pair in SENTENCES
    }
    for form in FORMS.split():
        marks = [form.replace("{}", str(n)) for n in (7, 8)]
        counts = []
        for pair, sentences in SENTENCES.items():
            texts = {str(n): s.format(*marks) for n, s in enumerate(sentences)}
            made = engines[pair].translate(texts, carefully=False)
            answers = [
                made[str(i)].count(m) == 1
                for i, s in enumerate(sentences)
                for n, m in enumerate(marks)
                if f"{{{n}}}" in s
            ]
            counts.append(f"{pair} {sum(answers)} of {len(answers)}")
        print(f"{form:12} {', '.join(counts)}")


if __name__ == "__main__":
    main()
