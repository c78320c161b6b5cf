# One film on many machines: what the networks hear of it in shards, each a job of its own.
if config["shards"] > 1:

    ruleorder: pyannote_vad_whole > pyannote_vad

    use rule pyannote_vad as pyannote_vad_shard with:
        input:
            sound=DIALOGUE_RECORD,
            audio=DIALOGUE,
            models=[inventory(name) for name in EARS],
        output:
            heard="out/{job}/05_pyannote_vad/{shard}/heard.npz",
        log:
            manifest="out/{job}/05_pyannote_vad/{shard}/manifest.json",
            text="out/{job}/05_pyannote_vad/{shard}/stage.log",
        params:
            options=None,  # those of the decision
        message:
            "{wildcards.job}: finding speech, {wildcards.shard}"

    rule pyannote_vad_whole:
        """Decide where speech is, by what the shards have heard."""
        input:
            unpack(speech_events),
            sound=DIALOGUE_RECORD,
            audio=DIALOGUE,
            shards=[
                f"out/{{job}}/05_pyannote_vad/{shard}/heard.npz"
                for shard in shards.names(config["shards"])
            ],
        output:
            speech="out/{job}/05_pyannote_vad/speech.json",
        log:
            manifest="out/{job}/05_pyannote_vad/manifest.json",
            text="out/{job}/05_pyannote_vad/stage.log",
        conda:
            "../envs/whisperx.yaml"
        resources:
            mem_mb=memory("pyannote_vad_whole"),
            runtime=runtime("pyannote_vad_whole"),
        params:
            models=[model_files(name) for name in EARS],
            options=options("vad", vad.VadOptions),
            separate=config["demux"]["channels"] == "separate",
            code=code("05_pyannote_vad_whole.py"),
        message:
            "{wildcards.job}: deciding where speech is"
        script:
            "../scripts/05_pyannote_vad_whole.py"
