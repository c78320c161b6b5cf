# One film on many machines: its sentences in shards, each a job of its own.
if config["translation"]["shards"] > 1:

    ruleorder: translation_whole > translation

    use rule translation as translation_shard with:
        output:
            answers="out/{job}/08_translation/{lang}/{shard}/answers.json",
        log:
            manifest="out/{job}/08_translation/{lang}/{shard}/manifest.json",
            text="out/{job}/08_translation/{lang}/{shard}/stage.log",
        message:
            "{wildcards.job}: translating to {wildcards.lang}, {wildcards.shard}"

    rule translation_whole:
        """Merge the shards' translations, and measure them as a whole."""
        input:
            unpack(speakers_input),
            unpack(spoken_words),
            transcript=words_to_translate,
            lyrics=rules.lyrics_detection.output.lyrics,
            glossary=rules.glossary_load.output.glossary,
            shards=[
                f"out/{{job}}/08_translation/{{lang}}/{shard}/answers.json"
                for shard in shards.names(config["translation"]["shards"])
            ],
        output:
            transcript="out/{job}/08_translation/{lang}/transcript.json",
            text="out/{job}/08_translation/{lang}/transcript.txt",
            pairs="out/{job}/08_translation/{lang}/pairs.tsv",
            metrics="out/{job}/08_translation/{lang}/metrics.json",
        log:
            manifest="out/{job}/08_translation/{lang}/manifest.json",
            text="out/{job}/08_translation/{lang}/stage.log",
        localrule: True
        conda:
            "../envs/whisperx.yaml"
        params:
            engine=engine,
            through=through_of,
            beside=engines_beside,
            sentences=config["sentences"],
            failed_try=failed_try,
            alone=ALONE,
            code=code("08_translation_whole.py"),
        message:
            "{wildcards.job}: putting the translation to {wildcards.lang} together"
        script:
            "../scripts/08_translation_whole.py"
