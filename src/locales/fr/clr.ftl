# The learner record of a badge that was earned through others

take-clr = Relevé de l’apprenant avec les badges sur lesquels il repose (CLR 2.0)
