"""The film again: its streams copied, our tracks added, subtitles drawn into the picture."""
