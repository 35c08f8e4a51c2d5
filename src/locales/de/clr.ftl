# The learner record of a badge that was earned through others

take-clr = Lernnachweis mit den Badges, auf denen dieser beruht (CLR 2.0)
