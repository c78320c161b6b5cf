"""Subtitle files, a module for each format.

To add a format: 1. a module with a class of `base.Format` and a `FORMAT` of it; 2. a row in
`subtitle_files.FORMATS`. Every track is then written in it, recorded and read again, where
`subtitles.formats` names it; a person's edit may be in it.

A format that is delivered and not edited is a class of `delivery.Delivery` and a row in
`deliveries.DELIVERIES`.
"""
