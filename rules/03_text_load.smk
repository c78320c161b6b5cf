# The text that a film begins from, where one is at hand.
if TEXTS:

    rule text_load:
        """Read the text that is at hand."""
        input:
            unpack(text_inputs),
        output:
            text="out/{job}/03_text_load/text.json",
        log:
            manifest="out/{job}/03_text_load/manifest.json",
            text="out/{job}/03_text_load/stage.log",
        wildcard_constraints:
            job=jobs_pattern(TEXTS),
        # Before all that takes long, since a text may be refused.
        priority: 1
        conda:
            "../envs/whisperx.yaml"
        resources:
            mem_mb=memory("text_load"),
            runtime=runtime("text_load"),
        params:
            track=lambda wildcards: TEXTS[wildcards.job].track,
            language=lambda wildcards: TEXTS[wildcards.job].language,
            identity=identity_of_text,
            limits=config["limits"],
            code=code("03_text_load.py"),
        message:
            "{wildcards.job}: reading the text at hand"
        script:
            "../scripts/03_text_load.py"
