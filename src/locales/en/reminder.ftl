# The mail that reminds of a badge nobody has claimed yet. The rest of it is in mail.ftl. Lines are
# broken where the text part of the mail breaks them.

remind-subject = Still there for you: { $badge }
remind-head = { $issuer } has awarded you the badge “{ $badge }”, and you have not claimed it yet.
remind-why =
    This is a reminder. If you do not want the badge, or it is not yours,
    its page lets you say so, and no reminder follows.
