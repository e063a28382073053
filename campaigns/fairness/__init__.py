"""Draws that anybody can check: what is promised, what each draw is made of, and how records hang together.

Before a lottery starts, its terms and the SHA-256 of a secret seed are published (a commitment, as in Blum, "Coin
flipping by telephone", 1983). Each draw is HMAC-SHA256(seed; campaign, entrant, turn, nonce), so that the operator
cannot choose it after the fact, and the entrant's nonce not foresee it. Each record holds the hash of the one before
(Haber and Stornetta, "How to time-stamp a digital document", 1991). Afterwards the seed is published, and everybody
can compute every draw again, with `static/fairness/verify_draws.py` or on the page of the proof.
"""
