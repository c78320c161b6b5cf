"""Check the text of every rule and script: does each stage keep the record? Runs nothing.

Each rule has a log and a manifest, its script opens the stage context, its digest is that of its
own script and all that the script imports, and its outputs lie in its own stage's folder.
"""

import argparse
import ast
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lineage import sources, terminal
from lineage.manifest import NAME


@dataclass(frozen=True)
class Rule:
    """The content of a rule. Paths contain wildcards, as `out/{job}/06_asr/manifest.json`; `script`
    is None for a target, which only collects files."""

    name: str
    file: str
    script: Path | None
    log: dict[str, str]
    output: tuple[str, ...]
    code: Any
    other_work: bool


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument(
        "workflow", type=Path, nargs="?", default=Path(), help="the folder of the Snakefile"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command."""
    every_rule = rules(args.workflow.absolute())
    wrong = {rule.name: problems(rule) for rule in every_rule}
    if args.json:
        answer = [{**asdict(rule), "problems": wrong[rule.name]} for rule in every_rule]
        print(json.dumps(answer, default=str, ensure_ascii=False, indent=1))
    else:
        for rule in every_rule:
            for text in wrong[rule.name]:
                print(terminal.line(f"{rule.file}: rule {rule.name}: {text}"))
        count = sum(map(len, wrong.values()))
        print(f"{len(every_rule)} rules, {count or 'no'} problem{'' if count == 1 else 's'}")
    return 1 if any(wrong.values()) else 0


def rules(workflow: Path) -> list[Rule]:
    """The rules as parsed by Snakemake. Raises Problem if it cannot read them."""
    from subtitling.workflow import snakemake_adapter

    return [_parsed(rule, workflow) for rule in snakemake_adapter.rules(workflow)]


def _parsed(rule: Any, workflow: Path) -> Rule:
    from snakemake.io import strip_wildcard_constraints as plain

    file = Path(rule.snakefile)
    return Rule(
        name=rule.name,
        file=str(file.relative_to(workflow) if file.is_relative_to(workflow) else file),
        script=(file.parent / rule.script).resolve() if rule.script else None,
        log={str(name): plain(str(path)) for name, path in rule.log.items()},
        output=tuple(plain(str(path)) for path in rule.output),
        code=dict(rule.params.items()).get("code"),
        other_work=bool(rule.shellcmd or rule.notebook or rule.wrapper or rule.is_run),
    )


def problems(rule: Rule) -> list[str]:
    """The faults of one rule that would make the record incomplete, a line each."""
    if rule.script is None:
        if rule.output or rule.other_work:
            return ["it has outputs but no script, so nothing keeps its record"]
        return []
    if set(rule.log) != {"manifest", "text"}:
        return [f"its log: must name manifest and text, not {', '.join(rule.log) or 'nothing'}"]
    faults = []
    folder = Path(rule.log["manifest"]).parent
    for name, expected in (("manifest", NAME), ("text", "stage.log")):
        if rule.log[name] != str(folder / expected):
            faults.append(f"its log {name} is {rule.log[name]}, not {folder / expected}")
    for path in rule.output:
        if not Path(path).is_relative_to(folder):
            faults.append(f"its output {path} lies outside of its folder {folder}")
    stage = _stage_id(folder)
    if stage and not _belongs(rule.script.stem, stage):
        faults.append(f"its script is {rule.script.name}, its folder {stage}")
    if stage and not _belongs(rule.name, stage.partition("_")[2]):
        faults.append(f"its folder is {stage}, not that of {rule.name}")
    return faults + _of_script(rule.script, rule.code)


def _of_script(script: Path, code: Any) -> list[str]:
    if not script.is_file():
        return [f"its script {script} does not exist"]
    faults = []
    if not _opens_stage(script.read_text(encoding="utf-8")):
        faults.append(f"{script.name} does all its work outside of `with lineage.stage(snakemake)`")
    if code != sources.digest(script):
        faults.append(f'its params must have code=code("{script.name}")')
    return faults


def _opens_stage(text: str) -> bool:
    """Whether everything a script does, except imports and definitions, is in the stage context."""
    passive = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)
    tree = ast.parse(text)
    work = [n for n in tree.body if not isinstance(n, passive) and not _is_docstring(n)]
    if len(work) != 1 or not isinstance(work[0], ast.With):
        return False
    opened = ast.unparse(work[0].items[0].context_expr)
    # A second argument may name a function that writes the replacement of a failed result.
    return re.fullmatch(r"lineage\.stage\(snakemake(, [\w.]+)?\)", opened) is not None


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _belongs(name: str, stage: str) -> bool:
    """Whether a rule or script belongs to a stage, or is one of its further steps, such as
    `asr_whole`."""
    return name == stage or name.startswith(f"{stage}_")


def _stage_id(folder: Path) -> str | None:
    """`06_asr` of `out/{job}/06_asr`; None for the model store."""
    return next((part for part in folder.parts if re.match(r"\d\d_", part)), None)
