"""Which made-up shop do the demo, the tests and the measurements search?

A German department store with about 2,500 invented products in German and
English. Editors' sentences live in `catalogue/*.toml`; `generate.py` turns
them into a feed, one row a variant, and `shoppers.py` into six histories.
Every row says `made_up: true`; brands are invented but for three sports
brands and the phones that cases fit.
"""
