rule second_ear:
    """Recognise the words once more. In the graph only where `asr.second_ear` names a model."""
    input:
        sound=DIALOGUE_RECORD,
        audio=DIALOGUE,
        speech=rules.pyannote_vad.output.speech,
        events=rules.sound_events.output.events,
        glossary=rules.glossary_load.output.glossary,
        transcript=rules.asr.output.transcript,
        model=lambda wildcards: inventory(second_ear_for(wildcards)[1]),
    output:
        transcript="out/{job}/06_second_ear/transcript.json",
    log:
        manifest="out/{job}/06_second_ear/manifest.json",
        text="out/{job}/06_second_ear/stage.log",
    conda:
        "../envs/whisperx.yaml"
    threads: 4
    resources:
        mem_mb=memory("second_ear"),
        runtime=runtime("second_ear"),
        gpu=1 if config["device"] == "cuda" else 0,
        attempt=lambda wildcards, attempt: attempt,
    params:
        engine=lambda wildcards: second_ear_for(wildcards)[0],
        model=lambda wildcards: model_files(second_ear_for(wildcards)[1]),
        options=asr_options,
        hallucinations=config["hallucinations"],
        device=config["device"],
        code=code("06_second_ear.py"),
    message:
        "{wildcards.job}: listening with the second ear"
    script:
        "../scripts/06_second_ear.py"
