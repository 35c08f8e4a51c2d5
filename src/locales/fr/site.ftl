# The front page, the pages of the issuer and of a badge, and pages for what goes wrong.

front-title = Badges de { $issuer }
front-about = Les badges numériques de { $issuer } : ce qu’ils sont, qui les obtient et comment en vérifier un.
front-lead =
    Réussir une évaluation ici peut donner droit à un badge : une attestation signée qui dit ce qui a
    été accompli, quand, et avec quel résultat. Il appartient à la personne qui l’a obtenu.
front-learners = Vous avez obtenu un badge
front-learners-how =
    Un e-mail vous apporte un lien personnel. Il mène à votre badge ; acceptez-le, sans compte, puis
    partagez sa page ou téléchargez-le.
front-no-mail = Pas d’e-mail ? Demandez ici :
front-employers = On vous a montré un badge
front-employers-how =
    Sa page dit qui l’a décerné, pour quoi, et s’il est toujours valable. L’adresse d’une telle page
    commence par :
front-employers-verify = Tout vérificateur Open Badges 3.0 peut contrôler le badge, et ce site aussi :
front-badges = Les badges à obtenir
front-issuers = Qui délivre des badges ici
issuer-title = { $issuer } : émetteur de badges
issuer-kicker = Émetteur de badges
issuer-website = Site web
issuer-questions = Questions
issuer-identifier = Identifiant
issuer-badges = Badges
badge-signed-in = Traduction de l’émetteur. Le badge signé est rédigé dans une autre langue :
pathway-head = Parcours
pathway-before = Il repose sur
pathway-next = Il compte pour
pathway-earned = Obtenu
page-outbox = Boîte d’envoi de cette démo
error-questions = Des questions ?
error-front = Vers la page d’accueil
error-not-found = Il n’y a pas de page ici
error-not-found-text =
    L’adresse est peut-être incomplète, ou le badge n’est pas public : un badge reçoit sa page lorsque
    son titulaire l’accepte.
error-unknown-link = Nous ne connaissons pas ce lien
error-unknown-link-text =
    Certains logiciels de messagerie coupent les longues adresses. Veuillez rouvrir l’e-mail et copier
    le lien entier.
error-unknown-link-ask = S’il ne fonctionne toujours pas, demandez-en un nouveau.
error-no-certificate = Il n’y a pas de certificat de ce badge actuellement
error-no-certificate-text =
    Le badge a été retiré ou est en suspens. Sa page, à la même adresse sans « .pdf », indique où il
    en est.
error-erased = Ce badge a été retiré
error-erased-text = Il n’est plus valable. Rien d’autre n’est conservé à son sujet ni au sujet de la personne qui le détenait.
error-no-letters = Nous ne pouvons pas imprimer ce certificat
error-no-letters-text =
    Un nom y est écrit avec des lettres que nos polices d’impression n’ont pas. Le badge lui-même est
    complet : sa page, à la même adresse sans « .pdf », le montre, et les autres fichiers fonctionnent.
error-method = Cette adresse ne permet pas cela
error-method-text = Veuillez recommencer à partir de la page précédente.
error-too-many = Cela fait beaucoup à la fois
error-too-many-text =
    Vingt vérifications par minute sont possibles depuis un même endroit. Veuillez réessayer dans une
    minute.
error-busy = De nombreux badges sont en cours de vérification
error-busy-text = Veuillez réessayer dans quelques secondes.
error-too-large = Ce fichier est trop volumineux
error-too-large-text =
    Un badge peut faire jusqu’à 8 Mo. Son document (JSON) est bien plus petit que son image.
error-unavailable = Nous n’y sommes pas tout à fait
error-unavailable-text =
    Un élément nécessaire à cette page redémarre. Veuillez réessayer dans une minute ; rien n’est perdu.
error-internal = Une erreur s’est produite de notre côté
error-internal-text = Elle a été enregistrée et quelqu’un s’en occupera. Veuillez réessayer plus tard.
error-no-format = Nous n’avons pas cette forme
error-no-format-text = Les pages peuvent être intégrées par oEmbed en JSON uniquement.
