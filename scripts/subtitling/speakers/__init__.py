"""Speaker diarization: segmentation, embeddings, clustering, attribution to words."""
