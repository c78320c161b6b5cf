rule translation:
    """Translate the transcript's sentences into one language."""
    input:
        unpack(extras_of_translation),
        transcript=words_to_translate,
        lyrics=rules.lyrics_detection.output.lyrics,
        glossary=rules.glossary_load.output.glossary,
    output:
        transcript="out/{job}/08_translation/{lang}/transcript.json",
        text="out/{job}/08_translation/{lang}/transcript.txt",
        pairs="out/{job}/08_translation/{lang}/pairs.tsv",
        metrics="out/{job}/08_translation/{lang}/metrics.json",
    log:
        manifest="out/{job}/08_translation/{lang}/manifest.json",
        text="out/{job}/08_translation/{lang}/stage.log",
    # A language whose tries all die, as for lack of memory, is given up; the others are still made.
    retries: earlier.DEATHS
    conda:
        translator_environment
    envmodules:
        "sutradhar",
    threads: lambda wildcards: engine_spec(wildcards).threads
    resources:
        mem_mb=memory("translation"),
        runtime=runtime("translation"),
        gpu=lambda wildcards: int(
            config["device"] == "cuda" and engine_spec(wildcards).uses_gpu
        ),
    params:
        engine=engine,
        through=through_of,
        model=translator_files,
        reverse_model=reverse_files,
        settings=translator_settings,
        quality=reason_for("translation"),
        beside=engines_beside,
        options=options("translation", TranslationOptions),
        sentences=config["sentences"],
        names=config["names"],
        device=config["device"],
        failed_try=failed_try,
        alone=ALONE,
        code=code("08_translation.py"),
    message:
        "{wildcards.job}: translating to {wildcards.lang}"
    script:
        "../scripts/08_translation.py"


rule translation_refused:
    """Fail for a language that no engine translates the film into, while the others are made."""
    output:
        never="out/{job}/08_translation_refused/{lang}/never",
    log:
        manifest="out/{job}/08_translation_refused/{lang}/manifest.json",
        text="out/{job}/08_translation_refused/{lang}/stage.log",
    localrule: True
    conda:
        "../envs/whisperx.yaml"
    params:
        why=refused,
        code=code("08_translation_refused.py"),
    message:
        "{wildcards.job}: no {wildcards.lang} subtitles"
    script:
        "../scripts/08_translation_refused.py"
