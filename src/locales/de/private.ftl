# Hiding a badge, and another address for its mails.

claim-yours = Er gehört Ihnen
claim-hidden =
    Sie haben diesen Badge verborgen: Seine Seite und seine Dateien sieht niemand sonst. Wer eine seiner
    Dateien hat, kann sie weiterhin prüfen.
hide-button = Öffentliche Seite verbergen
hide-head = Diesen Badge verbergen?
hide-what =
    Seine öffentliche Seite und seine Dateien sehen dann nur noch Sie, über diesen Link. Links darauf
    führen ins Leere. Wer eine seiner Dateien hat, kann sie weiterhin prüfen. Sie können ihn wieder
    öffentlich machen.
hide-do = Verbergen
show-button = Wieder öffentlich machen
address-button = E-Mails an eine andere Adresse senden
address-head = Eine andere Adresse für E-Mails
address-what =
    Eine E-Mail an die neue Adresse fragt, ob sie stimmt. Vor der Bestätigung ändert sich nichts. Der
    Badge selbst, der die Adresse bei der Verleihung verschlüsselt nennt, bleibt, wie er ist.
address-field = Neue E-Mail-Adresse
address-do = Diese Adresse fragen
address-wrong = Das ist keine E-Mail-Adresse, an die wir schreiben können.
address-asked-head = Schauen Sie in das Postfach
address-asked-what =
    Wenn { $address } erreichbar ist, ist eine E-Mail mit einem Link dorthin unterwegs. Nichts ändert
    sich, bevor er innerhalb von sieben Tagen geöffnet und bestätigt wird.
address-often-head = Das war genug für heute
address-often-what = Bitte versuchen Sie es morgen noch einmal.
address-subject = Ist das Ihre Adresse für den Badge „{ $badge }“?
address-mail = Sollen E-Mails über den Badge „{ $badge }“ von { $issuer } an diese Adresse gehen?
address-nothing = Vor Ihrer Bestätigung ändert sich nichts.
address-why =
    Sie erhalten diese E-Mail, weil jemand mit dem Link zu diesem Badge diese Adresse
    angegeben hat. Wenn Sie das nicht waren, brauchen Sie nichts zu tun.
confirm-button = Diese Adresse bestätigen
confirm-head = Ist das Ihre Adresse?
confirm-what = E-Mails über Ihren Badge gehen künftig an { $address }.
confirmed-head = Das ist erledigt
confirmed-what = E-Mails über Ihren Badge gehen ab jetzt an { $address }.
confirm-ended-head = Dieser Link gilt nicht mehr
confirm-ended-what = Die Adresse wurde nicht rechtzeitig bestätigt, oder eine andere wurde es. Geben Sie sie auf der Seite Ihres Badges noch einmal an.
