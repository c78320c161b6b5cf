"""What sounds when: speech, singing, music, applause; and the stems of a mix."""
