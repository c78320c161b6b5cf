from snakemake.iocontainers import Wildcards


def needed_models():
    """The models that the configuration asks for, and those that the films' languages need."""
    sections = ["sound_events", "vad", "asr"]
    if config["separation"]["when"] != "never":
        sections.append("separation")
    pairs = [
        (j, t) for j in FILMS for t in FILMS[j].target_languages if not is_spoken(j, t)
    ]
    translators = {
        translator_of(Wildcards(fromdict={"job": j, "lang": t})) for j, t in pairs
    }
    found = {config[s]["model"] for s in sections} | set(alignment_models())
    return sorted(name for name in found | translators - {None} if model_files(name))


def alignment_models():
    """The models that words may be timed by, beside the recogniser's own."""
    return sorted(set(config["alignment"]["models"].values()))


rule model:
    """Bring a model into the store. Jobs that want the same one share this rule's single run."""
    output:
        inventory="models/{model}/model.json",
    log:
        manifest="models/{model}/manifest.json",
        text="models/{model}/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        model=lambda wildcards: MODELS[wildcards.model],
        code=code("models.py"),
    message:
        "bringing the model {wildcards.model}"
    script:
        "../scripts/models.py"
