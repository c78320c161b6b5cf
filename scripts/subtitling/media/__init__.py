"""Opening media: containers, streams, sound, shots, clocks."""
