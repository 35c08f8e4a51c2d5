# What else the holder of a claim link can do.

claim-declined =
    You declined this badge on { $day }. Nobody sees it, and no reminder follows. If you have changed
    your mind, claim it below.
claim-decline = I do not want this badge
claim-not-me = This is not me
decline-head = Decline this badge?
decline-what =
    The badge “{ $badge }” of { $issuer } then stays private, and we send no reminders. You can still
    claim it by the same link until { $day }.
decline-button = Decline the badge
not-me-head = Is this not you?
not-me-what =
    The badge was meant for { $holder }. If that is somebody else, tell us: this page will not show
    the name any more, no further mail about the badge goes to your address, and { $issuer } sees
    that it reached the wrong person.
not-me-button = This is not me
not-me-done-head = Thank you for telling us
not-me-done =
    No further mail about this badge goes to your address. { $issuer } sees that it reached the
    wrong person, and can correct it.
not-me-undo = That was a slip: it is me
ended-head = This claim link has ended
ended-what =
    Your badge is safe; only the link is too old. { $issuer } can mail a new one to the address that
    it has on record.
ended-button = Send me a new link
asked-head = Look into your mail
asked-what =
    If a badge waits behind that link, a mail with a new one is on its way to the address that
    { $issuer } has on record, at most once a day. It may lie among the unwanted mails.
often-head = That was a lot at once
often-what = Please try again in a minute.
step-back = Back to the badge
step-contact = Questions?
