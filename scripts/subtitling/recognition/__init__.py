"""From sound to words: recognition, its guards against invented text, names, scripts."""
