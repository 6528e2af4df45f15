"""Is a benchmark in it?  Packs of hashed fingerprints, and what a program is compared with them by.

Tiers, cheapest first; each leaves evidence with a score.

| tier | compares | from | rejects |
|---|---|---|---|
| T0 | the source's normal form, its n-grams, texts, names of models | `sources` | equal, or enough n-grams |
| T1 | root of the loose ATen graph | `graphs` | equal, at all levels |
| T2 | its graph in the program's, or the program's in its | `parts` | whole; a program that is half of it or more |
| T2 | Weisfeiler-Lehman features with up to two hops | `graphs` | enough of a large problem's, levels above 1 |
| T3 | multiset of operators | `graphs` | nothing: equal ones are told |
| T4 | outputs on the same inputs | `behaviour` | equal to a well-known function that is a problem |
"""
