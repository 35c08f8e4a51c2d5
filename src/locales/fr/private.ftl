# Hiding a badge, and another address for its mails.

claim-yours = Il est à vous
claim-hidden =
    Vous avez masqué ce badge : personne d’autre ne voit sa page ni ses fichiers. Qui possède l’un de
    ses fichiers peut toujours le vérifier.
hide-button = Masquer la page publique
hide-head = Masquer ce badge ?
hide-what =
    Sa page publique et ses fichiers ne seront alors visibles que par vous, par ce lien. Les liens vers
    lui ne mèneront nulle part. Qui possède l’un de ses fichiers peut toujours le vérifier. Vous
    pourrez le rendre à nouveau public.
hide-do = Masquer
show-button = Le rendre à nouveau public
address-button = Recevoir les messages à une autre adresse
address-head = Une autre adresse pour les messages
address-what =
    Un message à la nouvelle adresse demande si elle est exacte. Rien ne change avant la confirmation.
    Le badge lui-même, qui nomme sous forme codée l’adresse de son émission, reste tel quel.
address-field = Nouvelle adresse électronique
address-do = Interroger cette adresse
address-wrong = Ce n’est pas une adresse à laquelle nous pouvons écrire.
address-asked-head = Consultez cette messagerie
address-asked-what =
    Si { $address } peut être jointe, un message avec un lien y est en route. Rien ne change avant
    qu’il soit ouvert et confirmé, dans les sept jours.
address-often-head = C’est assez pour aujourd’hui
address-often-what = Merci de réessayer demain.
address-subject = Est-ce votre adresse pour le badge « { $badge } » ?
address-mail = Les messages sur le badge « { $badge } » de { $issuer } doivent-ils arriver à cette adresse ?
address-nothing = Rien ne change avant votre confirmation.
address-why =
    Vous recevez ce message parce qu’une personne qui a le lien vers ce badge a donné
    cette adresse. Si ce n’était pas vous, vous n’avez rien à faire.
confirm-button = Confirmer cette adresse
confirm-head = Est-ce votre adresse ?
confirm-what = Les messages sur votre badge iront désormais à { $address }.
confirmed-head = C’est fait
confirmed-what = Les messages sur votre badge vont désormais à { $address }.
confirm-ended-head = Ce lien n’est plus valable
confirm-ended-what = L’adresse n’a pas été confirmée à temps, ou une autre l’a été. Indiquez-la de nouveau sur la page de votre badge.
