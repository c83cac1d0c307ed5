"""The only package that runs git: look-ups, mirrors, and commits read without a checkout."""
