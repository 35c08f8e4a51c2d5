# The front page, the pages of the issuer and of a badge, and pages for what goes wrong.

front-title = Badges von { $issuer }
front-about = Digitale Badges von { $issuer }: was sie sind, wer sie erwirbt und wie man sie prüft.
front-lead =
    Wer hier eine Prüfung besteht, kann einen Badge erwerben: einen signierten Nachweis darüber, was
    erreicht wurde, wann und mit welchem Ergebnis. Er gehört der Person, die ihn erworben hat.
front-learners = Sie haben einen Badge erworben
front-learners-how =
    Eine E-Mail bringt Ihnen einen persönlichen Link. Er führt zu Ihrem Badge; nehmen Sie ihn dort ohne
    Konto an, teilen Sie dann seine Seite oder laden Sie ihn herunter.
front-no-mail = Keine E-Mail? Fragen Sie hier:
front-employers = Ihnen wurde ein Badge gezeigt
front-employers-how =
    Seine Seite sagt, wer ihn wofür verliehen hat und ob er noch gilt. Die Adresse einer solchen Seite
    beginnt mit:
front-employers-verify = Jedes Prüfprogramm für Open Badges 3.0 kann den Badge prüfen, auch diese Website:
front-badges = Was erworben werden kann
front-issuers = Wer hier Badges ausstellt
issuer-title = { $issuer }: Aussteller von Badges
issuer-kicker = Aussteller von Badges
issuer-website = Website
issuer-questions = Fragen
issuer-identifier = Kennung
issuer-badges = Badges
badge-signed-in = Übersetzung des Ausstellers. Der signierte Badge selbst ist in einer anderen Sprache verfasst:
pathway-head = Lernweg
pathway-before = Setzt voraus
pathway-next = Zählt für
pathway-earned = Erworben
page-outbox = Postausgang dieser Demo
error-questions = Fragen?
error-front = Zur Startseite
error-not-found = Hier ist keine Seite
error-not-found-text =
    Die Adresse ist vielleicht unvollständig, oder der Badge dahinter ist nicht öffentlich: Ein Badge
    bekommt seine Seite, wenn er angenommen wird.
error-unknown-link = Diesen Link kennen wir nicht
error-unknown-link-text =
    Manche Mailprogramme trennen lange Adressen. Bitte öffnen Sie die E-Mail noch einmal und kopieren
    Sie den ganzen Link.
error-unknown-link-ask = Wenn er auch dann nicht funktioniert, bitten Sie um einen neuen.
error-no-certificate = Von diesem Badge gibt es zurzeit kein Zertifikat
error-no-certificate-text =
    Der Badge wurde zurückgezogen oder ausgesetzt. Seine Seite, unter derselben Adresse ohne „.pdf“, sagt,
    wie es um ihn steht.
error-erased = Dieser Badge wurde zurückgezogen
error-erased-text = Er gilt nicht mehr. Sonst ist über ihn und seine Inhaberin oder seinen Inhaber nichts gespeichert.
error-no-letters = Wir können dieses Zertifikat nicht drucken
error-no-letters-text =
    Ein Name darauf ist in Buchstaben geschrieben, die unsere Druckschriften nicht haben. Der Badge
    selbst ist vollständig: Seine Seite, unter derselben Adresse ohne „.pdf“, zeigt ihn, und die
    anderen Dateien funktionieren.
error-method = Das kann diese Adresse nicht
error-method-text = Bitte beginnen Sie noch einmal auf der Seite davor.
error-too-many = Das war viel auf einmal
error-too-many-text =
    Von einem Ort aus können zwanzig Badges in der Minute geprüft werden. Bitte versuchen Sie es in
    einer Minute noch einmal.
error-busy = Gerade werden viele Badges geprüft
error-busy-text = Bitte versuchen Sie es in einigen Sekunden noch einmal.
error-too-large = Diese Datei ist zu groß
error-too-large-text =
    Ein Badge darf bis zu 8 MB haben. Sein Dokument (JSON) ist viel kleiner als sein Bild.
error-unavailable = Wir sind noch nicht so weit
error-unavailable-text =
    Etwas, das diese Seite braucht, wird gerade neu gestartet. Bitte versuchen Sie es in einer Minute
    noch einmal; nichts geht verloren.
error-internal = Da ist bei uns etwas schiefgegangen
error-internal-text =
    Es wurde festgehalten, und jemand wird sich darum kümmern. Bitte versuchen Sie es später noch
    einmal.
error-no-format = Diese Form haben wir nicht
error-no-format-text = Seiten können über oEmbed nur als JSON eingebettet werden.
