"""Validation of the configuration: a line for each fault, with file, line, key and remedy."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lineage.problem import Problem
from subtitling import paths
from subtitling.alignment.aligners import aligner_table
from subtitling.models.offers.known import remedy
from subtitling.recognition import registry as recognisers
from subtitling.subtitles.formats import deliveries
from subtitling.text import tag_formats
from subtitling.text.suggestions import list_fault, meant
from subtitling.translation import registry
from subtitling.workflow import levels

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from yaml import Node

Key = tuple[str | int, ...]
SCHEMA = paths.CONFIG / "config.schema.json"

_KINDS = {
    "object": "keys of its own, indented below it",
    "array": "a list, as [a, b]",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}
_MOST = 120  # characters of a value that a message repeats


def faults(
    config: Mapping[str, Any], schema: Mapping[str, Any], files: Sequence[Path]
) -> list[str]:
    """The faults of the configuration, a line each. `files` are those it was read from; keys in
    none of them were given on the command line."""
    written = [(path, _tree(path)) for path in files]
    try:
        plain = json.loads(json.dumps(config))  # as plain dictionaries, for messages
    except ValueError:
        return [f"{_all(files)}: a key holds itself, by an anchor of YAML; write its value out"]
    errors = tag_formats.validator(schema).iter_errors(plain)
    rows = [(key, text) for error in errors for key, text in _rows(error, schema)]
    rows += [(key, text) for key, text in _names(plain) if key not in dict(rows)]
    twice = [row for path, tree in written if tree for row in _twice(tree, path)]
    return [*twice, *(f"{_place(written, key)}{_dotted(key)}: {text}" for key, text in rows)]


def _all(files: Sequence[Path]) -> str:
    return " or ".join(map(str, files)) or "--config"


def no_mapping(path: Path) -> str | None:
    """Why a file of the configuration cannot be read at all; None if it can, or does not exist."""
    import yaml

    try:
        content = yaml.safe_load(path.read_text("utf-8-sig"))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        return f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8"
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        advice = "; indent with spaces, not with tabs" if "\\t" in str(error.problem) else ""
        return f"{path}, line {line}: not valid YAML: {error.problem}{advice}"
    except yaml.YAMLError as error:
        return f"{path}: not valid YAML: {' '.join(str(error).split())}"
    if content is None:
        return f"{path}: empty; write {{}} into it, or the keys that you want different"
    if not isinstance(content, dict):
        return f"{path}: no keys at its top level, as `target_languages: [en]`"
    return None


def check_files(paths: Mapping[str, Iterable[str]]) -> None:
    """Raise Problem where files that the configuration names, by key, do not exist."""
    lacking = [
        f"{key}: {path} {'is a folder, not a file' if Path(path).is_dir() else 'does not exist'}"
        f"; correct the path, which is seen from {Path.cwd()}"
        for key, some in paths.items()
        for path in some
        if not Path(path).is_file()
    ]
    if lacking:
        raise Problem("\n".join(lacking))


def check_models(config: Mapping[str, Any], models: Iterable[str], files: Sequence[Path]) -> None:
    """Raise Problem where a key that every run needs names a model that is not in
    `config/models.yaml`."""
    known = list(models)
    written = [(path, _tree(path)) for path in files]
    lines = [
        f"{_place(written, key)}{_dotted(key)}: {paths.shown(paths.MODELS)} has no model {name}"
        f"{remedy(name) or meant(name, known) or '; it has ' + ', '.join(known)}"
        for key, name in _models(config)
        if name not in known
    ]
    if lines:
        raise Problem("\n".join(lines))


def check_recogniser(
    config: Mapping[str, Any], models: Mapping[str, Any], files: Sequence[Path]
) -> None:
    """Raise Problem where `asr.model` is no model of `asr.engine`, or languages are listed that the
    engine can't tell. `models` is the catalogue, which has the model."""
    engine, model, others = (config["asr"][key] for key in ("engine", "model", "other_languages"))
    readers = recognisers.readers(models)
    rows: list[tuple[Key, str | None]] = []
    if engine == levels.AUTO and model != levels.AUTO:
        engine = readers.get(model, levels.AUTO)
        if engine == levels.AUTO:
            rows.append((("asr", "model"), f"{model} is no recogniser's model"))
    elif model != levels.AUTO:
        wrong = recognisers.misfit(engine, model, models[model]["files"])
        rows.append((("asr", "model"), wrong))
    elif engine not in (levels.AUTO, *readers.values()):
        rows.append((("asr", "engine"), recognisers.none_listed(engine)))
    named = engine != levels.AUTO
    if others not in ("auto", []) and named:
        tells = recognisers.with_model(engine, model).tells_languages
        who = recognisers.called(engine, model)
        why = None if tells else f"{who} does not tell which language is spoken; leave the key out"
        rows.append((("asr", "other_languages"), why))
    written = [(path, _tree(path)) for path in files]
    lines = [f"{_place(written, key)}{_dotted(key)}: {text}" for key, text in rows if text]
    if lines:
        raise Problem("\n".join(lines))


