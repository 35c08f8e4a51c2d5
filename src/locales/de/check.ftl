# The page on which badges are verified.

check-about = Einen Open Badge eines beliebigen Ausstellers prüfen: Ist er echt, unverändert, und gilt er noch?
check-lead =
    Ist ein Open Badge echt, unverändert, und gilt er noch? Auch Badges anderer Aussteller können hier
    geprüft werden; wo etwas nicht geprüft werden kann, sagt das die Antwort. Nichts von dem, was Sie
    eingeben, wird aufbewahrt.
check-valid = Dieser Badge hält der Prüfung stand
check-valid-text = Er ist unverändert, vom genannten Aussteller signiert und gilt heute.
check-invalid = Dieser Badge hält der Prüfung nicht stand
check-invalid-text = Mindestens eine Prüfung unten schlägt fehl. Verlassen Sie sich nicht auf diesen Badge.
check-open = Dieser Badge konnte nicht geprüft werden
check-open-text =
    Nichts spricht gegen ihn, aber gezeigt ist auch nichts: Mindestens eine Prüfung war hier nicht
    möglich. Das ist nicht dasselbe wie gültig.
check-says = Was er über sich selbst sagt
check-badge = Badge
check-holder-id = Kennung des Inhabers
check-hashed =
    Die Datei nennt niemanden: Sie enthält eine E-Mail-Adresse als Hash, den nur erkennt, wer die Adresse
    kennt. Fragen Sie, wer Ihnen den Badge gezeigt hat, nach seiner öffentlichen Seite: Dort steht der Name.
check-address = Seine eigene Adresse
check-issuer = Aussteller
check-issuer-id = Kennung des Ausstellers
check-web =
    Jeder kann jeden Namen hineinschreiben. Bewiesen ist die Kennung: Die Website darin hat diesen Badge
    signiert. Vergewissern Sie sich, dass es die der Einrichtung ist.
check-key =
    Jeder kann jeden Namen hineinschreiben. Bewiesen ist die Kennung, die ein Schlüssel und keine Website
    ist: Fragen Sie die Einrichtung, ob es ihrer ist.
check-each = Die einzelnen Prüfungen
check-question = { $check ->
    [structure] Ist er ein vollständiger Open Badge?
    [terms] Ist seine Bedeutung eindeutig?
    [signature] Ist er seit der Signatur unverändert?
    [key] Gehört der Schlüssel dem Aussteller?
    [dates] Gilt er heute?
    [status] Steht der Aussteller noch dazu?
    [schema] Hält er die Regeln seines Schemas ein?
    [badges] Hält jeder Badge, der darin steht?
   *[other] { $check }
}
check-holds = Ja
check-fails = Nein
check-not-made = Konnte hier nicht geprüft werden
check-unread = Was nicht gelesen werden konnte
check-again = Einen anderen Badge prüfen
check-file = Eine Datei
check-file-note = Das Bild des Badges (PNG oder SVG) oder sein Dokument (JSON oder JWT); bis zu 8 MB.
check-text = Oder fügen Sie einen Badge oder einen Link ein
check-text-note = Ein Link beginnt mit https:// und führt zur Datei des Badges.
check-button = Prüfen
check-nothing = Wählen Sie eine Datei oder fügen Sie einen Badge oder einen Link ein, und drücken Sie dann den Knopf.
check-link = Der Link konnte nicht gelesen werden: { $why }.
check-no-badge = Das ist kein Badge, also gibt es nichts zu prüfen: Geben Sie das Bild des Badges (PNG oder SVG), sein Dokument (JSON oder JWT) oder einen Link dazu an.
check-pdf = Ein PDF-Zertifikat zeigt einen Badge, enthält ihn aber nicht. Scannen Sie den QR-Code darauf, oder fügen Sie die Adresse ein, die dort steht.
