"""Text divided into sentences, as it arrives or whole."""

from dora_mlx_tts.text.sentences.scanner import ScannerOptions, Sentence, SentenceScanner

__all__ = ["ScannerOptions", "Sentence", "SentenceScanner"]
