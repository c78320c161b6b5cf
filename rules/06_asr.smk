rule asr:
    """Recognise the words."""
    input:
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        speech=rules.pyannote_vad.output.speech,
        events=rules.sound_events.output.events,
        glossary=rules.glossary_load.output.glossary,
        model=lambda wildcards: inventory(recogniser_of(wildcards)),
    output:
        transcript="out/{job}/06_asr/transcript.json",
    log:
        manifest="out/{job}/06_asr/manifest.json",
        text="out/{job}/06_asr/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("asr"),
        runtime=runtime("asr"),
        gpu=1 if config["device"] == "cuda" else 0,
        attempt=lambda wildcards, attempt: attempt,
    params:
        engine=engine_of_words,
        model=lambda wildcards: model_files(recogniser_of(wildcards)),
        quality=reason_for("recogniser"),
        options=asr_options,
        hallucinations=config["hallucinations"],
        names=config["names"],
        language=lambda wildcards: heard_in(wildcards.job),
        device=config["device"],
        code=code("06_asr.py"),
    message:
        "{wildcards.job}: recognising words"
    script:
        "../scripts/06_asr.py"
