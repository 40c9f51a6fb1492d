"""Reports for the office: what a day, a month, a quarter or a year of visits looked like.

`periods` says which days, `figures` counts them in the database, `small_cells` and `published` decide what
may leave the office, `sheets` puts it all into tables with words, and `csv_file` and `xlsx_file` write those.
"""