def _models(config: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The models that are needed for films of any language, by the key that names each."""
    if config["asr"]["model"] != "auto":
        yield ("asr", "model"), config["asr"]["model"]
    yield ("sound_events", "model"), config["sound_events"]["model"]
    if config["separation"]["when"] != "never" and config["separation"]["model"] != "auto":
        yield ("separation", "model"), config["separation"]["model"]
    yield ("vad", "model"), config["vad"]["model"]
    for n, name in enumerate(config["vad"]["also"]):
        if name != "sound_events":
            yield ("vad", "also", n), name
    for language, name in config["alignment"]["models"].items():
        yield ("alignment", "models", language), name
    if config["sound_events"]["noises"] != "none":
        yield ("sound_events", "noises"), config["sound_events"]["noises"]
    if config["speakers"]["model"] != "none":
        yield ("speakers", "model"), config["speakers"]["model"]
    if config["whisper"]["model"]:
        yield ("whisper", "model"), config["whisper"]["model"]


def at_home(value: Any) -> Any:
    """The configuration with a leading `~/` of each path expanded to the home folder."""
    if isinstance(value, Mapping):
        return {key: at_home(each) for key, each in value.items()}
    if isinstance(value, list):
        return [at_home(each) for each in value]
    return paths.at_home(value) if isinstance(value, str) else value


def _rows(error: "ValidationError", schema: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """The faults of a validation error, by key."""
    key, value = tuple(error.absolute_path), error.instance
    rule: Any = error.schema
    if error.validator == "additionalProperties" and isinstance(value, dict):
        known = rule.get("properties", {})
        for name in sorted(set(value) - set(known)):
            yield (*key, name), _unknown(name, known, key, schema)
    elif error.validator == "type" and value is None:
        yield key, "nothing stands below it; indent its keys, or delete the line"
    elif error.validator == "type":
        kinds = rule["type"] if isinstance(rule["type"], list) else [rule["type"]]
        wanted = " or ".join(_KINDS[kind] for kind in kinds)
        hint = "; write it in quotes" if isinstance(value, bool) and "string" in kinds else ""
        yield key, f"must be {wanted}, not {_short(value)}{hint}"
    elif error.validator == "enum":
        choices = [str(choice) for choice in rule["enum"]]
        hint = meant(str(value), choices)
        yield key, f"{_short(value)} is none of {', '.join(choices)}{hint}"
    elif error.validator == "format":
        named = "propertyNames" in error.absolute_schema_path
        yield ((*key, str(value)) if named else key), error.message
    elif error.validator in ("pattern", "propertyNames"):
        yield key, f"{_short(value)} does not fit. {_about(schema, key)}"
    else:
        general = f"{error.message[:_MOST]}. {_about(schema, key)}"
        listed = list_fault(value, str(error.validator)) if isinstance(value, list) else None
        yield key, listed or general


def _about(schema: Mapping[str, Any], key: Key) -> str:
    """The schema's description of a key, or of the nearest above it."""
    text, rule = "", schema
    for part in key:
        rule = rule.get("properties", {}).get(part) or rule.get("items", {})
        text = rule.get("description", text)
    return text


# Names that are rows of a table in the code, so that the schema need not repeat them.
_NAMED: dict[Key, Collection[str]] = {
    ("asr", "engine"): recognisers.SPECS,
    ("translation", "engines"): registry.SPECS,
    ("alignment", "aligner"): aligner_table.NAMES,
    ("subtitles", "formats"): deliveries.KINDS,
    ("mux", "sidecars"): deliveries.KINDS,
}


def _names(config: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Faults of the names of engines and formats."""
    for key, known in _NAMED.items():
        value: Any = config
        for part in key:
            value = value.get(part, {}) if isinstance(value, Mapping) else {}
        for place, name in [] if value == "auto" else _each(value):
            if isinstance(name, str) and name not in known:
                hint = meant(name, known)
                yield (*key, *place), f"{_short(name)} is none of {', '.join(known)}{hint}"


def _each(value: Any) -> Iterator[tuple[Key, Any]]:
    """The values of a table or a list with their keys, or the one value by itself."""
    if isinstance(value, Mapping):
        yield from (((key,), each) for key, each in value.items())
    elif isinstance(value, list):
        yield from (((number,), each) for number, each in enumerate(value))
    else:
        yield (), value


# The format of a track in the film, by container; None: `mux.track_format` says it.
_TRACKS_IN = {"mkv": None, "mp4": "srt", "webm": "vtt"}


def track_format(config: Mapping[str, Any]) -> str:
    """The format that the film's tracks are made from: its container's own kind of text."""
    mux = config["mux"]
    return str(_TRACKS_IN[mux["container"]] or mux["track_format"])


def check_formats(config: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Raise Problem where `subtitles.formats` leaves out what other keys need."""
    written = [(path, _tree(path)) for path in files]
    lines = [f"{_place(written, key)}{_dotted(key)}: {text}" for key, text in _left_out(config)]
    if lines:
        raise Problem("\n".join(lines))


def _left_out(config: Mapping[str, Any]) -> Iterator[tuple[Key, str]]:
    """Formats that are left out though other keys need their files."""
    mux, burn_in, subtitles = config["mux"], config["burn_in"], config["subtitles"]
    needs = [(track_format(config), f"mux.container: {mux['container']} makes tracks of it")]
    needs += [(kind, "mux.sidecars puts it beside the film") for kind in mux["sidecars"]]
    needs += [("ass", "burn_in.language draws it")] * (burn_in["language"] != "none")
    needs += [("ass", "subtitles.bilingual is shown in it alone")] * subtitles["bilingual"]
    for kind, why in dict(needs).items():
        if kind not in subtitles["formats"]:
            yield ("subtitles", "formats"), f"{kind} is left out, but {why}; add {kind}"


# Keys of earlier versions, and their present names.
_RENAMED: dict[Key, str] = {
    ("doubts",): "hallucinations",
    ("asr", "latin"): "asr.allow_latin",
    ("subtitles", "changes"): "subtitles.overrides",
}


def _unknown(name: str, known: Iterable[str], key: Key, schema: Mapping[str, Any]) -> str:
    known = list(known)
    if (*key, name) in _RENAMED:
        return f"no such key any more; it is called {_RENAMED[*key, name]} now"
    if not key and not meant(name, known):
        sections = schema["properties"].items()
        homes = [home for home, rule in sections if name in rule.get("properties", {})]
        if homes:
            return f"no such key at the top; indent it below {' or '.join(homes)}"
    every = "" if len(known) > 12 else f"; known are {', '.join(known)}"
    hint = meant(name, known) or every or "; docs/configuration.md has them all"
    return f"no such key{hint}"


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _dotted(key: Key) -> str:
    return ".".join(part for part in key if isinstance(part, str)) or "the configuration"


def _tree(path: Path) -> "Node | None":
    import yaml

    try:
        return yaml.compose(path.read_text("utf-8-sig"), yaml.SafeLoader)
    except (OSError, UnicodeDecodeError, yaml.YAMLError):  # read by another parser, as JSON
        return None


def _place(written: Sequence[tuple[Path, "Node | None"]], key: Key) -> str:
    """The place of a key, as `config/config.yaml, line 3, `, or that of the nearest above it."""
    for depth in range(len(key), 0, -1):
        for path, tree in reversed(written):
            line = _line(tree, key[:depth])
            if line is not None:
                return f"{path}, line {line}, "
    return "" if written and not key else "command line, "


def _line(tree: "Node | None", key: Key) -> int | None:
    import yaml

    line, node = None, tree
    for part in key:
        if isinstance(node, yaml.MappingNode):
            rows = {name.value: (name, value) for name, value in node.value}
            if str(part) not in rows:
                return None
            name, node = rows[str(part)]
            line = name.start_mark.line + 1
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            if part >= len(node.value):
                return None
            node = node.value[part]
            line = node.start_mark.line + 1
        else:
            return None
    return line


def _twice(tree: "Node", path: Path, above: str = "") -> Iterator[str]:
    """Report duplicate keys: YAML silently takes the last of them."""
    import yaml

    if not isinstance(tree, yaml.MappingNode):
        return
    lines: dict[str, int] = {}
    for name, value in tree.value:
        key, line = f"{above}{name.value}", name.start_mark.line + 1
        if key in lines:
            first = f"is already in line {lines[key]}"
            yield f"{path}, line {line}, {key}: {first}; put both together"
        lines[key] = line
        yield from _twice(value, path, f"{key}.")


def check(config: Mapping[str, Any], schema: Path, files: Sequence[Path]) -> None:
    """Raise Problem with a line for each fault of the configuration."""
    lines = faults(config, json.loads(schema.read_text("utf-8")), files)
    if lines:
        raise Problem("\n".join(lines))


def load(files: Sequence[Path]) -> dict[str, Any]:
    """The configuration of these files, with defaults, for commands that need no workflow; a later
    file takes precedence, key by key. Raises Problem with a line for each fault."""
    import yaml

    merged: dict[str, Any] = {}
    for path in files:
        if unreadable := no_mapping(path):
            raise Problem(unreadable)
        _update(merged, yaml.safe_load(path.read_text("utf-8-sig")))
    check(merged, SCHEMA, files)
    whole: dict[str, Any] = at_home(_filled(merged, json.loads(SCHEMA.read_text("utf-8"))))
    return whole


def _update(whole: dict[str, Any], part: Mapping[str, Any]) -> None:
    for key, value in part.items():
        if isinstance(value, Mapping) and isinstance(whole.get(key), dict):
            _update(whole[key], value)
        else:
            whole[key] = value


def _filled(value: Any, rule: Mapping[str, Any]) -> Any:
    """A value with the schema's defaults where it, or what is below it, is not given."""
    if "properties" not in rule:
        return rule["default"] if value is None else value
    given = value or {}
    return {key: _filled(given.get(key), sub) for key, sub in rule["properties"].items()}
