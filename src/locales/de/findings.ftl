# Was die Prüfungen eines Badges ergeben, in Sätzen.

found-nothing = Es gibt nichts zu prüfen.
found-no-badge =
    In diesem Bild konnte kein Open Badge 3.0 gelesen werden: Es enthält keinen, mehrere oder einen
    beschädigten.
found-no-text = Es ist weder JSON noch das Bild eines Badges.
found-no-json =
    Es ist kein JSON: Was in Zeile { $line }, Spalte { $column } steht, kann nicht gelesen werden.
found-too-large = Der Badge hat mehr als { $most } MiB.
found-too-many = Er enthält mehr Werte, als hier gelesen werden.
found-bad-jwt = Es sieht aus wie ein JWT, aber { $why }.
found-badge-complete = Er hat die Angaben, die Open Badges 3.0 verlangt.
found-badge-incomplete = Es ist kein vollständiger Open Badge: { $why }.
found-record-complete = Er hat die Angaben, die Comprehensive Learner Record 2.0 verlangt.
found-record-incomplete = Es ist kein vollständiger Lernnachweis: { $why }.
found-terms = Jeder Begriff darin ist durch die Standards definiert, die er nennt.
found-terms-unclear = Etwas darin hat keine eindeutige Bedeutung: { $why }.
found-terms-unknown =
    Diese Prüfung kennt nur die Begriffe von Open Badges 3.0 und ruft keine anderen ab: { $why }.
found-jwt-terms = Die Signatur umfasst jedes Zeichen, und die Angaben des JWT sagen, was der Badge sagt.
found-jwt-little = Das JWT sagt zu wenig: { $why }.
found-jwt-claim = Die Angabe „{ $claim }“ des JWT sagt nicht, was „{ $member }“ sagt.
found-signature = Die Signatur passt zu diesem Text und zum Schlüssel.
found-bad-signature =
    Die Signatur passt nicht: Der Text wurde verändert, oder ein anderer Schlüssel hat ihn signiert.
found-without-key = Die Signatur kann ohne den Schlüssel nicht geprüft werden.
found-without-meaning =
    Die Signatur kann nicht geprüft werden, solange die Bedeutung mancher Begriffe nicht klar ist.
found-unsigned = Er ist nicht signiert: Es steht kein Beweis darin.
found-unsigned-jwt =
    Er ist nicht mit dem Schlüssel eines Ausstellers signiert: Jeder kann ihn geschrieben haben.
found-several-proofs = Er enthält mehrere Beweise derselben Art; welcher zählt, ist nicht klar.
found-other-proof = Sein Beweis ist von anderer Art; hier können { $one } und { $other } geprüft werden.
found-bad-proof = Der Beweis ist falsch: { $why }.
found-proof-terms = Der Beweis sagt etwas, das diese Prüfung nicht kennt: { $why }.
found-too-tangled =
    Die Signatur kann nicht geprüft werden: Zu vieles darin, das keinen Namen hat, verweist aufeinander.
found-algorithm = Er ist mit „{ $algorithm }“ signiert; hier können ES256, RS256 und EdDSA geprüft werden.
found-critical = Sein Kopf verlangt etwas, das diese Prüfung nicht kennt.
found-other-algorithm = Die Signatur ist von anderer Art als der Schlüssel.
found-no-issuer = Der Aussteller ist nicht genannt: { $why }.
found-key-missing = Der Beweis nennt keinen Schlüssel.
found-key-without-proof = Ohne einen prüfbaren Beweis ist kein Schlüssel genannt.
found-jwt-keyless = Das JWT nennt keinen Schlüssel.
found-key-address = „{ $key }“ ist nicht die vollständige Adresse eines Schlüssels.
found-key-of-another = Der Schlüssel gehört { $did }, der Aussteller ist aber { $issuer }.
found-key-unnamed = Die Adresse des Schlüssels nennt den Schlüssel nicht.
found-key-is-name = Der Schlüssel ist der Name des Ausstellers selbst: { $did }.
found-key-listed = { $did } führt den Schlüssel für Badges auf.
found-key-not-listed = Das DID-Dokument von { $did } nennt den Schlüssel nicht: { $why }.
found-key-method =
    Der Aussteller ist durch { $did } bezeichnet; hier können did:web und did:key geprüft werden.
