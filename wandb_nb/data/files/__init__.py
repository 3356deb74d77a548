"""Media that are one file each: sound, video, HTML, 3D objects, molecules, figures and graphs.

Images are in `data.images`, tables in `data.tables`.
"""
