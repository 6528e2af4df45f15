"""An export as a dataset: a folder that `datasets.load_dataset` and the Hugging Face hub read as it is.

`splits` says which rows go together and where, `folder` writes the files, `card` the README.md beside them, `hub`
uploads the folder, and only where that was asked for.
"""