found-key-unread = Das DID-Dokument von { $did } konnte nicht gelesen werden.
found-key-document = Das DID-Dokument von { $did } ist das einer anderen DID.
found-key-wrong = Der Schlüssel ist falsch: { $why }.
found-key-came-along =
    Der Schlüssel kam mit dem Badge, und nichts zeigt, dass er { $issuer } gehört: So hätte jeder
    signieren können.
found-dates-wrong = Die Daten sind falsch: { $why }.
found-too-early = Er gilt erst ab { $time }.
found-expired = Er ist am { $time } abgelaufen.
found-valid-until = Er gilt bis { $time }.
found-valid-for-ever = Er gilt und läuft nicht ab.
found-no-status = Der Aussteller führt keinen Status für ihn: Er kann nicht widerrufen werden.
found-not-revoked = Der Aussteller hat ihn weder widerrufen noch ausgesetzt.
found-revoked = Der Aussteller hat ihn widerrufen.
found-suspended = Der Aussteller hat ihn ausgesetzt.
found-status-kind = Sein Status wird auf eine Weise geführt, die diese Prüfung nicht kennt.
found-status-many = Er nennt mehr Statuslisten, als hier gelesen werden.
found-status-incomplete = Die Angabe des Status ist unvollständig: { $why }.
found-status-index = Die Nummer in der Angabe des Status ist keine ganze Zahl.
found-status-bits = Sein Status hat mehr als ein Bit, was diese Prüfung nicht liest.
found-status-purpose = Den Status „{ $purpose }“ kennt diese Prüfung nicht.
found-no-place = Die Statusliste hat keinen Platz { $index }.
found-list-unread = Die Statusliste { $list } konnte nicht gelesen werden.
found-list-wrong = Die Statusliste { $list } ist falsch: { $why }.
found-list-bad = Die Statusliste { $list } hält der Prüfung nicht stand. { $why }
found-list-open = Die Statusliste { $list } kann nicht geprüft werden. { $why }
found-no-schema = Er nennt kein JSON-Schema; es gibt also keines, nach dem er zu prüfen wäre.
found-schema-ours =
    Er hält die Regeln des Schemas von 1EdTech ein, das er nennt. Das Schema wird nicht abgerufen: Diese
    Prüfung hat seine Regeln aufgeschrieben.
found-schema-ours-bad = Er verletzt eine Regel des Schemas von 1EdTech, das er nennt: { $why }.
found-schema-good = Er hält die Regeln des Schemas ein, das er nennt, { $schema }.
found-schema-bad = Er verletzt eine Regel des Schemas, das er nennt, { $schema }, bei „{ $member }“.
found-schema-kind = Er nennt ein Schema einer Art, die diese Prüfung nicht kennt.
found-schema-many = Er nennt mehr Schemas, als hier geprüft werden.
found-schema-incomplete = Das Schema ist unvollständig genannt: { $why }.
found-schema-unread = Nicht geprüft, weil das Schema { $schema } nicht gelesen werden konnte.
found-schema-open = Nicht geprüft, wegen des Schemas { $schema }: { $why }.
found-badges-later = Sie werden angesehen, wenn gezeigt ist, dass der Nachweis selbst unverändert ist.
found-badges-many = Es sind mehr, als hier geprüft werden.
found-badges-kind = „{ $name }“ ist von einer Art, die diese Prüfung nicht kennt.
found-badges-bad = „{ $name }“ hält der Prüfung nicht stand. { $why }
found-badges-open = „{ $name }“ konnte nicht geprüft werden. { $why }
found-badges-good = Jeder der Badges darin hält für sich der Prüfung stand ({ $count }).

# Gründe, als Teile dieser Sätze.

