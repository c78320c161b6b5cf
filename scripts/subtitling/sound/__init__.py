"""Detection of speech, singing, music and applause; and the stems of a mix."""
