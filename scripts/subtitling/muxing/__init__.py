"""The final film: the film's streams copied, the new tracks added; subtitles drawn into the
picture."""
