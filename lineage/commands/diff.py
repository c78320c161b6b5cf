"""Show the differences between two jobs, or two copies of one: inputs, settings, code, results and
cues.

Exit status 0 where nothing differs, 1 where something does. Times, hosts' names and measurements of
the two runs always differ and are left out.
"""

import argparse
import json
from collections.abc import Iterator, Sequence, Set
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lineage import terminal
from lineage.commands.verify import Finding, evidence
from lineage.manifest import FileRecord, Manifest
from lineage.record import Job, Reader, clock

if TYPE_CHECKING:
    from subtitling.documents import Cue

# In the order of cause and effect.
SECTIONS = ("stages", "inputs", "parameters", "models", "code", "environment", "course", "results")
_SUBTITLES = "09_subtitle_gen"


@dataclass(frozen=True)
class Difference:
    """One value that is not the same; None on the side that has none."""

    section: str
    stage: str
    what: str
    before: Any
    after: Any


@dataclass(frozen=True)
class CueChange:
    """A cue that was added, removed, or changed in text or time; `kind` says which."""

    language: str
    kind: Literal["text", "time", "gone", "new"]
    before: "Cue | None"
    after: "Cue | None"


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("before", type=Path, help="a job's folder, e.g. out/tale")
    parser.add_argument("after", type=Path, help="another one, or a copy of it")


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    one, two = Job.read(args.before), Job.read(args.after)
    doubts = [*evidence(one), *evidence(two)]
    differing, changed = list(differences(one, two)), list(cue_changes(one, two))
    unrepeatable = sorted({why for m in two.stages.values() for why in m.unrepeatable})
    if args.json:
        answer = {
            "same": not (differing or changed or doubts),
            "doubts": [asdict(row) for row in doubts],
            "differences": [asdict(row) for row in differing],
            "cues": [asdict(row) for row in changed],
            "unrepeatable": unrepeatable,
        }
        print(json.dumps(answer, ensure_ascii=False, indent=1))
    else:
        print(as_text(differing, changed, unrepeatable, doubts), end="")
    return 1 if differing or changed or doubts else 0


def differences(one: Job, two: Job) -> Iterator[Difference]:
    """The differences of everything on record that could affect a result, and of the results, by
    section."""
    both = one.stages.keys() & two.stages.keys()
    for stage in sorted(one.stages.keys() ^ two.stages.keys()):
        sides = ("there", None) if stage in one.stages else (None, "there")
        yield Difference("stages", stage, "manifest", *sides)
    before, after = _facts(one, both), _facts(two, both)
    for key in sorted(before.keys() | after.keys(), key=lambda k: (SECTIONS.index(k[0]), k)):
        if before.get(key) != after.get(key):
            yield Difference(*key, before.get(key), after.get(key))


def cue_changes(one: Job, two: Job) -> Iterator[CueChange]:
    """Compare the cues of every language that both have. Problem for a file not as on record."""
    from subtitling import documents

    for key in sorted(k for k in one.stages.keys() & two.stages.keys() if k.startswith(_SUBTITLES)):
        before = Reader(one).output(documents.Cues, key, "cues")
        after = Reader(two).output(documents.Cues, key, "cues")
        yield from compare(before.language, before.cues, after.cues)


def compare(language: str, before: "Sequence[Cue]", after: "Sequence[Cue]") -> Iterator[CueChange]:
    """The cues that differ between two tracks, matched by their text."""
    match = SequenceMatcher(a=[c.lines for c in before], b=[c.lines for c in after], autojunk=False)
    for tag, start, end, start_after, end_after in match.get_opcodes():
        old, new = before[start:end], after[start_after:end_after]
        pairs = min(len(old), len(new))
        for cue, other in zip(old, new, strict=False):
            if tag == "replace":
                yield CueChange(language, "text", cue, other)
            elif (cue.start_ms, cue.end_ms) != (other.start_ms, other.end_ms):
                yield CueChange(language, "time", cue, other)
        yield from (CueChange(language, "gone", cue, None) for cue in old[pairs:])
        yield from (CueChange(language, "new", None, cue) for cue in new[pairs:])


