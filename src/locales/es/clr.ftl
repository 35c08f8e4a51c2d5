# The learner record of a badge that was earned through others

take-clr = Expediente de aprendizaje con las insignias en las que se basa (CLR 2.0)
