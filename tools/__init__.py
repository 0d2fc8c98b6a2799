"""Programs for developers; never part of the image."""
