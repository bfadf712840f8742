"""What is learned from activations, held against what is there: dictionaries and probes.

>>> import rasplab
>>> model = rasplab.compile(rasplab.rasp.tokens, vocab="abc", max_length=2)
>>> rows = features_at(model).vectors
>>> print(score_dictionary(model, rows - rows.mean(axis=0), threshold=0.85))
3 atoms against 3 features at embed
                         plain  up to the mean
  cosine at least 0.85  0 of 3          3 of 3
  mean max cosine        0.816           1.000
  by chance              0.429           0.478
  precision              0.000           1.000
  recall                 0.000           1.000
  F1                     0.000           1.000
  uniqueness             1.000           1.000
"""

from rasplab.lab.recovery.dictionary import DictionaryScores, Scored, score_dictionary
from rasplab.lab.recovery.probes import Probe, Probes, probe
from rasplab.lab.recovery.rank_one import RankOneComponents, rank_one_components
from rasplab.lab.recovery.site_features import SiteFeatures, features_at

__all__ = [
    "DictionaryScores",
    "Probe",
    "Probes",
    "RankOneComponents",
    "Scored",
    "SiteFeatures",
    "features_at",
    "probe",
    "rank_one_components",
    "score_dictionary",
]
