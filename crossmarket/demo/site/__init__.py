"""A demo partner's web site: a stranger to CrossMarket that speaks to it over HTTP only, with keys like anyone's.

It touches no database. Its catalogue is a file of its own, its visitors are the personas of the demo notes.
"""
