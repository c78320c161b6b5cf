# One film on many machines: the voices of its pieces in shards, each a job of its own.
if config["shards"] > 1:

    ruleorder: source_separation_whole > source_separation

    use rule source_separation as source_separation_shard with:
        output:
            voices="out/{job}/04_source_separation/{shard}/voices.f32",
        log:
            manifest="out/{job}/04_source_separation/{shard}/manifest.json",
            text="out/{job}/04_source_separation/{shard}/stage.log",
        message:
            "{wildcards.job}: separating voices and music, {wildcards.shard}"

    rule source_separation_whole:
        """Write the sound with the voices that the shards have separated."""
        input:
            media=rules.demux.output.media,
            audio=ancient(rules.demux.output.audio),
            events=rules.sound_events.output.events,
            shards=[
                f"out/{{job}}/04_source_separation/{shard}/voices.f32"
                for shard in shards.names(config["shards"])
            ],
        output:
            vocals="out/{job}/04_source_separation/vocals.flac",
            accompaniment="out/{job}/04_source_separation/accompaniment.flac",
            dialogue="out/{job}/04_source_separation/dialogue.flac",
            separation="out/{job}/04_source_separation/separation.json",
        log:
            manifest="out/{job}/04_source_separation/manifest.json",
            text="out/{job}/04_source_separation/stage.log",
        conda:
            "../envs/whisperx.yaml"
        resources:
            mem_mb=memory("source_separation_whole"),
            runtime=runtime("source_separation_whole"),
        params:
            model=lambda wildcards: model_files(separation_of(wildcards)),
            options=options("separation", separation.SeparationOptions),
            code=code("04_source_separation_whole.py"),
        message:
            "{wildcards.job}: putting voices and music together"
        script:
            "../scripts/04_source_separation_whole.py"
