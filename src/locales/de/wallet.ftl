# Einen Badge in eine Wallet holen: ein Teil der Abholseite, die E-Mail mit dem Code und was die Wallet sagt.

wallet-head = In Ihre Wallet aufnehmen
wallet-what =
    Eine Wallet-App auf Ihrem Telefon bewahrt den Badge zusammen mit einem eigenen Schlüssel auf, sodass
    Sie zeigen können, dass er Ihnen gehört. Wir senden einen Code an die E-Mail-Adresse, an die Ihr
    Badge ging; die Wallet fragt danach.
wallet-start = Meiner Wallet anbieten
wallet-scan = Scannen Sie dies mit Ihrer Wallet-App oder öffnen Sie es auf dem Telefon, auf dem Sie dies lesen.
wallet-qr = QR-Code für Wallet-Apps
wallet-open = Meine Wallet-App öffnen
wallet-code =
    Die Wallet fragt nach einem sechsstelligen Code. Er ist unterwegs an die E-Mail-Adresse, an die Ihr
    Badge ging. Er gilt einmal, eine halbe Stunde lang.
wallet-again = Neuen Code senden
wallet-later = Sie haben mehrere Codes angefordert. Bitte versuchen Sie es in einer Stunde wieder.
wallet-lcw = In Learner Credential Wallet öffnen
wallet-lcw-what =
    Dieser Link ist für die App Learner Credential Wallet auf diesem Gerät. Er gilt einmal, eine
    Viertelstunde lang; laden Sie diese Seite neu, um einen neuen zu erhalten. Geben Sie ihn nicht weiter.
wallet-ask = Der Code aus der E-Mail, die { $issuer } Ihnen gesendet hat
code-subject = Der Code für Ihre Wallet: { $badge }
code-type = Um den Badge „{ $badge }“ von { $issuer } in Ihre Wallet zu holen, geben Sie dort diesen Code ein:
code-lasts = Er gilt einmal, eine halbe Stunde lang.
code-secret =
    Bitte nennen Sie ihn niemandem. Wenn Sie ihn nicht angefordert haben, müssen
    Sie nichts tun: ohne den Code erhält niemand den Badge.
