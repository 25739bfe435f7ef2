"""The campaign of mutated files: every format that collections are read from, damaged as chance does it.

`python -m tests.campaign` runs it (`make campaign`); `tests/test_campaign.py` is its short form.
"""
