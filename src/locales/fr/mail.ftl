# The mail that brings a badge. Lines are broken where the text part of the mail breaks them.

mail-subject = Votre badge : { $badge }
mail-subject-renewed = Votre badge est renouvelé : { $badge }
mail-subject-replaced = Votre badge, délivré de nouveau : { $badge }
mail-hello = Bonjour { $name },
mail-hello-nameless = Bonjour,
mail-awarded = { $issuer } vous a décerné le badge « { $badge } ».
mail-renewed = { $issuer } a renouvelé votre badge « { $badge } ».
mail-replaced = { $issuer } a délivré de nouveau votre badge « { $badge } ».
mail-renews =
    C’est un nouveau badge, avec sa propre date. Il remplace celui
    qui vous a été décerné le { $day }.
mail-replaces =
    Il remplace celui qui vous a été décerné le { $day }
    et qui n’est plus valable.
mail-valid-until = Il est valable jusqu’au { $day }.
mail-claim-here = Découvrez votre badge et acceptez-le ici :
mail-claim = Voir et accepter votre badge
mail-no-account =
    Aucun compte n’est nécessaire. Dès que vous acceptez le badge, il a une page
    publique que vous pouvez partager, et vous pouvez le télécharger.
mail-button-fails = Si le bouton ne fonctionne pas, ouvrez cette adresse :
mail-link-until =
    Le lien fonctionne jusqu’au { $day }. Il est personnel :
    merci de ne pas transférer ce message.
mail-why =
    Vous recevez ce message parce que ce badge vous a été décerné par
    { $issuer }. S’il ne vous est pas destiné, vous n’avez rien à faire.
mail-image = Le badge « { $badge } »
