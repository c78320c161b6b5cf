"""A job's record as Workflow Run RO-Crate metadata, step by step (Provenance Run Crate 0.6).

https://www.researchobject.org/workflow-run-crate/profiles/0.6/provenance_run_crate defines the
entities and their relations, on top of RO-Crate 1.3, whose context has every term that is used.
"""

import base64
import mimetypes
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

from lineage import sources
from lineage.manifest import FileRecord, Manifest
from lineage.record import Job

Entity = dict[str, Any]

NAME = "ro-crate-metadata.json"
CODE = "workflow"
WORKFLOW = f"{CODE}/Snakefile"
CONTEXT = "https://w3id.org/ro/crate/1.3/context"
_RO_CRATE = "https://w3id.org/ro/crate/1.3"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.6": "Process Run Crate",
    "https://w3id.org/ro/wfrun/workflow/0.6": "Workflow Run Crate",
    "https://w3id.org/ro/wfrun/provenance/0.6": "Provenance Run Crate",
    "https://w3id.org/workflowhub/workflow-ro-crate/1.1": "Workflow RO-Crate",
}
_AUTHORS: Entity = {
    "@id": "#authors", "@type": "Organization", "name": "The Sutradhar developers"
}  # fmt: skip
_BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_LANGUAGE = "https://w3id.org/workflowhub/workflow-ro-crate#snakemake"
_TYPES = {"srt": "application/x-subrip", "ass": "text/x-ssa", "vtt": "text/vtt",
          "flac": "audio/flac", "mkv": "video/matroska", "jsonl": "application/jsonl"}  # fmt: skip

# Characters that an address must escape: controls, spaces, quotes, brackets, direction marks.
_UNADDRESSED = re.compile(
    r"[\x00-\x20\x7f-\xa0\"<>\\^`{|}\u2000-\u200f\u2028-\u202f\u2060-\u206f\ufeff]"
)


def metadata(job: Job, files: list[str], verdict: str) -> Entity:
    """The content of `ro-crate-metadata.json` for a crate that holds `files`, paths in it.
    `verdict` is the result of `lineage verify` for the job.

    The same record gives the same metadata: no clock is read and no id is made up.
    """
    graph = _Graph(job)
    for stage in job.stages:
        graph.stage(stage)
    graph.workflow()
    for path in files:
        graph.add(_file(path))
    graph.root(verdict)
    return {
        "@context": CONTEXT,
        "@graph": [_addressed(e, job.recorded) for e in graph.entities.values()],
    }


