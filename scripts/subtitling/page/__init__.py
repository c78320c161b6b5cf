"""The film's page: its data, its charts, and the grade of a track's reliability."""
