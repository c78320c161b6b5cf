# One film on many machines: its words' times in as many shards as their recognition.
if config["asr"]["shards"] > 1:

    ruleorder: alignment_whole > alignment

    use rule alignment as alignment_shard with:
        output:
            transcript="out/{job}/07_alignment/{shard}/transcript.json",
            text="out/{job}/07_alignment/{shard}/transcript.txt",
        log:
            manifest="out/{job}/07_alignment/{shard}/manifest.json",
            text="out/{job}/07_alignment/{shard}/stage.log",
        message:
            "{wildcards.job}: timing words, {wildcards.shard}"

    rule alignment_whole:
        """Merge the shards' words."""
        input:
            shards=[
                f"out/{{job}}/07_alignment/{shard}/transcript.json"
                for shard in shards.names(config["asr"]["shards"])
            ],
        output:
            transcript="out/{job}/07_alignment/transcript.json",
            text="out/{job}/07_alignment/transcript.txt",
        log:
            manifest="out/{job}/07_alignment/manifest.json",
            text="out/{job}/07_alignment/stage.log",
        localrule: True
        conda:
            "../envs/whisperx.yaml"
        params:
            code=code("07_alignment_whole.py"),
        message:
            "{wildcards.job}: putting the words together"
        script:
            "../scripts/07_alignment_whole.py"
