# One film on many machines: its speech in shards, each a job of its own.
if config["asr"]["shards"] > 1:

    ruleorder: asr_whole > asr

    use rule asr as asr_shard with:
        output:
            transcript="out/{job}/06_asr/{shard}/transcript.json",
        log:
            manifest="out/{job}/06_asr/{shard}/manifest.json",
            text="out/{job}/06_asr/{shard}/stage.log",
        message:
            "{wildcards.job}: recognising words, {wildcards.shard}"

    rule asr_whole:
        """Merge the shards' transcripts."""
        input:
            shards=[
                f"out/{{job}}/06_asr/{shard}/transcript.json"
                for shard in shards.names(config["asr"]["shards"])
            ],
        output:
            transcript="out/{job}/06_asr/transcript.json",
        log:
            manifest="out/{job}/06_asr/manifest.json",
            text="out/{job}/06_asr/stage.log",
        localrule: True
        conda:
            "../envs/whisperx.yaml"
        params:
            language=lambda wildcards: heard_in(wildcards.job),
            code=code("06_asr_whole.py"),
        message:
            "{wildcards.job}: putting the words together"
        script:
            "../scripts/06_asr_whole.py"
