# The mail that reminds of a badge nobody has claimed yet. The rest of it is in mail.ftl. Lines are
# broken where the text part of the mail breaks them.

remind-subject = Wartet noch auf Sie: { $badge }
remind-head = { $issuer } hat Ihnen den Badge „{ $badge }“ verliehen; Sie haben ihn noch nicht angenommen.
remind-why =
    Das ist eine Erinnerung. Wenn Sie den Badge nicht möchten oder er nicht
    Ihnen gehört, können Sie das auf seiner Seite sagen; dann erinnern wir nicht mehr.
