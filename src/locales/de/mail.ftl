# The mail that brings a badge. Lines are broken where the text part of the mail breaks them.

mail-subject = Ihr Badge: { $badge }
mail-subject-renewed = Ihr Badge ist erneuert: { $badge }
mail-subject-replaced = Ihr Badge, neu ausgestellt: { $badge }
mail-hello = Guten Tag { $name },
mail-hello-nameless = Guten Tag,
mail-awarded = { $issuer } hat Ihnen den Badge „{ $badge }“ verliehen.
mail-renewed = { $issuer } hat Ihren Badge „{ $badge }“ erneuert.
mail-replaced = { $issuer } hat Ihren Badge „{ $badge }“ neu ausgestellt.
mail-renews =
    Das ist ein neuer Badge mit eigenem Datum. Er tritt an die Stelle dessen,
    der Ihnen am { $day } verliehen wurde.
mail-replaces =
    Er tritt an die Stelle dessen, der Ihnen am { $day } verliehen wurde
    und nicht mehr gilt.
mail-valid-until = Er gilt bis zum { $day }.
mail-claim-here = Hier können Sie Ihren Badge ansehen und annehmen:
mail-claim = Badge ansehen und annehmen
mail-no-account =
    Sie brauchen kein Konto. Sobald Sie den Badge annehmen, hat er eine
    öffentliche Seite, die Sie teilen können, und Sie können ihn herunterladen.
mail-button-fails = Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:
mail-link-until =
    Der Link gilt bis zum { $day }. Er ist nur für Sie bestimmt:
    Bitte leiten Sie diese E-Mail nicht weiter.
mail-why =
    Sie erhalten diese E-Mail, weil Ihnen dieser Badge verliehen wurde; sie kommt
    von { $issuer }. Ist er nicht für Sie bestimmt, brauchen Sie nichts zu tun.
mail-image = Der Badge „{ $badge }“
