"""Input functions of the rules: the files that a stage reads, by job and language."""

import hashlib
import json
from functools import cache

from snakemake.iocontainers import Wildcards


def made(rule, output, **wildcards):
    """The path of a rule's output. Outputs that are known only to rules further down are asked for
    by this, in functions, which run when all rules are read."""
    return str(getattr(getattr(rules, rule).output, output)).format(**wildcards)


def media_of(wildcards):
    """The film's own file. Its content counts, through the fingerprint, not its time stamp."""
    return ancient(film(wildcards.job).media)


def fingerprint_of(wildcards):
    """Content identity of the film, so that another film under the same name is noticed."""
    return identity.fingerprint(film(wildcards.job).media)


def film_row(wildcards):
    """The film's data in the job's row."""
    row = film(wildcards.job)
    return {"title": row.title, "year": row.year, "tmdb_id": row.tmdb_id}


def sidecar_of(wildcards):
    """The file beside the film that describes it, if there is one."""
    path = sidecars.sidecar(film(wildcards.job).media)
    return {"sidecar": ancient(str(path))} if path else {}


# Files that a person edits are inputs by content: their checksums are parameters, their time stamps
# do not count. No function of parameters takes `input`: Snakemake would not record what it returns.
def checksums(paths):
    """Checksums of files that a person edits, so that an edit counts and a touch does not."""
    return [lineage.sha256(path) for path in paths]


def checksum_of_sidecar(wildcards):
    """Checksum of the file that describes the film, if there is one."""
    path = sidecars.sidecar(film(wildcards.job).media)
    return lineage.sha256(path) if path else None


def edited(job, lang):
    """The track that a person has corrected and the exported cues it was based on, if any. Raises
    Problem where it is in a format that is left out."""
    track, base = edits.find(config["subtitles"]["edits"], job, lang)
    kind = track.suffix[1:].lower() if track else None
    if track and kind not in config["subtitles"]["formats"]:
        raise lineage.Problem(
            f"{track}: subtitles.formats has no {kind}: add it, or move the file away"
        )
    return track, base


def edit_of(wildcards):
    """The corrected track of a job and what it was based on."""
    try:
        return edited(wildcards.job, wildcards.lang)
    except lineage.Problem as problem:
        raise WorkflowError(str(problem)) from None


def review_of(wildcards):
    """The desk's review of a corrected track, if there are both."""
    folder = config["subtitles"]["edits"]
    track, _ = edit_of(wildcards)
    return track and edits.review(folder, wildcards.job, wildcards.lang)


def checksums_of_edit(wildcards):
    """Checksums of a corrected track and of what is beside it."""
    beside = (*edit_of(wildcards), review_of(wildcards))
    return checksums(path for path in beside if path)


def text_inputs(wildcards):
    """The text that a film begins from: a file, or the film that has it as a track."""
    text = TEXTS[wildcards.job]
    if text.path:
        return {"text": ancient(text.path)}
    media = made("demux", "media", job=wildcards.job)
    return {"film": media_of(wildcards), "media": media}


def identity_of_text(wildcards):
    """Checksum of that file, or the film's fingerprint."""
    text = TEXTS[wildcards.job]
    return lineage.sha256(text.path) if text.path else fingerprint_of(wildcards)


# From where Snakemake runs: another workflow may use this one as a module.
OWN_GLOSSARIES = [os.path.relpath(ROOT / "config" / "glossary" / "hinglish.tsv")]


def own_glossaries():
    """The project's tables of terms, where they are wanted."""
    return OWN_GLOSSARIES if config["glossary"]["hinglish"] else []


def glossaries():
    """Tables of terms: the user's, by rank, then the project's."""
    return [*config["glossary"]["files"], *own_glossaries()]


