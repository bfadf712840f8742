"""rasplab: RASP programs compiled into transformers whose every weight is understood."""
