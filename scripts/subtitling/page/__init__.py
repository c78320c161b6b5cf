"""The film's page: what it says of a film, and how sure it is."""