def terms_of(wildcards):
    """Digest of the terms of the user's tables for a film: a note in them or a row for another film
    is no reason to run again."""
    try:
        tables = [
            glossary.table_rows(path, wildcards.job)
            for path in config["glossary"]["files"]
        ]
    except lineage.Problem as problem:
        raise WorkflowError(str(problem)) from None
    text = json.dumps(tables, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def no_track(job, track):
    """Why a track of a film can't be made; None where it can."""
    try:
        if not is_spoken(job, track):
            words = romanization.base(track)
            translator_files(Wildcards(fromdict={"job": job, "lang": words}))
    except WorkflowError as error:
        return str(error)
    return None


@cache
def impossible(job):
    """The tracks of a film that can't be made, each with the reason: they fail alone."""
    reasons = {track: no_track(job, track) for track in wanted_tracks(job)}
    return {track: why for track, why in reasons.items() if why}


def languages_of(job):
    """The languages in which a film's tracks can be made, in order."""
    return [t for t in film(job).target_languages if t not in impossible(job)]


def translated_into(job):
    """The tags that a film's words are translated into, in order: those of which its tracks show
    the words."""
    tracks = [track for track in tracks_of(job) if not is_spoken(job, track)]
    return list(dict.fromkeys(map(romanization.base, tracks)))


def refused(wildcards):
    """Why the film can't be translated into this language."""
    return impossible(wildcards.job)[wildcards.lang]


def through_english(job):
    """The languages of a film that are translated in two steps, through English."""
    some = [
        Wildcards(fromdict={"job": job, "lang": lang}) for lang in translated_into(job)
    ]
    return [each.lang for each in some if route(each).through]


def through_of(wildcards):
    """The language that a translation into this one goes through, if it does."""
    return routes.ENGLISH if route(wildcards).through else None


# Where one language fails, a hook ends the run with an error at its end. A workflow that has these
# rules as a module has no such hook: there the job itself fails, and the film is not muxed.
ALONE = workflow.modifier.is_main_snakefile()


def failed_try_of_track(wildcards):
    """When the last try of a track failed: a stage that ends in a failure is tried again."""
    return earlier.failed_try(
        Path("out", wildcards.job, "09_subtitle_gen", wildcards.lang)
    )


def failed_try(wildcards):
    """The same for a translation."""
    place = f"by-{wildcards.model}" if "model" in wildcards.keys() else wildcards.lang
    shard = [wildcards.shard] if "shard" in wildcards.keys() else []
    return earlier.failed_try(
        Path("out", wildcards.job, "08_translation", place, *shard)
    )


def spoken_words(wildcards):
    """The transcript of the spoken words, where what is translated is a translation already."""
    spoken = made("alignment", "transcript", job=wildcards.job)
    return {"spoken": spoken} if through_of(wildcards) else {}


def words_to_translate(wildcards):
    """The transcript that is translated: of the spoken words, or of their English translation."""
    if through_of(wildcards):
        return made("translation", "transcript", job=wildcards.job, lang=routes.ENGLISH)
    return made("alignment", "transcript", job=wildcards.job)


def translations(job):
    """The transcripts that make up the translation of a job, from its folder."""
    return [
        f"08_translation/{target}/transcript.json" for target in translated_into(job)
    ]


def forced_tracks(job):
    """The tracks of a job that carry the forced flag."""
    return [
        track
        for track in tracks_of(job)
        if track.endswith(languages.FORCED) or track in config["mux"]["forced_tracks"]
    ]


def sidecars_of(job):
    """The tracks that are put beside the film as well: players know the names of no others."""
    own = languages_of(job)
    forced = [lang + languages.FORCED for lang in own]
    return [track for track in tracks_of(job) if track in [*own, *forced]]


# Whether the film's page has its sound.
HEARD = config["audit"]["preview"] == "audio"


def drawn_of(job):
    """The film with burnt-in subtitles, where one is wanted in a language of its tracks."""
    lang = config["burn_in"]["language"]
    if lang not in tracks_of(job):
        return []
    return [made("burn_in", "film", job=job, lang=lang)]


@cache
def outputs_of(rule):
    """The outputs of a rule, with its wildcards."""
    return tuple(map(str, getattr(rules, rule).output))


@cache
def record_of(rule):
    """The manifest and the log of a rule, with its wildcards."""
    return tuple(map(str, getattr(rules, rule).log))


def several(number):
    """The names of a film's shards; none where it is not split into shards."""
    return shards.names(number) if number > 1 else []


def stages_before_mux(job):
    """The stages before the mux of a film, each as its rule and the rule's wildcards."""
    alone = ["demux", "tmdb", "glossary_load", "sound_events", "pyannote_vad", "asr"]
    alone += ["alignment", "lyrics_detection"]
    alone += ["source_separation"] if SEPARATED else []
    alone += ["shots"] if config["shots"]["enabled"] else []
    alone += ["speakers"] if SPEAKERS else []
    alone += ["second_ear"] if second_ear_hears(job) else []
    alone += ["text_load"] if job in TEXTS else []
    alone += ["alignment_heard"] if job in SCRIPTS else []
    made = [(rule, {}) for rule in alone]
    for shard in several(config["shards"]):
        divided = ["sound_events", "pyannote_vad"] + ["source_separation"] * SEPARATED
        made += [(f"{rule}_shard", {"shard": shard}) for rule in divided]
    sharded = ["asr"] * (job not in TIMED) + ["alignment"] * (job not in TEXTS)
    for shard in several(config["asr"]["shards"]):
        made += [(f"{rule}_shard", {"shard": shard}) for rule in sharded]
    for lang in translated_into(job):
        made.append(("translation", {"lang": lang}))
        if model := shared_by(Wildcards(fromdict={"job": job, "lang": lang})):
            made.append(("translation_shared", {"model": model}))
        for shard in several(config["translation"]["shards"]):
            made.append(("translation_shard", {"lang": lang, "shard": shard}))
    return made + [(rule_of_track(track), {"lang": track}) for track in tracks_of(job)]


def stages_of_page(job):
    """The stages that make the film's page and its sound, where they are wanted."""
    if not config["audit"]["enabled"]:
        return []
    return [(rule, {}) for rule in ("audit", *(["preview"] if HEARD else []))]


def stages_of_films(job):
    """The stages that make the film, and the one with burnt-in subtitles where it is wanted."""
    drawn = [("burn_in", {"lang": config["burn_in"]["language"]})]
    return [("mux", {}), *(drawn if drawn_of(job) else [])]


def lost_by(job, stages):
    """The missing files of stages of a film that was begun, and all files of a stage that has lost
    its manifest or its log. Requested beside the film, they are made again, since Snakemake
    requests no part of a film that exists. Others are not requested: that would cost a fourteenth
    of the planning."""
    lost = []
    for rule, wildcards in stages if Path(f"out/{job}").is_dir() else []:
        made, record = (
            [path.format(job=job, **wildcards) for path in of(rule)]
            for of in (outputs_of, record_of)
        )
        lost += absent(made) or (absent(record) and made)
    return lost


def again(lost):
    """The lost files, as an input. Those that are there, without a record, Snakemake would keep."""
    try:
        snakemake_adapter.make_again(workflow, filter(os.path.isfile, lost))
    except lineage.Problem as problem:
        raise WorkflowError(str(problem)) from None
    return lost


def lost_before_mux(job):
    """What is lost of the film and of all that it is made from."""
    return lost_by(job, stages_before_mux(job) + stages_of_films(job))


def lost_of(job):
    """The same, with the film's page; nothing where no track can be made."""
    if not languages_of(job):
        return []
    return lost_before_mux(job) + lost_by(job, stages_of_page(job))


def lost_behind(words):
    """The words of a command that name a film's file or its page where something is lost that it is
    made from, each with the function that lists that: a film requested by its file is restored like
    one requested by its name."""
    behind = {}
    for word, path in [(word, Path(word)) for word in words]:
        job = "".join(path.parts[1:2])
        if job in FILMS and str(path) in films_of(job):
            behind[word] = (job, lost_before_mux)
        elif job in FILMS and str(path) in pages_of(job):
            behind[word] = (job, lost_of)
    return {word: (job, lost) for word, (job, lost) in behind.items() if lost(job)}


def absent(files):
    """The files that do not exist."""
    return [file for file in files if not Path(file).is_file()]


def films_of(job):
    """The muxed film, and the one with burnt-in subtitles where it is wanted."""
    return [made("mux", "film", job=job), *drawn_of(job)]


def pages_of(job):
    """The film's page and its sound, where they are wanted."""
    if not config["audit"]["enabled"]:
        return []
    heard = ["11_preview/sound.webm"] if HEARD else []
    return [f"out/{job}/{part}" for part in ("11_audit/film.html", *heard)]


def results_of(job):
    """All results of a film in a plain run, with a target that fails for each impossible language,
    so that the run fails too."""
    failing = [
        f"out/{job}/08_translation_refused/{lang}/never" for lang in impossible(job)
    ]
    if not languages_of(job):
        return failing
    return [*films_of(job), *pages_of(job), *failing]


def sound_of_page(wildcards):
    """The sound for the film's page, where it is wanted."""
    if not HEARD:
        return {}
    return {"sound": made("preview", "sound", job=wildcards.job)}


def words_for(wildcards):
    """The transcript whose words a subtitle track shows."""
    if is_spoken(wildcards.job, wildcards.lang):
        return made("alignment", "transcript", job=wildcards.job)
    words = romanization.base(wildcards.lang)
    return made("translation", "transcript", job=wildcards.job, lang=words)


# The models that detect speech, first the one that scores it.
EARS = [
    name
    for name in dict.fromkeys([config["vad"]["model"], *config["vad"]["also"]])
    if name != "sound_events"
]


def speech_events(wildcards):
    """The sound events of step 04, where its speech is used as well."""
    if "sound_events" not in config["vad"]["also"]:
        return {}
    return {"events": made("sound_events", "events", job=wildcards.job)}


NOISES = config["sound_events"]["noises"]
NOISES = None if NOISES == "none" else NOISES


def applause_model(wildcards):
    """The model that detects applause, where one is named."""
    return {"noises": inventory(NOISES)} if NOISES else {}


def voice_models():
    """The models that distinguish speakers: one for voice embeddings and one for segmentation, or a
    pipeline with both."""
    chosen = config["speakers"]
    if pyannote_pipeline.SETTINGS in MODELS.get(chosen["model"], {}).get("files", {}):
        return [chosen["model"]]
    return [chosen["model"], chosen["segmentation"]]


SPEAKERS = config["speakers"]["model"] != "none"


def speakers_of(wildcards):
    """The file of who speaks when, where speakers are wanted."""
    return made("speakers", "speakers", job=wildcards.job) if SPEAKERS else None


def speakers_input(wildcards):
    """The same as an input by name."""
    return {"speakers": speakers_of(wildcards)} if SPEAKERS else {}


def rules_of_track(wildcards):
    """The reading rules of a track's language, and of the language above it in a bilingual track:
    all rules while that is not known."""
    spoken = heard_in(wildcards.job)
    above = [] if not config["subtitles"]["bilingual"] else [spoken]
    if above == ["auto"]:
        return RULES
    return rows(RULES, [languages.written(wildcards.lang), *above])


def names_of_speakers(wildcards):
    """The names of a film's speakers on its tracks, by id, of those that have one. Those who cannot
    hear a voice are told whose it is."""
    shown = config["subtitles"]["speakers"]
    if shown == "none" or shown == "dashes" and not SDH:
        return {}
    return config["speakers"]["names"].get(wildcards.job, {})


def keeps_lines(wildcards):
    """Whether a track keeps the cues and line breaks of the text that its film begins from."""
    job, track = wildcards.job, wildcards.lang
    own = job in TIMED and is_spoken(job, track) and not languages.part(track)
    return own and config["text"]["lines"] == "keep"


def extras_of_subtitles(wildcards):
    """The inputs of a track besides its words, where they exist or are wanted: the track that a
    person has corrected, the exported cues it was based on and the desk's review of it, the
    transcript that was translated, the cuts, the speakers, the sound events and the film's data.
    """
    edit, base = edit_of(wildcards)
    review = review_of(wildcards)
    extras = {
        "edit": edit and ancient(str(edit)),
        "edit_base": base and ancient(str(base)),
        "review": review and ancient(str(review)),
        "spoken": (
            None
            if is_spoken(wildcards.job, wildcards.lang)
            else made("alignment", "transcript", job=wildcards.job)
        ),
        "shots": (
            made("shots", "shots", job=wildcards.job)
            if config["shots"]["enabled"]
            else None
        ),
        "speakers": (
            speakers_of(wildcards)
            if config["subtitles"]["speakers"] != "none"
            else None
        ),
        "events": made("sound_events", "events", job=wildcards.job) if SDH else None,
        "film": made("tmdb", "film", job=wildcards.job) if SDH else None,
        "text": (
            made("text_load", "text", job=wildcards.job)
            if keeps_lines(wildcards)
            else None
        ),
    }
    return {name: path for name, path in extras.items() if path}


SEPARATED = config["separation"]["when"] != "never"


# The sound that is transcribed, and the small file with its checksum that stands for it, so that
# the sound's own time stamp does not count.
DIALOGUE, DIALOGUE_RECORD = (
    (
        ancient("out/{job}/04_source_separation/dialogue.flac"),
        "out/{job}/04_source_separation/separation.json",
    )
    if SEPARATED
    else (ancient("out/{job}/01_demux/audio.flac"), "out/{job}/01_demux/media.json")
)


def languages_sharing(wildcards):
    """The film's languages that a model translates into, in a job that loads it for all of them."""
    targets = []
    for target in translated_into(wildcards.job):
        mine = Wildcards(fromdict={"job": wildcards.job, "lang": target})
        if shared_by(mine) == wildcards.model:
            targets.append(target)
    if not targets:
        raise WorkflowError(
            f"job {wildcards.job}: no job translates with {wildcards.model} into several of its "
            f"languages; ask for one, as out/{wildcards.job}/08_translation/LANG/transcript.txt"
        )
    return targets


def shared_by(wildcards):
    """Name of the model that one job loads for several of the film's languages, this one among
    them; None where the language's own job loads it."""
    alone = (
        config["translation"]["shards"] > 1
        or not config["translation"]["share_model"]
        or wildcards.lang not in translated_into(wildcards.job)
        or route(wildcards).through
        or not engine_spec(wildcards).many_targets
    )
    return None if alone else translator_of(wildcards)


def shared_with_others(wildcards):
    """The answers of that job for this language, where there is such a job. There is one for a
    film's only language too, so that a second one added later leaves the first as it is.
    """
    name = shared_by(wildcards) if "lang" in wildcards.keys() else None
    if name is None:
        return {}
    return {
        "shared": made("translation_shared", "answers", job=wildcards.job, model=name)
    }


def translator_of(wildcards):
    """Name of the model that translates a film into a language; None where the engine has none in
    the store."""
    if "model" in wildcards.keys():
        return wildcards.model
    source = route(wildcards).source
    try:
        made = settings(wildcards.job)
        return engine_spec(wildcards).model(made, source, wildcards.lang)
    except lineage.Problem as problem:
        hint = "; name the film's source_language" if source == "auto" else ""
        raise WorkflowError(f"job {wildcards.job}: {problem}{hint}") from None


def reverse_of(wildcards):
    """Name of the model that translates back, where that is wanted and there is one."""
    if not config["translation"]["round_trip_sentences"]:
        return None
    source, target = route(wildcards).source, target_of(wildcards)
    forth = translator_of(wildcards)
    made = settings(wildcards.job)
    return engine_spec(wildcards).model_back(made, source, target, forth, MODELS)


def translator_files(wildcards):
    """Name and checksums of that model."""
    name = translator_of(wildcards)
    return model_files(name) if name else None


def reverse_files(wildcards):
    """Name and checksums of the model that translates back."""
    name = reverse_of(wildcards)
    return model_files(name) if name else None


def translator_settings(wildcards):
    """The settings that affect the engine's translations."""
    return engine_spec(wildcards).settings(settings(wildcards.job))


@cache
def routes_beside(chosen, source, target):
    """How what is said in other languages than the film's is translated, as far as the models are
    planned: the languages by engine and model. Planned are those of the film's own language, the
    recogniser, and those of the languages that `asr.other_languages` lists. `chosen` is the choice
    by `quality`."""
    usable = made_with(chosen)
    others = usable["asr"]["other_languages"]
    listed = [] if others == "auto" else others
    own = routes.of(usable, source, target)
    planned = {None, usable["asr"]["model"]}
    planned.add(registry.spec(own.engine).model(usable, own.source, target))
    made = {}
    for code in sorted(WHISPER.languages if others == "auto" else listed):
        try:
            way = routes.of(usable, code, target)
            name = registry.spec(way.engine).model(usable, code, target)
        except lineage.Problem:
            continue  # it is shown as spoken
        served = any(
            languages.same_words(code, each) for each in {source, target} - {"auto"}
        )
        if not served and not way.through:
            if name in planned or (code in listed and name in MODELS):
                made.setdefault((way.engine, name), []).append(code)
    return made


def engines_beside(wildcards):
    """The engines for what is said in other languages than the film's, each with its model, its
    settings, and the languages that it serves; the film's own engine is among them."""
    if through_of(wildcards) or wildcards.job in TIMED:
        return []
    chosen, source = choice(wildcards.job), route(wildcards).source
    rows = routes_beside(chosen, source, target_of(wildcards))
    return [
        {
            "engine": name,
            "model": model_files(model) if model else None,
            "settings": registry.spec(name).settings(made_with(chosen)),
            "languages": codes,
        }
        for (name, model), codes in rows.items()
    ]


def models_beside(wildcards):
    """The names of their models in the store."""
    rows = [row["model"] for row in engines_beside(wildcards) if row["model"]]
    return list(dict.fromkeys(row["name"] for row in rows))


def translator_environment(wildcards):
    """Conda's environment of the engine."""
    return str(ROOT / "envs" / f"{engine_spec(wildcards).environment}.yaml")


def extras_of_translation(wildcards):
    """The inputs of an engine besides the transcript: whisper's sound, which it translates, and the
    film's data for an endpoint."""
    name = translator_of(wildcards)
    extras = {"model": inventory(name)} if name else {}
    if back := reverse_of(wildcards):
        extras["reverse_model"] = inventory(back)
    extras |= speakers_input(wildcards) | shared_with_others(wildcards)
    extras["beside"] = [inventory(each) for each in models_beside(wildcards)]
    extras |= spoken_words(wildcards)
    names = [engine(wildcards), *(row["engine"] for row in engines_beside(wildcards))]
    if any(registry.spec(each).by_sound for each in names):
        extras["sound"] = DIALOGUE_RECORD
        extras["audio"] = DIALOGUE
    if engine_spec(wildcards).reads_film:
        extras["film"] = made("tmdb", "film", job=wildcards.job)
    return extras


def song_inputs(wildcards):
    """The separated stems and the model that classifies them, where there are any: songs are also
    detected from the voice alone."""
    if not SEPARATED:
        return {}
    return {
        "separation": made("source_separation", "separation", job=wildcards.job),
        "vocals": ancient(made("source_separation", "vocals", job=wildcards.job)),
        "audio": ancient(made("demux", "audio", job=wildcards.job)),
        "model": inventory(config["sound_events"]["model"]),
    }


def needed_models():
    """The models that the configuration names, and those that the films' languages need. Where
    there is no film yet, a recogniser is among them: the next film may have no text at hand.
    """
    chosen = {job: choice(job) for job in FILMS} or {None: choice_of_next()}
    names = {config["sound_events"]["model"], *EARS, *alignment_models()}
    names |= {each.recogniser for job, each in chosen.items() if job not in TIMED}
    if SEPARATED:
        names |= {each.separation for each in chosen.values()}
    pairs = [(j, t) for j in FILMS for t in translated_into(j)]
    pairs += [(j, routes.ENGLISH) for j in FILMS if through_english(j)]
    asked = [Wildcards(fromdict={"job": j, "lang": t}) for j, t in pairs]
    translators = {of(each) for each in asked for of in (translator_of, reverse_of)}
    translators |= {name for each in asked for name in models_beside(each)}
    ears = [second_ear_beside(each) for job, each in chosen.items() if job not in TEXTS]
    names |= {ear[1] for ear in ears if ear}
    names |= set(voice_models()) if SPEAKERS else set()
    names |= {NOISES} if NOISES else set()
    return sorted(name for name in names | translators - {None} if model_files(name))


def reason_for(what):
    """A parameter that says why a stage has its model, where `quality` chose it. Because the
    function takes `input`, another reason is none to run again."""

    def of(wildcards, input):
        key = what
        if what == "translation":
            key += f" {route(wildcards).source}-{wildcards.lang}"
        pick = choice(wildcards.job).picks.get(key)
        if pick is None:
            return None
        return {"level": pick.level, "what": key, "name": pick.name, "why": pick.why}

    return of


def second_ear_hears(job):
    """Whether the second ear is wanted, is not the first, and knows the film's language as far as
    that is named."""
    if job in TEXTS or job not in FILMS:
        return False
    chosen = choice(job)
    ear = second_ear_beside(chosen)
    if ear is None or ear[1] == chosen.recogniser:
        return False
    return recognisers.knows(*ear, words_in(job))


def one_ear(job):
    """Why a film is heard by one recogniser alone, though two are wanted; None where it is not."""
    ear = second_ear_beside(choice(job))
    if ear is None or job in TEXTS or second_ear_hears(job):
        return None
    name = ear[1]
    if choice(job).recogniser == name:
        return f"{name} is what quality {config['quality']} chose for the first"
    return f"{name} does not know {languages.english_name(words_in(job))}"


def second_ear_of(wildcards):
    """What the second ear heard, where it hears a film."""
    if not second_ear_hears(wildcards.job):
        return []
    return made("second_ear", "transcript", job=wildcards.job)


def alignment_models():
    """The models for the words' times, besides the recogniser."""
    return sorted(set(config["alignment"]["models"].values()))


def muxed_tracks(wildcards):
    """The tracks of a film, in order; a film without any is not muxed."""
    langs = tracks_of(wildcards.job)
    if not langs:
        raise WorkflowError("\n".join(impossible(wildcards.job).values()))
    return [
        f"out/{wildcards.job}/09_subtitle_gen/{lang}/{lang}.{configuration.track_format(config)}"
        for lang in langs
    ]
