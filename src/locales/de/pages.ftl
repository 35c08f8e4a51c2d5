# The claim page and the public page of a badge.

page-skip = Zum Inhalt
page-digital-badges = Digitale Badges
page-footer = Badges von { $issuer }, signiert als Open Badges 3.0.
page-verify = Einen Badge prüfen
page-languages = Sprachen
claim-title = Ihr Badge: { $badge }
claim-kicker = Ein Badge für Sie
claim-kicker-claimed = Angenommen
claim-button = Diesen Badge annehmen
claim-note =
    Damit entsteht eine öffentliche Seite mit Ihrem Namen, dem Badge und dem, was unten steht. Ihre
    E-Mail-Adresse steht nicht darauf. Sie brauchen kein Konto. Der Link gilt bis zum { $day }.
claim-open = Öffentliche Seite ansehen
claim-claimed =
    Sie haben diesen Badge angenommen. Zum Teilen ist seine öffentliche Seite da: { $address }. Teilen
    Sie nicht diese Seite hier: Sie ist nur für Sie, und der Link in Ihrer E-Mail führt immer hierher.
claim-revoked = Er kann nicht mehr angenommen werden. { $issuer } kann Ihnen sagen, warum.
claim-wrong = Stimmt etwas nicht?
claim-wrong-what =
    Wenn der Name nicht Ihrer ist oder ein Ergebnis nicht stimmt, nehmen Sie den Badge noch nicht an
    und sagen Sie es { $issuer }.
badge-image = Der Badge „{ $badge }“
badge-holder = Verliehen an
badge-holds = { $holder } hält den Badge „{ $badge }“, verliehen von { $issuer } am { $day }.
state-valid = Gültig
state-suspended = Ausgesetzt
state-revoked = Zurückgezogen
state-expired = Abgelaufen
state-revoked-head = Dieser Badge gilt nicht mehr.
state-revoked-text =
    { $issuer } hat ihn zurückgezogen. Die Seite bleibt, damit niemand rätseln muss; mehr sagt sie
    nicht über { $holder }.
state-suspended-head = Dieser Badge ist ausgesetzt.
state-suspended-text =
    { $issuer } hat ihn ausgesetzt, zum Beispiel während eine Note noch einmal geprüft wird. Er kann
    später wieder gelten, unter derselben Adresse.
state-expired-head = Dieser Badge ist abgelaufen.
state-expired-text = Er galt bis zum { $day }; was damals erreicht wurde, steht unten.
state-replaced-head = Er wurde für dieselbe Leistung neu ausgestellt.
state-replaced-link = Zum Badge, das jetzt gilt
state-renewed-head = Dieser Badge wurde erneuert.
state-renewed-text = { $holder } hat ihn noch einmal erworben.
state-renewed-link = Zum neueren Badge
state-renewed-still = Dieser hier gilt bis zu seinem eigenen Ende.
fact-issuer = Verliehen von
fact-awarded = Verliehen am
fact-until = Gültig bis
fact-no-end = Unbefristet
fact-renews = Erneuert
fact-earlier = einen früheren Badge
fact-credits = Leistungspunkte
fact-field = Fachgebiet
head-results = Ergebnisse
evidence-unnamed = Nachweis
head-evidence = Nachweise
head-criteria = So wird dieser Badge erworben
head-competencies = Kompetenzen
head-keywords = Stichwörter
head-related = Wie es weitergehen kann
criteria-link = Die Kriterien im vollen Wortlaut
result-percent = { $percent } %
result-of = { $points } von { $max }
result-points = { $points } Punkte
result = Ergebnis
result-status = { $status ->
    [Completed] bestanden
    [Enrolled] eingeschrieben
    [Failed] nicht bestanden
    [InProgress] im Gange
    [OnHold] ruht
    [Provisional] vorläufig
    [Withdrew] zurückgezogen
   *[other] { $words }
}
take-head = Zum Mitnehmen
take-what = Jede dieser Dateien ist der Badge selbst, mit Signatur.
take-png = Bild (PNG)
take-svg = Bild (SVG)
take-json = Dokument (JSON)
take-jwt = Dokument (JWT)
take-pdf = Zertifikat zum Drucken (PDF)
take-linkedin = Zu LinkedIn hinzufügen
take-linkedin-note = Für { $holder }: LinkedIn öffnet sich fertig ausgefüllt.
verify-head = Prüfen Sie selbst
verify-here = Jede Prüfung ansehen
verify-why =
    Sie müssen dieser Seite nicht glauben. Der Badge ist ein signiertes Dokument, das jedes
    Prüfprogramm für Open Badges 3.0 prüfen kann:
verify-download = Laden Sie das Dokument oder eines der Bilder oben herunter.
verify-give = Geben Sie es einem Prüfprogramm, dem Sie vertrauen, zum Beispiel dem von 1EdTech:
verify-checks = Es prüft die Signatur mit dem öffentlichen Schlüssel des Ausstellers und fragt, ob der Badge zurückgezogen wurde.
verify-issuer = Aussteller
verify-credential = Dokument
verify-key = Öffentlicher Schlüssel
verify-lists = Statuslisten
verify-list = { $purpose ->
    [revocation] Rückzug
    [suspension] Aussetzung
   *[other] { $purpose }
}
kind = { $type ->
    [Achievement] Leistung
    [Assessment] Prüfung
    [Assignment] Aufgabe
    [Award] Auszeichnung
    [Badge] Badge
    [Certificate] Zertifikat
    [CertificateOfCompletion] Abschlusszertifikat
    [Certification] Zertifizierung
    [Competency] Kompetenz
    [Course] Kurs
    [Diploma] Diplom
    [MicroCredential] Micro-Credential
   *[other] { $words }
}
