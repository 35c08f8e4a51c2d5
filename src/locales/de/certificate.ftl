# The certificate to print. Who holds the badge stands between certificate-certifies and
# certificate-earned, in a line of its own, and the badge's name below.
certificate-title = Zertifikat
certificate-certifies = Hiermit wird bescheinigt:
certificate-earned = hat diesen Badge erworben:
certificate-check = Dieses Blatt ist ein Abbild eines signierten Badges nach Open Badges 3.0. Es gilt, was seine Seite heute sagt:
certificate-awarded = Verliehen am
certificate-until = Gültig bis
certificate-credits = Leistungspunkte
certificate-field = Fachgebiet
