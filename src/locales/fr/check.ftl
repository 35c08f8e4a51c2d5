# The page on which badges are verified.

check-about = Vérifiez un Open Badge de n’importe quel émetteur : est-il authentique, inchangé et toujours valable ?
check-lead =
    Un Open Badge est-il authentique, inchangé et toujours valable ? Les badges d’autres émetteurs
    peuvent aussi être vérifiés ici ; si un contrôle n’est pas possible, la réponse le dit. Rien de ce
    que vous donnez n’est conservé.
check-valid = Ce badge tient
check-valid-text = Il est inchangé, signé par l’émetteur qu’il nomme, et valable aujourd’hui.
check-invalid = Ce badge ne tient pas
check-invalid-text = Au moins un contrôle ci-dessous échoue. Ne vous fiez pas à ce badge.
check-open = Ce badge n’a pas pu être vérifié
check-open-text =
    Rien n’est connu contre lui, et rien n’est démontré en sa faveur : au moins un contrôle n’a pas pu
    être fait ici. Ce n’est pas la même chose que valable.
check-says = Ce qu’il dit de lui-même
check-badge = Badge
check-holder-id = Identifiant du titulaire
check-hashed =
    Le fichier ne nomme personne : il contient une adresse e-mail sous forme de hachage, que seul
    reconnaît qui connaît l’adresse. Demandez à qui vous a montré le badge sa page publique : elle dit le nom.
check-address = Sa propre adresse
check-issuer = Émetteur
check-issuer-id = Identifiant de l’émetteur
check-web =
    N’importe qui peut écrire n’importe quel nom. Ce qui est prouvé, c’est l’identifiant : le site web
    qu’il contient a signé ce badge. Assurez-vous que c’est bien celui de l’établissement.
check-key =
    N’importe qui peut écrire n’importe quel nom. Ce qui est prouvé, c’est l’identifiant, qui est une
    clé et non un site web : demandez à l’établissement si c’est la sienne.
check-each = Chaque contrôle
check-question = { $check ->
    [structure] Est-ce un Open Badge complet ?
    [terms] Son sens est-il clair ?
    [signature] Est-il inchangé depuis sa signature ?
    [key] La clé appartient-elle à l’émetteur ?
    [dates] Est-il valable aujourd’hui ?
    [status] L’émetteur le soutient-il toujours ?
    [schema] Respecte-t-il les règles de son schéma ?
    [badges] Chacun des badges qu’il contient est-il valable ?
   *[other] { $check }
}
check-holds = Tient
check-fails = Ne tient pas
check-not-made = N’a pas pu être contrôlé ici
check-unread = Ce qui n’a pas pu être lu
check-again = Vérifier un autre badge
check-file = Un fichier
check-file-note = L’image du badge (PNG ou SVG) ou son document (JSON ou JWT) ; 8 Mo au plus.
check-text = Ou collez un badge ou un lien
check-text-note = Un lien commence par https:// et mène au fichier du badge.
check-button = Vérifier
check-nothing = Choisissez un fichier, ou collez un badge ou un lien, puis appuyez sur le bouton.
check-link = Le lien n’a pas pu être lu : { $why }.
check-no-badge = Ce n’est pas un badge, il n’y a donc rien à vérifier : donnez l’image du badge (PNG ou SVG), son document (JSON ou JWT) ou un lien vers lui.
check-pdf = Un certificat PDF montre un badge, mais ne le contient pas. Scannez son code QR, ou collez l’adresse qui y est imprimée.
