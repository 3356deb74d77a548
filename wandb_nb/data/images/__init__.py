"""`Image` and what belongs to it: pixels as bytes, masks, boxes and class labels.

Other kinds of media files are in `data.files`.
"""
