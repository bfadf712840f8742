// More ones than zeros (Yang and Chiang, 2024).

majority = # "1" > # "0"
