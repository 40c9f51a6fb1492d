"""The office profiles that come with the product, as TOML files; `appliance/office.py` reads them."""
