"""What the rules ask: films, settings, what a job needs, what is checked before the first job."""
