"""Local stand-ins for Gorgias and the loyalty platforms: real HTTP servers on this machine only.

`python -m sandbox --members N --customers M --seed S --platforms rivo,smile` starts them in one
process and prints one JSON line with addresses and credentials once all listen.

The same seed, sizes and day give the same people, tickets and ledger. A person is computed from its
number whenever it is asked for; only what a caller changed is kept.

`--speed X` makes sandbox time run X times as fast as real time: windows, token lives, cursor lives,
delays and delivery waits all shrink by X. `Retry-After` stays in sandbox seconds, a whole number
as documented, so a client that scales its waits by the same setting divides it by X.
"""
