// An a, and a b next to it (Huang et al., 2025): a local predicate.

#import pred

after_a = #[pred] "a" > 0
contains_ab = #("b" && after_a) > 0
