# One film on many machines: what the networks hear of it in shards, each a job of its own.
if config["shards"] > 1:

    ruleorder: sound_events_whole > sound_events

    use rule sound_events as sound_events_shard with:
        output:
            heard="out/{job}/04_sound_events/{shard}/heard.npz",
        log:
            manifest="out/{job}/04_sound_events/{shard}/manifest.json",
            text="out/{job}/04_sound_events/{shard}/stage.log",
        params:
            options=None,  # those of the decision
        message:
            "{wildcards.job}: detecting speech, singing and music, {wildcards.shard}"

    rule sound_events_whole:
        """Decide where speech, singing and music are, by what the shards have heard."""
        input:
            media=rules.demux.output.media,
            shards=[
                f"out/{{job}}/04_sound_events/{shard}/heard.npz"
                for shard in shards.names(config["shards"])
            ],
        output:
            events="out/{job}/04_sound_events/events.json",
        log:
            manifest="out/{job}/04_sound_events/manifest.json",
            text="out/{job}/04_sound_events/stage.log",
        localrule: True
        conda:
            "../envs/whisperx.yaml"
        params:
            options=options("sound_events", events.EventOptions),
            code=code("04_sound_events_whole.py"),
        message:
            "{wildcards.job}: deciding where speech, singing and music are"
        script:
            "../scripts/04_sound_events_whole.py"
