// (aa)*, without the empty word (Huang et al., 2025): a periodic predicate.

#import pos_even

others = # !"a"
even_a = (!pos_even) && (others == 0)
