# The certificate to print. Who holds the badge stands between certificate-certifies and
# certificate-earned, in a line of its own, and the badge's name below.
certificate-title = Certificat
certificate-certifies = Le présent document certifie que
certificate-earned = a obtenu le badge
certificate-check = Cette feuille est l’image d’un badge signé au format Open Badges 3.0. Seul compte ce que dit sa page aujourd’hui :
certificate-awarded = Attribué le
certificate-until = Valable jusqu’au
certificate-credits = Crédits
certificate-field = Domaine d’études
