# The mail that reminds of a badge nobody has claimed yet. The rest of it is in mail.ftl. Lines are
# broken where the text part of the mail breaks them.

remind-subject = Il vous attend toujours : { $badge }
remind-head = { $issuer } vous a décerné le badge « { $badge } », et vous ne l’avez pas encore accepté.
remind-why =
    Ceci est un rappel. Si vous ne voulez pas du badge, ou s’il n’est pas à vous,
    sa page vous permet de le dire, et il n’y aura plus de rappel.
