"""Translate the transcript's sentences into one language."""

from pathlib import Path

import lineage
from subtitling import asr, devices, media, model, sentences, store, text, translate

with lineage.stage(snakemake) as io:
    source = model.load(model.Transcript, io.input.transcript)
    target, engine = io.wildcards.lang, io.params.engine
    asked = sentences.sentences(
        source.words, source.language, sentences.Options(**io.params.sentences)
    )
    texts = {sentence.id: sentence.text for sentence in asked}
    if not asked:
        io.skip("no sentences to translate")
    elif source.language == target:
        io.skip(f"the speech is in {target} already; its own words are used")
    elif engine == "firefox":
        for name, stored in translate.firefox_model(source.language, target).items():
            io.model(name, **stored, precision="int8")
        texts = translate.with_firefox(asked, source.language, target, io.threads, io.progress)
    else:
        stored = store.ready(io.params.model, io.input.model)
        options = asr.Options(**io.params.options)
        whisper = asr.Whisper(
            Path(io.input.model).parent, io.params.device, io.threads, options, io.degrade
        )
        io.model(**vars(stored), precision=whisper.precision)
        if io.params.device == "cuda":
            io.unrepeatable(devices.UNREPEATABLE)
        audio = media.read_speech_audio(io.input.audio)
        io.media_ms(audio.duration_ms)
        texts = translate.with_whisper(whisper, audio, asked, source.language, io.progress)
    texts = {i: text.clean(answer) for i, answer in translate.checked(asked, texts).items()}
    for sentence in asked:
        if not texts[sentence.id]:
            io.log.warning("%s has no translation: %s", sentence.id, sentence.text)
    done = source
    if source.language != target:
        segments = translate.segments(asked, texts, target)
        done = model.Transcript(target, None, "estimated", segments)
    io.note(engine=engine, sentences=len(asked), untranslated=sum(not t for t in texts.values()))
    model.save(done, io.output.transcript)
    model.save_text(done.text, io.output.text)
    model.save_text("".join(f"{s.id}\t{s.text}\t{texts[s.id]}\n" for s in asked), io.output.pairs)
