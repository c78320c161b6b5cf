rule alignment:
    """Time every word."""
    input:
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        speech=rules.pyannote_vad.output.speech,
        events=rules.sound_events.output.events,
        glossary=rules.glossary_load.output.glossary,
        transcript=rules.asr.output.transcript,
        model=lambda wildcards: inventory(recogniser_of(wildcards)),
        models=[inventory(name) for name in alignment_models()],
        second=second_ear_of,
    output:
        transcript="out/{job}/07_alignment/transcript.json",
        text="out/{job}/07_alignment/transcript.txt",
    log:
        manifest="out/{job}/07_alignment/manifest.json",
        text="out/{job}/07_alignment/stage.log",
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
        second_hearing=config["second_hearing"],
        second_ear=second_ear_for,
        hallucinations=config["hallucinations"],
        models=[model_files(name) for name in alignment_models()],
        device=config["device"],
        code=code("07_alignment.py"),
    message:
        "{wildcards.job}: timing words"
    script:
        "../scripts/07_alignment.py"
