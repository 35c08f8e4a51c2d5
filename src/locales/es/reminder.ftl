# The mail that reminds of a badge nobody has claimed yet. The rest of it is in mail.ftl. Lines are
# broken where the text part of the mail breaks them.

remind-subject = Todavía le espera: { $badge }
remind-head = { $issuer } le ha otorgado la insignia «{ $badge }» y usted aún no la ha aceptado.
remind-why =
    Este es un recordatorio. Si no quiere la insignia, o si no es suya,
    puede decirlo en su página y no habrá más recordatorios.
