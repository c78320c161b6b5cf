"""A job's record as W3C PROV, in PROV-JSON (https://www.w3.org/submissions/prov-json/)."""

from typing import Any

from lineage.manifest import FileRecord
from lineage.record import Job

_NAMESPACES = {
    "sum": "ni:///sha-256#",
    "stage": "urn:sutradhar:stage:",
    "st": "urn:sutradhar:term:",
}


def document(job: Job) -> dict[str, Any]:
    """The PROV document of a job: files and models are entities, named by their checksums, stages
    are activities, and code is an agent."""
    prov: dict[str, dict[str, Any]] = {
        "entity": {}, "activity": {}, "agent": {}, "used": {}, "wasGeneratedBy": {},
        "wasAssociatedWith": {}, "wasDerivedFrom": {},
    }  # fmt: skip
    for key, manifest in job.stages.items():
        stage = f"stage:{key}"
        code = f"sum:{manifest.code['digest']}"
        script = manifest.code.get("script") or f"{manifest.stage}.py"
        prov["activity"][stage] = {
            "prov:startTime": manifest.started_at,
            "prov:endTime": manifest.ended_at,
            "st:status": manifest.status,
            "st:host": manifest.hardware["host"],
        }
        if manifest.reason:
            prov["activity"][stage]["st:reason"] = manifest.reason
        prov["agent"][code] = {
            "prov:type": {"$": "prov:SoftwareAgent", "type": "prov:QUALIFIED_NAME"},
            "prov:label": f"scripts/{script} and what it imports",
            "st:commit": manifest.code["commit"] or "none",
        }
        prov["wasAssociatedWith"][f"_:{key}"] = {"prov:activity": stage, "prov:agent": code}
        used = [_entity(prov["entity"], file) for file in manifest.inputs]
        for model in manifest.models:
            for name, digest in model["files"].items():
                label = {"prov:label": f"{model['name']}/{name}", "st:source": model["source"]}
                prov["entity"].setdefault(f"sum:{digest}", label)
                used.append(f"sum:{digest}")
        for number, entity in enumerate(dict.fromkeys(used)):
            prov["used"][f"_:{key}/{number}"] = {"prov:activity": stage, "prov:entity": entity}
        for number, file in enumerate(manifest.outputs):
            entity = _entity(prov["entity"], file)
            prov["wasGeneratedBy"][f"_:{key}/out/{number}"] = {
                "prov:entity": entity,
                "prov:activity": stage,
            }
            for source in dict.fromkeys(used):
                prov["wasDerivedFrom"][f"_:{key}/{number}/{source}"] = {
                    "prov:generatedEntity": entity,
                    "prov:usedEntity": source,
                    "prov:activity": stage,
                }
    return {"prefix": _NAMESPACES, **prov}


def _entity(entities: dict[str, Any], file: FileRecord) -> str:
    # A stage that fails early has inputs that it has not read, of which no checksum is known.
    name = f"sum:{file.sha256}" if file.sha256 else f"st:unread/{file.path}"
    entities.setdefault(name, {"prov:label": file.path, "st:size": file.size})
    return name
