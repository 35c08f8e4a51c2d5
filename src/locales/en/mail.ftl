# The mail that brings a badge. Lines are broken where the text part of the mail breaks them.

mail-subject = Your badge: { $badge }
mail-subject-renewed = Your badge is renewed: { $badge }
mail-subject-replaced = Your badge, issued again: { $badge }
mail-hello = Hello { $name },
mail-hello-nameless = Hello,
mail-awarded = { $issuer } has awarded you the badge “{ $badge }”.
mail-renewed = { $issuer } has renewed your badge “{ $badge }”.
mail-replaced = { $issuer } has issued your badge “{ $badge }” again.
mail-renews =
    This is a new badge with a date of its own. It takes the place of the one
    that you were awarded on { $day }.
mail-replaces =
    It takes the place of the one that you were awarded on { $day },
    which no longer counts.
mail-valid-until = It is valid until { $day }.
mail-claim-here = See your badge and claim it here:
mail-claim = See and claim your badge
mail-no-account =
    You need no account. Once you claim the badge it has a public page
    that you can share, and you can download it.
mail-button-fails = If the button does not work, open this address:
mail-link-until =
    The link works until { $day }. It is meant for you alone, so please
    do not forward this mail.
mail-why =
    You receive this mail because you were awarded this badge by
    { $issuer }. If it is not meant for you, you need not do anything.
mail-image = The badge “{ $badge }”
