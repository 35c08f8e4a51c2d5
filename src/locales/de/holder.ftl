# What else the holder of a claim link can do.

claim-declined =
    Sie haben diesen Badge am { $day } abgelehnt. Niemand sieht ihn, und es kommt keine Erinnerung.
    Wenn Sie es sich anders überlegt haben, nehmen Sie ihn unten an.
claim-decline = Ich möchte diesen Badge nicht
claim-not-me = Das bin ich nicht
decline-head = Diesen Badge ablehnen?
decline-what =
    Der Badge „{ $badge }“ von { $issuer } bleibt dann privat, und wir senden keine Erinnerungen. Sie
    können ihn bis zum { $day } mit demselben Link trotzdem annehmen.
decline-button = Badge ablehnen
not-me-head = Sind Sie das nicht?
not-me-what =
    Der Badge ist für { $holder } bestimmt. Wenn das jemand anderes ist, sagen Sie es uns: Diese Seite
    zeigt den Namen dann nicht mehr, an Ihre Adresse geht keine weitere E-Mail über diesen Badge, und
    { $issuer } sieht, dass er bei der falschen Person angekommen ist.
not-me-button = Das bin ich nicht
not-me-done-head = Danke für den Hinweis
not-me-done =
    An Ihre Adresse geht keine weitere E-Mail über diesen Badge. { $issuer } sieht, dass er bei der
    falschen Person angekommen ist, und kann es richtigstellen.
not-me-undo = Das war ein Versehen: Das bin ich
ended-head = Dieser Link gilt nicht mehr
ended-what =
    Ihr Badge ist sicher; nur der Link ist zu alt. { $issuer } kann einen neuen an die hinterlegte
    Adresse senden.
ended-button = Neuen Link senden
asked-head = Schauen Sie in Ihr Postfach
asked-what =
    Wenn hinter diesem Link ein Badge wartet, ist eine E-Mail mit einem neuen Link unterwegs an die
    Adresse, die bei { $issuer } hinterlegt ist, höchstens einmal am Tag. Sie kann im Spam-Ordner liegen.
often-head = Das war viel auf einmal
often-what = Bitte versuchen Sie es in einer Minute noch einmal.
step-back = Zurück zum Badge
step-contact = Fragen?
