"""Who speaks when: segmentation, embeddings, clustering, attribution to words."""
