"""The three older kinds of patch, pure: a document and a patch in, the new document out."""