why-missing = { $member } fehlt
why-not-text = { $member } ist kein Text oder leer
why-not-date = { $member } ist kein Zeitpunkt
why-not-address = { $member } ist keine absolute Adresse
why-not-object = es ist kein JSON-Objekt
why-type = { $member } sagt nicht „{ $name }“
why-context = @context beginnt nicht mit { $address }
why-no-time = { $until } liegt nicht nach { $from }
why-nobody = credentialSubject hat weder id noch identifier: Niemand ist genannt
why-criteria = { $member } hat weder id noch narrative
why-twice = { $member } steht zweimal darin
why-no-credentials = credentialSubject.verifiableCredential ist leer, oder nichts darin hat eine id
why-term-unknown = der Begriff „{ $term }“ ist dort nicht bekannt
why-context-unknown = der Kontext { $address } ist nicht bekannt
why-context-inside = ein Kontext steht ausgeschrieben im Dokument
why-contradiction = „{ $term }“ ist durch { $one } definiert und anders durch { $other }
why-nested-list = „{ $member }“ enthält eine Liste in einer Liste
why-own-id = die eigene id des Dokuments steht noch einmal darin
why-two-meanings = „{ $member }“ hat dort zwei Bedeutungen
why-not-iri = „{ $member }“ ist keine absolute Adresse (IRI)
why-no-address = „{ $member }“ muss eine Adresse oder ein Objekt sein
why-no-word = „{ $member }“ muss eines der Wörter sein, die der Standard definiert
why-no-number = „{ $member }“ muss eine Zahl sein, die eine Gleitkommazahl genau wiedergibt
why-no-plain = „{ $member }“ muss ein einfacher Wert sein
why-no-object = „{ $member }“ muss ein Objekt sein
why-too-many = er hat mehr Objekte als irgendein Badge
why-too-many-names = „{ $member }“ nennt zu vieles
why-proof-purpose = sein Zweck ist nicht assertionMethod
why-proof-value = proofValue ist keine Signatur in base58
why-jwt-base64 = ein Teil davon ist nicht base64url
why-jwt-json = sein Kopf oder sein Inhalt ist kein JSON
why-jwt-many = er enthält mehr Werte, als hier gelesen werden
why-no-multikey = „{ $key }“ ist kein Schlüssel für Ed25519 oder P-256
why-jwk-part = das JWK hat kein { $member } in base64url
why-jwk-private = das JWK enthält die private Hälfte des Schlüssels
why-jwk-wrong = das JWK ist kein Punkt seiner Kurve
why-rsa-size = der RSA-Schlüssel hat nicht 2048 bis 8192 Bit
why-key-unknown = Schlüssel der Art „{ $kind }“ sind hier nicht bekannt
why-key-not-listed = assertionMethod führt { $key } nicht auf
why-key-lacking = verificationMethod hat { $key } nicht
why-key-controller = der Schlüssel hat einen anderen Inhaber
why-key-other-kind = der Schlüssel ist nicht von der Art, die sein Typ nennt
why-key-form = der Schlüssel ist weder ein Multikey noch ein JsonWebKey
why-list-kind = es ist ein anderes Dokument
why-list-address = es ist die Liste einer anderen Adresse
why-list-issuer = sie kommt von einem anderen Aussteller
why-list-purpose = sie ist nicht für { $purpose }
why-list-form = encodedList ist kein gzip in base64url
why-list-large = encodedList ist größer als jede Liste, die hier gelesen wird
why-list-small = encodedList hat weniger als { $size } Bit
why-schema-value = { $member } hat einen Wert, der dort nicht erlaubt ist
why-schema-member = { $member } ist dort nicht erlaubt
why-schema-wrong = es ist kein lesbares JSON-Schema
why-schema-refers = es verweist auf ein anderes Dokument, { $address }
why-schema-keyword = es verwendet „{ $keyword }“, das hier nicht unterstützt wird
why-schema-earlier = seit Badges dieser Art entstanden, hat 1EdTech geändert, was dort steht
why-schema-work = die Prüfung danach wäre zu aufwendig

# Warum etwas nicht abgerufen wurde, als Teile von Sätzen.

fetch-https = nur Adressen, die mit https:// beginnen, werden gelesen
fetch-user = Adressen mit einem Benutzernamen werden nicht gelesen
fetch-no-host = die Adresse nennt keinen Rechner
fetch-private = die Adresse liegt nicht im öffentlichen Internet
fetch-this-machine = eine Weiterleitung führt zu diesem Rechner
fetch-redirects = { $host } leitet mehr als { $most } Mal weiter
fetch-no-did = es ist kein did:web, das gelesen werden kann
fetch-no-address = es ist keine Webadresse
fetch-unreachable = von { $host } kam keine brauchbare Antwort
fetch-status = { $host } antwortete mit dem Status { $status }
fetch-large = die Antwort von { $host } ist zu groß
fetch-no-json = die Antwort von { $host } ist kein JSON
fetch-missing = dieses Dokument gibt es hier nicht
fetch-many = der Badge nennt zu viele Dokumente
fetch-late = die Dokumente brauchten zu lange
fetch-page = er führt zu einer Seite; geben Sie den Link der Datei des Badges an oder die Datei selbst
fetch-no-badge = unter dieser Adresse gibt es keinen öffentlichen Badge
