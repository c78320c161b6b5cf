# Films with a script: what is recognised says where the script's words are.
if SCRIPTS:

    ruleorder: alignment_script > alignment

    if config["asr"]["shards"] > 1:

        ruleorder: alignment_script > alignment_whole > alignment

    use rule alignment as alignment_heard with:
        output:
            transcript="out/{job}/07_alignment/heard/transcript.json",
            text="out/{job}/07_alignment/heard/transcript.txt",
        log:
            manifest="out/{job}/07_alignment/heard/manifest.json",
            text="out/{job}/07_alignment/heard/stage.log",
        wildcard_constraints:
            job=jobs_pattern(SCRIPTS),

    rule alignment_script:
        """Time the words of the script."""
        input:
            sound=DIALOGUE_RECORD,
            audio=DIALOGUE,
            speech=rules.pyannote_vad.output.speech,
            text=rules.text_load.output.text,
            transcript=rules.alignment_heard.output.transcript,
            model=lambda wildcards: inventory(recogniser_of(wildcards)),
            models=[inventory(name) for name in alignment_models()],
        output:
            transcript="out/{job}/07_alignment/transcript.json",
            text="out/{job}/07_alignment/transcript.txt",
        log:
            manifest="out/{job}/07_alignment/manifest.json",
            text="out/{job}/07_alignment/stage.log",
        wildcard_constraints:
            job=jobs_pattern(SCRIPTS),
        conda:
            "../envs/whisperx.yaml"
        threads: 4
        resources:
            mem_mb=memory("alignment"),
            runtime=runtime("alignment"),
            gpu=1 if config["device"] == "cuda" else 0,
            attempt=lambda wildcards, attempt: attempt,
        params:
            engine=engine_of_words,
            model=lambda wildcards: model_files(recogniser_of(wildcards)),
            asr=asr_options,
            options=config["alignment"],
            models=[model_files(name) for name in alignment_models()],
            device=config["device"],
            code=code("07_alignment_script.py"),
        message:
            "{wildcards.job}: timing the script's words"
        script:
            "../scripts/07_alignment_script.py"


# Films whose text has times: no recogniser is needed.
if TIMED:

    ruleorder: alignment_text > alignment

    if config["asr"]["shards"] > 1:

        ruleorder: alignment_text > alignment_whole > alignment

    rule alignment_text:
        """Time the words of the text."""
        input:
            sound=DIALOGUE_RECORD,
            audio=DIALOGUE,
            speech=rules.pyannote_vad.output.speech,
            transcript=rules.asr_text.output.transcript,
            models=[inventory(name) for name in alignment_models()],
        output:
            transcript="out/{job}/07_alignment/transcript.json",
            text="out/{job}/07_alignment/transcript.txt",
        log:
            manifest="out/{job}/07_alignment/manifest.json",
            text="out/{job}/07_alignment/stage.log",
        wildcard_constraints:
            job=jobs_pattern(TIMED),
        conda:
            "../envs/whisperx.yaml"
        threads: 4
        resources:
            mem_mb=memory("alignment"),
            runtime=runtime("alignment"),
            gpu=1 if config["device"] == "cuda" else 0,
        params:
            spoken=lambda wildcards: TEXTS[wildcards.job].kind == texts.SPOKEN,
            options=config["alignment"],
            models=[model_files(name) for name in alignment_models()],
            device=config["device"],
            code=code("07_alignment_text.py"),
        message:
            "{wildcards.job}: timing the text's words"
        script:
            "../scripts/07_alignment_text.py"
