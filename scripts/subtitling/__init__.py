"""What the stages decide: pure logic, and one adapter for each engine.

The packages build on each other in the order of `ROOMS`: one imports those before it, never those
after it. Beside them are `documents` (what passes between stages), `spans`, `shards` and `paths`,
which all but `runtime` may import. No package imports Snakemake but `workflow`.
"""

ROOMS = (
    "runtime",
    "text",
    "models",
    "media",
    "film",
    "sound",
    "speakers",
    "recognition",
    "alignment",
    "translation",
    "subtitles",
    "known_text",
    "muxing",
    "page",
    "desk",
    "workflow",
)
