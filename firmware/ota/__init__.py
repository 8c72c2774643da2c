# Updates over the air: two folders, a signed list of files, and a way back.
