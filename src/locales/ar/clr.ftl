# The learner record of a badge that was earned through others

take-clr = سجل المتعلم مع الشارات التي يستند إليها (CLR 2.0)
