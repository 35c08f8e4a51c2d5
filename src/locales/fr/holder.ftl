# What else the holder of a claim link can do.

claim-declined =
    Vous avez refusé ce badge le { $day }. Personne ne le voit et vous ne recevrez pas de rappel. Si
    vous avez changé d’avis, acceptez-le ci-dessous.
claim-decline = Je ne veux pas de ce badge
claim-not-me = Ce n’est pas moi
decline-head = Refuser ce badge ?
decline-what =
    Le badge « { $badge } » de { $issuer } reste alors privé, et nous n’envoyons pas de rappel. Vous
    pouvez tout de même l’accepter par le même lien jusqu’au { $day }.
decline-button = Refuser le badge
not-me-head = Ce n’est pas vous ?
not-me-what =
    Le badge est destiné à { $holder }. S’il s’agit d’une autre personne, dites-le-nous : cette page
    n’affichera plus le nom, plus aucun message sur ce badge n’ira à votre adresse, et { $issuer }
    verra qu’il n’est pas arrivé à la bonne personne.
not-me-button = Ce n’est pas moi
not-me-done-head = Merci de nous l’avoir dit
not-me-done =
    Plus aucun message sur ce badge n’ira à votre adresse. { $issuer } voit qu’il n’est pas arrivé à
    la bonne personne et peut corriger.
not-me-undo = C’était une erreur : c’est bien moi
ended-head = Ce lien n’est plus valable
ended-what =
    Votre badge est en sécurité ; seul le lien est trop ancien. { $issuer } peut en envoyer un nouveau
    à l’adresse enregistrée.
ended-button = M’envoyer un nouveau lien
asked-head = Consultez votre messagerie
asked-what =
    Si un badge attend derrière ce lien, un message avec un nouveau lien part à l’adresse enregistrée
    chez { $issuer }, au plus une fois par jour. Il peut se trouver parmi les indésirables.
often-head = C’était beaucoup d’un coup
often-what = Merci de réessayer dans une minute.
step-back = Retour au badge
step-contact = Des questions ?
