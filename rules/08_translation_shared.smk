# Languages that one model translates into: one job loads it for all of them.
rule translation_shared:
    """Translate the transcript's sentences into several languages."""
    input:
        unpack(extras_of_translation),
        transcript=rules.alignment.output.transcript,
        lyrics=rules.lyrics_detection.output.lyrics,
        glossary=rules.glossary_load.output.glossary,
    output:
        answers="out/{job}/08_translation/by-{model}/answers.json",
    log:
        manifest="out/{job}/08_translation/by-{model}/manifest.json",
        text="out/{job}/08_translation/by-{model}/stage.log",
    # A language at which two tries break off is left to its own job; the others are kept.
    retries: 2
    conda:
        translator_environment
    envmodules:
        "sutradhar",
    threads: 4
    resources:
        mem_mb=memory("translation"),
        runtime=runtime("translation"),
        gpu=int(config["device"] == "cuda"),
    params:
        # Because this function takes `input`, a change of its result is no reason to run again: a
        # language that is added later has its own job, and the others stay as they are.
        languages=lambda wildcards, input: languages_sharing(wildcards),
        engine=engine,
        model=translator_files,
        reverse_model=reverse_files,
        settings=translator_settings,
        beside=engines_beside,
        options=options("translation", TranslationOptions),
        sentences=config["sentences"],
        names=config["names"],
        device=config["device"],
        failed_try=failed_try,
        alone=ALONE,
        code=code("08_translation_shared.py"),
    message:
        "{wildcards.job}: translating to all languages of {wildcards.model}"
    script:
        "../scripts/08_translation_shared.py"
