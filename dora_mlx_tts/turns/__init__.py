"""Who speaks when: texts, their pieces and their conversations, without threads, audio or dora."""