def _facts(job: Job, stages: Set[str]) -> dict[tuple[str, str, str], Any]:
    """The values to compare, by section, stage and name."""
    facts: dict[tuple[str, str, str], Any] = {}
    configs: dict[str, dict[str, Any]] = {}
    for stage in stages:
        manifest = job.stages[stage]
        for section, what, value in _of_stage(job, manifest):
            facts[section, stage, what] = value
        for key, value in _flat(manifest.config):
            configs.setdefault(f"config.{key}", {})[stage] = value
    # The configuration is the same for every stage of a run and reported once; where stages ran
    # under different ones, it is reported for each.
    for key, values in configs.items():
        alike = len({json.dumps(v, sort_keys=True) for v in values.values()}) == 1
        if alike and len(values) == len(stages):
            facts["parameters", "", key] = next(iter(values.values()))
        else:
            facts |= {("parameters", stage, key): value for stage, value in values.items()}
    return facts


# Pages about the record contain the times of its stages, so they differ between any two runs.
_PAGES = frozenset({"11_audit"})


def _of_stage(job: Job, manifest: Manifest) -> Iterator[tuple[str, str, Any]]:
    for file in manifest.inputs:
        if not job.owns(file.path) and not (file.producer and file.producer["stage"] == "models"):
            yield "inputs", _name(job, file), file.sha256
    for key, value in _flat({k: v for k, v in manifest.params.items() if k != "code"}):
        yield "parameters", key, value
    for model in manifest.models:
        facts = {k: v for k, v in model.items() if k not in ("name", "source", "licence")}
        yield from (("models", f"{model['name']}.{key}", v) for key, v in _flat(facts))
    yield "code", "digest", manifest.code["digest"]
    for key, value in _flat({**manifest.software, "gpus": manifest.hardware["gpus"]}):
        yield "environment", key, value
    yield "environment", "cpu", manifest.hardware["cpu"]
    yield "environment", "threads", manifest.resources["threads"]
    yield "course", "status", manifest.status
    for row in manifest.degradations:
        yield "course", f"degraded {row['what']}", f"{row['before']} to {row['after']}"
    for file in () if manifest.stage in _PAGES else manifest.outputs:
        yield "results", _name(job, file), file.sha256


def _name(job: Job, file: FileRecord) -> str:
    """The name of a file in its rule, with the file's own name if several have the same."""
    path = Path(file.path)
    return path.name if job.owns(file.path) or file.name is None else file.name


def _flat(value: Any, before: str = "") -> Iterator[tuple[str, Any]]:
    """`{"a": {"b": 1}}` as `a.b`, 1."""
    if isinstance(value, dict) and value:
        for key, item in value.items():
            yield from _flat(item, f"{before}.{key}" if before else str(key))
    else:
        yield before, value


def as_text(
    differing: Sequence[Difference],
    changed: Sequence[CueChange],
    unrepeatable: Sequence[str],
    doubts: Sequence[Finding] = (),
) -> str:
    """The differences as text; first, what does not verify in the two records, because the
    differences below may then be wrong."""
    lines = [f"DOES NOT HOLD: {row.path}: {row.text}" for row in doubts]
    for section in SECTIONS:
        rows = [row for row in differing if row.section == section]
        lines += [f"{section}:", *map(as_line, rows)] if rows else [f"{section}: the same"]
    lines += (
        ["cues:", *(f"  {cue_line(row)}" for row in changed)] if changed else ["cues: the same"]
    )
    lines += [f"may differ between runs with the same inputs: {why}" for why in unrepeatable]
    return terminal.lines(lines)


def as_line(row: Difference) -> str:
    """A difference as a line."""
    where = f"{row.stage}: " if row.stage else ""
    return f"  {where}{row.what}: {_short(row.before)} -> {_short(row.after)}"


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:12]}…" if len(text) == 64 and text.isalnum() else text


def cue_line(row: CueChange) -> str:
    """A cue's change as a line."""
    sides = [
        f"{c.id} {clock(c.start_ms)} {' / '.join(c.lines)}" for c in (row.before, row.after) if c
    ]
    return f"{row.language} {row.kind}: " + " -> ".join(sides)
