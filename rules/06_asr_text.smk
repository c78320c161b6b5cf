# Films whose text has times: nothing is recognised, and no recogniser is needed.
if TIMED:

    ruleorder: asr_text > asr

    if config["asr"]["shards"] > 1:

        ruleorder: asr_text > asr_whole > asr

    rule asr_text:
        """Take the words from the text at hand."""
        input:
            text=rules.text_load.output.text,
            speech=rules.pyannote_vad.output.speech,
            media=rules.demux.output.media,
            sound=DIALOGUE_RECORD,
            audio=DIALOGUE,
        output:
            transcript="out/{job}/06_asr/transcript.json",
        log:
            manifest="out/{job}/06_asr/manifest.json",
            text="out/{job}/06_asr/stage.log",
        wildcard_constraints:
            job=jobs_pattern(TIMED),
        conda:
            "../envs/whisperx.yaml"
        resources:
            mem_mb=memory("text_fit"),
            runtime=runtime("text_fit"),
        params:
            language=lambda wildcards: heard_in(wildcards.job),
            times=config["text"]["times"],
            code=code("06_asr_text.py"),
        message:
            "{wildcards.job}: finding the text in the sound"
        script:
            "../scripts/06_asr_text.py"
