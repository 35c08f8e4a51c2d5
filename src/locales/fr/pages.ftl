# The claim page and the public page of a badge.

page-skip = Aller au contenu
page-digital-badges = Badges numériques
page-footer = Badges de { $issuer }, signés au format Open Badges 3.0.
page-verify = Vérifier un badge
page-languages = Langues
claim-title = Votre badge : { $badge }
claim-kicker = Un badge pour vous
claim-kicker-claimed = Accepté
claim-button = Accepter ce badge
claim-note =
    Une page publique sera créée avec votre nom, le badge et ce qui est affiché ci-dessous. Votre
    adresse e-mail n’y figure pas. Aucun compte n’est nécessaire. Le lien fonctionne jusqu’au { $day }.
claim-open = Voir la page publique
claim-claimed =
    Vous avez accepté ce badge. Pour le partager, il y a sa page publique : { $address }. Ne partagez
    pas la présente page : elle n’est que pour vous, et le lien reçu par e-mail y mène toujours.
claim-revoked = Il ne peut plus être accepté. { $issuer } peut vous dire pourquoi.
claim-wrong = Une erreur ?
claim-wrong-what =
    Si le nom n’est pas le vôtre ou si un résultat est inexact, n’acceptez pas encore le badge et
    prévenez { $issuer }.
badge-image = Le badge « { $badge } »
badge-holder = Décerné à
badge-holds = { $holder } détient le badge « { $badge } », décerné par { $issuer } le { $day }.
state-valid = Valable
state-suspended = En suspens
state-revoked = Retiré
state-expired = Expiré
state-revoked-head = Ce badge n’est plus valable.
state-revoked-text =
    { $issuer } l’a retiré. La page reste en place afin que personne ne soit dans le doute ; elle ne
    dit rien de plus sur { $holder }.
state-suspended-head = Ce badge est en suspens.
state-suspended-text =
    { $issuer } l’a suspendu, par exemple pendant le réexamen d’une note. Il pourra redevenir
    valable plus tard, à cette même adresse.
state-expired-head = Ce badge est arrivé à son terme.
state-expired-text = Il était valable jusqu’au { $day } ; ce qui a été accompli alors est décrit ci-dessous.
state-replaced-head = Il a été délivré de nouveau, pour la même réussite.
state-replaced-link = Voir le badge qui compte maintenant
state-renewed-head = Ce badge a été renouvelé.
state-renewed-text = { $holder } l’a obtenu à nouveau.
state-renewed-link = Voir le badge plus récent
state-renewed-still = Celui-ci reste valable jusqu’à son propre terme.
fact-issuer = Décerné par
fact-awarded = Décerné le
fact-until = Valable jusqu’au
fact-no-end = Sans date de fin
fact-renews = Renouvelle
fact-earlier = un badge précédent
fact-credits = Crédits
fact-field = Domaine d’études
head-results = Résultats
evidence-unnamed = Preuve
head-evidence = Justificatifs
head-criteria = Comment obtenir ce badge
head-competencies = Compétences
head-keywords = Mots-clés
head-related = Pour aller plus loin
criteria-link = Lire les critères en entier
result-percent = { $percent } %
result-of = { $points } sur { $max }
result-points = { $points } points
result = Résultat
result-status = { $status ->
    [Completed] réussi
    [Enrolled] inscrit
    [Failed] échoué
    [InProgress] en cours
    [OnHold] en suspens
    [Provisional] provisoire
    [Withdrew] retiré
   *[other] { $words }
}
take-head = Emportez-le
take-what = Chacun de ces fichiers est le badge lui-même, signature comprise.
take-png = Image (PNG)
take-svg = Image (SVG)
take-json = Document (JSON)
take-jwt = Document (JWT)
take-pdf = Certificat à imprimer (PDF)
take-linkedin = Ajouter à LinkedIn
take-linkedin-note = Pour { $holder } : LinkedIn s’ouvre avec tous les champs remplis.
verify-head = Vérifiez vous-même
verify-here = Voir chaque contrôle
verify-why =
    Vous n’êtes pas obligé de croire cette page. Le badge est un document signé que tout
    vérificateur Open Badges 3.0 peut contrôler :
verify-download = Téléchargez le document ou l’une des images ci-dessus.
verify-give = Donnez-le à un vérificateur de confiance, par exemple celui de 1EdTech :
verify-checks = Il contrôle la signature avec la clé publique de l’émetteur et demande si le badge a été retiré.
verify-issuer = Émetteur
verify-credential = Document
verify-key = Clé publique
verify-lists = Listes d’état
verify-list = { $purpose ->
    [revocation] retrait
    [suspension] suspension
   *[other] { $purpose }
}
kind = { $type ->
    [Achievement] Réussite
    [Assessment] Évaluation
    [Assignment] Devoir
    [Award] Distinction
    [Badge] Badge
    [Certificate] Certificat
    [CertificateOfCompletion] Certificat de fin de formation
    [Certification] Certification
    [Competency] Compétence
    [Course] Cours
    [Diploma] Diplôme
    [MicroCredential] Microcertification
   *[other] { $words }
}
