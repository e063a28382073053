"""How likely two accounts are one person: mathematics without Django.

The model is Fellegi and Sunter's (*A Theory for Record Linkage*, JASA 1969): each trait that two accounts share or do
not share is so many bits of evidence. How often traits differ within one person is learned by EM from the pairs
themselves (Winkler 1988), how often they agree by chance from pairs drawn at random, and an agreement on something rare
weighs more than one on something common.
"""