class _Graph:
    """The entities by `@id`, each once; the first mention of an entity is the fullest."""

    def __init__(self, job: Job):
        self.job = job
        self.entities: dict[str, Entity] = {}
        self._stages = sorted(job.stages)

    def add(self, entity: Entity) -> Entity:
        """Add an entity unless it is there; returns a reference to it."""
        plain = {k: v[0] if isinstance(v, list) and len(v) == 1 else v for k, v in entity.items()}
        self.entities.setdefault(entity["@id"], plain)
        return {"@id": entity["@id"]}

    def stage(self, key: str) -> None:
        """Add one stage: the action, its inputs and outputs, and its step of the workflow."""
        manifest = self.job.stages[key]
        script = self._script(manifest)
        given = [self._recorded(file) for file in manifest.inputs]
        given += [ref for model in manifest.models for ref in self._model(model)]
        given += [
            self.add(_value(f"#{key}/{name}", name, value))
            for name, value in manifest.params.items()
        ]
        failed = manifest.status == "failed"
        action: Entity = {
            "@id": f"#{key}",
            "@type": "CreateAction",
            "name": f"Run of {key}",
            "description": f"{manifest.rule} on {manifest.hardware['host']}: {manifest.status}",
            "instrument": script,
            "agent": self._operator(),
            "object": given,
            "result": [self._recorded(file) for file in manifest.outputs],
            "startTime": _time(manifest.started_at),
            "endTime": _time(manifest.ended_at or manifest.started_at),
            "actionStatus": _status(failed),
            "subjectOf": [
                {"@id": f"{self.job.recorded}/{key}/manifest.json"},
                {"@id": f"{self.job.recorded}/{key}/stage.log"},
            ],
        }
        if failed:
            action["error"] = manifest.reason
        step = self.add(
            {
                "@id": f"{WORKFLOW}#{key}",
                "@type": "HowToStep",
                "name": key,
                "position": str(self._stages.index(key) + 1),
                "workExample": script,
            }
        )
        self.add(action)
        self.add(
            {
                "@id": f"#control/{key}",
                "@type": "ControlAction",
                "name": f"Snakemake's job for {key}",
                "instrument": step,
                "object": {"@id": f"#{key}"},
            }
        )

    def workflow(self) -> None:
        """The workflow, its run as a whole, and Snakemake, which ran it."""
        stages = [self.job.stages[key] for key in self._stages]
        made = {file.path for manifest in stages for file in manifest.outputs}
        read = {file.path for manifest in stages for file in manifest.inputs}
        given = {f.path: f for m in stages for f in m.inputs if f.path not in made}
        results = {f.path: f for m in stages for f in m.outputs if f.path not in read}
        sources = [self._parameter("input", file) for file in given.values()]
        targets = [self._parameter("output", file) for file in results.values()]
        start = _time(min(manifest.started_at for manifest in stages))
        end = _time(max(manifest.ended_at or manifest.started_at for manifest in stages))
        version = next((v for m in stages if (v := m.software["packages"].get("snakemake"))), None)
        language = self.add(
            {
                "@id": _LANGUAGE,
                "@type": "ComputerLanguage",
                "name": "Snakemake",
                "alternateName": "Snakemake",
                "version": version or "not on record",
                "identifier": {"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
                "url": {"@id": "https://snakemake.github.io"},
            }
        )
        authors = self.add(_AUTHORS)
        tools = {ref["@id"]: ref for ref in (self._script(manifest) for manifest in stages)}
        commit = next((m.code["commit"] for m in reversed(stages) if m.code["commit"]), None)
        self.add(
            {
                "@id": WORKFLOW,
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
                "name": "Sutradhar",
                "description": "A film goes in, the same film comes out with subtitles",
                "conformsTo": {"@id": _BIOSCHEMAS},
                "version": commit or "not under version control",
                "programmingLanguage": language,
                "license": {"@id": "https://spdx.org/licenses/MIT"},
                "author": authors,
                "creator": authors,
                "input": [{"@id": f"#input/{path}"} for path in given],
                "output": [{"@id": f"#output/{path}"} for path in results],
                "step": [{"@id": f"{WORKFLOW}#{key}"} for key in self._stages],
                "hasPart": list(tools.values()),
            }
        )
        run: Entity = {
            "@id": "#run",
            "@type": "CreateAction",
            "name": f"Run of Sutradhar for {self.job.recorded}",
            "description": "All stages of one film, from the film to its subtitled copy",
            "instrument": {"@id": WORKFLOW},
            "agent": self._operator(),
            "object": sources,
            "result": targets,
            "startTime": start,
            "endTime": end,
            "actionStatus": _status(bool(self.job.failed)),
        }
        if self.job.failed:
            run["error"] = self._failures()
        self.add(run)
        engine: Entity = {
            "@id": "#snakemake",
            "@type": "SoftwareApplication",
            "name": "Snakemake",
            "url": {"@id": "https://snakemake.github.io"},
            "version": version or "not on record",
        }
        self.add(
            {
                "@id": "#organize",
                "@type": "OrganizeAction",
                "name": "Run of Snakemake",
                "description": "Snakemake runs the stages in their order",
                "instrument": self.add(engine),
                "agent": self._operator(),
                "object": [{"@id": f"#control/{key}"} for key in self._stages],
                "result": {"@id": "#run"},
                "startTime": start,
                "endTime": end,
            }
        )

    def _failures(self) -> str:
        return "; ".join(f"{stage}: {why}" for stage, why in self.job.failed.items())

    def root(self, verdict: str) -> None:
        """The crate itself, and the file that describes it."""
        missing = f". What failed: {self._failures()}" if self.job.failed else ""
        rights = self.add(
            {
                "@id": "#rights",
                "@type": "CreativeWork",
                "name": "The rights in the film",
                "description": "Subtitles and audio are made from the film and subject to the "
                "rights in it; the workflow's code is under the MIT licence.",
            }
        )
        profiles = [
            self.add(
                {
                    "@id": url,
                    "@type": ["CreativeWork", "Profile"],
                    "name": name,
                    "version": url[-3:],
                }
            )
            for url, name in _PROFILES.items()
        ]
        data = [{"@id": i} for i, e in self.entities.items() if "File" in _kinds(e)]
        self.add(
            {
                "@id": "./",
                "@type": "Dataset",
                "name": f"{self.job.recorded}: a film with its subtitles and their record",
                "description": "Every stage of one film's way through Sutradhar: what it read and "
                f"wrote, with which code, models and parameters; `lineage verify`: {verdict}"
                + missing,
                "datePublished": self.entities["#run"]["endTime"],
                "license": rights,
                "author": self._operator(),
                "conformsTo": profiles,
                "hasPart": data,
                "mainEntity": {"@id": WORKFLOW},
                "mentions": [
                    {"@id": i} for i, e in self.entities.items() if "Action" in str(e["@type"])
                ],
            }
        )
        self.add(
            {
                "@id": NAME,
                "@type": "CreativeWork",
                "about": {"@id": "./"},
                "conformsTo": {"@id": _RO_CRATE},
            }
        )

    def _operator(self) -> Entity:
        """Who ran the stages: the person or organisation in `record.operator`."""
        last = max(self.job.stages.values(), key=lambda manifest: manifest.started_at)
        named = last.config.get("record", {}).get("operator")
        name = named or f"The operator of {last.hardware['host']}, who is not named on record"
        return self.add({"@id": "#operator", "@type": "Organization", "name": name})

    def _script(self, manifest: Manifest) -> Entity:
        """A stage's script, the tool of its step; its digest covers what it imports of this
        project."""
        return self.add(
            {
                **_file(f"{CODE}/scripts/{self._script_name(manifest)}"),
                "@type": ["File", "SoftwareSourceCode"],
                "description": "a stage's script; its version is the digest of it and its imports",
                "version": manifest.code["digest"],
                "softwareRequirements": ", ".join(
                    f"{name} {version}" for name, version in manifest.software["packages"].items()
                ),
            }
        )

    def _script_name(self, manifest: Manifest) -> str:
        name = sources.script(
            self.job.workflow / "scripts", manifest.stage, manifest.code["digest"]
        )
        return name or manifest.code.get("script") or f"{manifest.stage}.py"

    def _recorded(self, file: FileRecord) -> Entity:
        identity = {"contentSize": str(file.size), "sha256": file.sha256}
        if file.sha256 is None:
            name = Path(file.path).name
            why = "the stage failed before it had read this file, so no checksum is known"
            unread = {"@id": f"#unread/{file.path}", "@type": "CreativeWork", "name": name}
            return self.add({**unread, "description": why})
        if self.job.owns(file.path):
            return self.add({**_file(file.path), **identity})
        return self.add({**_file(file.path), "@id": _named_by_sum(file.sha256), **identity})

    def _model(self, model: dict[str, Any]) -> list[Entity]:
        """The files of a model, each identified by its checksum."""
        about = f"{model['name']}, revision {model['revision']}, {model['source']}"
        return [
            self.add(
                {
                    **_file(name),
                    "@id": _named_by_sum(digest),
                    "description": f"{about}, {model['precision'] or 'as it is'}",
                    "sha256": digest,
                    "license": model["licence"],
                }
            )
            for name, digest in model["files"].items()
        ]

    def _parameter(self, side: str, file: FileRecord) -> Entity:
        """Link a file to the workflow's parameter of which it is a value."""
        value = self._recorded(file)
        parameter = self.add(
            {
                "@id": f"#{side}/{file.path}",
                "@type": "FormalParameter",
                "name": file.name or Path(file.path).name,
                "additionalType": "File",
                "workExample": value,
                "conformsTo": {
                    "@id": "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
                },
            }
        )
        self.entities[value["@id"]]["exampleOfWork"] = parameter
        return value


def _addressed(value: Any, recorded: str) -> Any:
    """A value with every `@id` in it escaped as an address (RFC 3987): characters that it may not
    hold, as spaces, line breaks and `#` in the job's name, are percent-encoded."""
    if isinstance(value, dict):
        return {
            k: _address(v, recorded) if k == "@id" else _addressed(v, recorded)
            for k, v in value.items()
        }
    return [_addressed(item, recorded) for item in value] if isinstance(value, list) else value


def _address(text: str, recorded: str) -> str:
    plain = re.sub(r"[%#?]", lambda sign: quote(sign[0], safe=""), recorded)
    return _UNADDRESSED.sub(lambda sign: quote(sign[0]), text.replace(recorded, plain))


def _file(path: str) -> Entity:
    kind = Path(path).suffix.removeprefix(".")
    media_type = _TYPES.get(kind) or mimetypes.guess_type(path)[0] or "application/octet-stream"
    return {"@id": path, "@type": "File", "name": Path(path).name, "encodingFormat": media_type}


def _named_by_sum(digest: str) -> str:
    """An address that names content by its checksum (RFC 6920), for files that the crate does not
    hold."""
    raw = base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip("=")
    return f"ni:///sha-256;{raw}"


def _value(identifier: str, name: str, value: Any) -> Entity:
    return {"@id": identifier, "@type": "PropertyValue", "name": name, "value": str(value)}


def _time(utc: str) -> str:
    """The profile's form of a time: with an offset, not Z."""
    return utc.replace("Z", "+00:00")


def _status(failed: bool) -> str:
    return f"http://schema.org/{'Failed' if failed else 'Completed'}ActionStatus"


def _kinds(entity: Entity) -> list[str]:
    kinds = entity["@type"]
    return [kinds] if isinstance(kinds, str) else list(kinds)
