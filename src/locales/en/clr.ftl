# The learner record of a badge that was earned through others

take-clr = Learner record with the badges that it rests on (CLR 2.0)
