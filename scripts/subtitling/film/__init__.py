"""Which film it is: sidecars, TMDB, glossary."""
