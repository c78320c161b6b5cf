"""Code for the rules: films, configuration, jobs' resources, checks before the first job."""
