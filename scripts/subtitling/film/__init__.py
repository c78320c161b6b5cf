"""Film data: sidecars, TMDB, glossary."""
