# Ce que trouvent les vérifications d’un badge, en phrases.

found-nothing = Il n’y a rien à vérifier.
found-no-badge =
    Aucun Open Badge 3.0 n’a pu être lu dans cette image : elle n’en contient pas, en contient
    plusieurs, ou il est endommagé.
found-no-text = Ce n’est ni du JSON ni l’image d’un badge.
found-no-json =
    Ce n’est pas du JSON : ce qui se trouve à la ligne { $line }, colonne { $column }, est illisible.
found-too-large = Le badge dépasse { $most } Mio.
found-too-many = Il contient plus de valeurs que ce vérificateur n’en lit.
found-bad-jwt = Cela ressemble à un JWT, mais { $why }.
found-badge-complete = Il a les éléments qu’exige Open Badges 3.0.
found-badge-incomplete = Ce n’est pas un Open Badge complet : { $why }.
found-record-complete = Il a les éléments qu’exige Comprehensive Learner Record 2.0.
found-record-incomplete = Ce n’est pas un relevé d’apprentissage complet : { $why }.
found-terms = Chaque terme est défini par les standards qu’il cite.
found-terms-unclear = Quelque chose n’y a pas de sens clair : { $why }.
found-terms-unknown =
    Ce vérificateur ne connaît que les termes d’Open Badges 3.0 et n’en télécharge pas d’autres :
    { $why }.
found-jwt-terms =
    La signature couvre chaque caractère, et les affirmations du JWT disent ce que dit le badge.
found-jwt-little = Le JWT en dit trop peu : { $why }.
found-jwt-claim = L’affirmation « { $claim } » du JWT ne dit pas ce que dit « { $member } ».
found-signature = La signature correspond à ce texte et à la clé.
found-bad-signature = La signature ne correspond pas : le texte a été modifié, ou une autre clé l’a signé.
found-without-key = La signature ne peut pas être vérifiée sans la clé.
found-without-meaning =
    La signature ne peut pas être vérifiée tant que le sens de certains termes n’est pas clair.
found-unsigned = Il n’est pas signé : il ne contient aucune preuve.
found-unsigned-jwt = Il n’est pas signé avec la clé d’un émetteur : n’importe qui a pu l’écrire.
found-several-proofs = Il contient plusieurs preuves d’un même type ; on ne sait pas laquelle compte.
found-other-proof = Sa preuve est d’un autre type ; { $one } et { $other } peuvent être vérifiés ici.
found-bad-proof = La preuve est incorrecte : { $why }.
found-proof-terms = La preuve dit quelque chose que ce vérificateur ne connaît pas : { $why }.
found-too-tangled =
    La signature ne peut pas être vérifiée : trop d’éléments sans nom se renvoient les uns aux autres.
found-algorithm = Il est signé par « { $algorithm } » ; ES256, RS256 et EdDSA peuvent être vérifiés ici.
found-critical = Son en-tête demande quelque chose que ce vérificateur ne connaît pas.
found-other-algorithm = La signature n’est pas du même type que la clé.
found-no-issuer = L’émetteur n’est pas nommé : { $why }.
found-key-missing = La preuve ne nomme aucune clé.
found-key-without-proof = Sans preuve vérifiable, aucune clé n’est nommée.
found-jwt-keyless = Le JWT ne nomme aucune clé.
found-key-address = « { $key } » n’est pas l’adresse complète d’une clé.
found-key-of-another = La clé appartient à { $did }, mais l’émetteur est { $issuer }.
found-key-unnamed = L’adresse de la clé ne nomme pas la clé.
found-key-is-name = La clé est le nom même de l’émetteur : { $did }.
found-key-listed = { $did } déclare cette clé pour ses badges.
found-key-not-listed = Le document DID de { $did } ne nomme pas la clé : { $why }.
found-key-method = L’émetteur est désigné par { $did } ; did:web et did:key peuvent être vérifiés ici.
found-key-unread = Le document DID de { $did } n’a pas pu être lu.
found-key-document = Le document DID de { $did } est celui d’un autre DID.
found-key-wrong = La clé est incorrecte : { $why }.
found-key-came-along =
    La clé est venue avec le badge, et rien ne montre qu’elle appartient à { $issuer } : n’importe qui
    aurait pu signer ainsi.
found-dates-wrong = Les dates sont incorrectes : { $why }.
found-too-early = Il n’est valable qu’à partir du { $time }.
found-expired = Il a expiré le { $time }.
found-valid-until = Il est valable jusqu’au { $time }.
found-valid-for-ever = Il est valable et n’expire pas.
found-no-status = L’émetteur ne tient pas d’état pour lui : il ne peut pas être révoqué.
found-not-revoked = L’émetteur ne l’a ni révoqué ni suspendu.
found-revoked = L’émetteur l’a révoqué.
found-suspended = L’émetteur l’a suspendu.
found-status-kind = Son état est tenu d’une manière que ce vérificateur ne connaît pas.
found-status-many = Il cite plus de listes d’état que ce vérificateur n’en lit.
found-status-incomplete = L’indication d’état est incomplète : { $why }.
found-status-index = Le numéro de l’indication d’état n’est pas un nombre entier.
found-status-bits = Son état a plus d’un bit, ce que ce vérificateur ne lit pas.
found-status-purpose = L’état « { $purpose } » n’est pas connu de ce vérificateur.
found-no-place = La liste d’états n’a pas de place { $index }.
found-list-unread = La liste d’états { $list } n’a pas pu être lue.
found-list-wrong = La liste d’états { $list } est incorrecte : { $why }.
found-list-bad = La liste d’états { $list } n’est pas valable. { $why }
found-list-open = La liste d’états { $list } ne peut pas être vérifiée. { $why }
found-no-schema = Il ne cite aucun schéma JSON : il n’y en a donc aucun pour le vérifier.
found-schema-ours =
    Il respecte les règles du schéma de 1EdTech qu’il cite. Le schéma n’est pas téléchargé : ce
    vérificateur en a les règles écrites.
found-schema-ours-bad = Il enfreint une règle du schéma de 1EdTech qu’il cite : { $why }.
found-schema-good = Il respecte les règles du schéma qu’il cite, { $schema }.
found-schema-bad = Il enfreint une règle du schéma qu’il cite, { $schema }, à « { $member } ».
found-schema-kind = Il cite un schéma d’un type que ce vérificateur ne connaît pas.
found-schema-many = Il cite plus de schémas que ce vérificateur n’en vérifie.
found-schema-incomplete = Le schéma n’est pas cité complètement : { $why }.
found-schema-unread = Pas vérifié, car le schéma { $schema } n’a pas pu être lu.
found-schema-open = Pas vérifié, à cause du schéma { $schema } : { $why }.
found-badges-later = Ils sont examinés quand il est établi que le relevé lui-même est inchangé.
found-badges-many = Il y en a plus que ce vérificateur n’en vérifie.
found-badges-kind = « { $name } » est d’un type que ce vérificateur ne connaît pas.
found-badges-bad = « { $name } » n’est pas valable. { $why }
found-badges-open = « { $name } » n’a pas pu être vérifié. { $why }
found-badges-good = Chacun des badges qu’il contient est valable par lui-même ({ $count }).

# Des raisons, parties de ces phrases.

why-missing = { $member } manque
why-not-text = { $member } n’est pas un texte ou est vide
why-not-date = { $member } n’est pas une date avec heure
why-not-address = { $member } n’est pas une adresse absolue
why-not-object = ce n’est pas un objet JSON
why-type = { $member } ne dit pas « { $name } »
why-context = @context ne commence pas par { $address }
why-no-time = { $until } n’est pas après { $from }
why-nobody = credentialSubject n’a ni id ni identifier : personne n’est nommé
why-criteria = { $member } n’a ni id ni narrative
why-twice = { $member } y figure deux fois
why-no-credentials = credentialSubject.verifiableCredential est vide, ou rien n’y a d’id
why-term-unknown = le terme « { $term } » n’y est pas connu
why-context-unknown = le contexte { $address } n’est pas connu
why-context-inside = un contexte est écrit dans le document lui-même
why-contradiction = « { $term } » est défini par { $one } et, autrement, par { $other }
why-nested-list = « { $member } » contient une liste dans une liste
why-own-id = l’identifiant du document y figure une deuxième fois
why-two-meanings = « { $member } » y a deux sens
why-not-iri = « { $member } » n’est pas une adresse absolue (IRI)
why-no-address = « { $member } » doit être une adresse ou un objet
why-no-word = « { $member } » doit être un des mots que définit le standard
why-no-number = « { $member } » doit être un nombre qu’un flottant garde exactement
why-no-plain = « { $member } » doit être une valeur simple
why-no-object = « { $member } » doit être un objet
why-too-many = il a plus d’objets qu’aucun badge
why-too-many-names = « { $member } » cite trop de choses
why-proof-purpose = son but n’est pas assertionMethod
why-proof-value = proofValue n’est pas une signature en base58
why-jwt-base64 = une de ses parties n’est pas en base64url
why-jwt-json = son en-tête ou son contenu n’est pas du JSON
why-jwt-many = il contient plus de valeurs que ce vérificateur n’en lit
why-no-multikey = « { $key } » n’est pas une clé Ed25519 ou P-256
why-jwk-part = le JWK n’a pas de { $member } en base64url
why-jwk-private = le JWK contient la moitié privée de la clé
why-jwk-wrong = le JWK n’est pas un point de sa courbe
why-rsa-size = la clé RSA n’a pas de 2048 à 8192 bits
why-key-unknown = les clés du type « { $kind } » ne sont pas connues ici
why-key-not-listed = assertionMethod ne cite pas { $key }
why-key-lacking = verificationMethod n’a pas { $key }
why-key-controller = la clé a un autre contrôleur
why-key-other-kind = la clé n’est pas du type indiqué
why-key-form = la clé n’est ni un Multikey ni un JsonWebKey
why-list-kind = c’est un autre document
why-list-address = c’est la liste d’une autre adresse
why-list-issuer = elle vient d’un autre émetteur
why-list-purpose = elle n’est pas pour { $purpose }
why-list-form = encodedList n’est pas du gzip en base64url
why-list-large = encodedList est plus grande que toute liste que ce vérificateur lit
why-list-small = encodedList a moins de { $size } bits
why-schema-value = { $member } a une valeur qui n’y est pas permise
why-schema-member = { $member } n’y est pas permis
why-schema-wrong = ce n’est pas un schéma JSON lisible
why-schema-refers = il renvoie à un autre document, { $address }
why-schema-keyword = il utilise « { $keyword } », qui n’est pas pris en charge ici
why-schema-earlier = depuis la création des badges de ce genre, 1EdTech a changé ce qui s’y trouve
why-schema-work = vérifier le badge d’après lui demanderait trop de calculs

# Pourquoi une chose n’a pas été téléchargée, en parties de phrases.

fetch-https = seules les adresses qui commencent par https:// sont lues
fetch-user = les adresses avec un nom d’utilisateur ne sont pas lues
fetch-no-host = l’adresse ne nomme aucun hôte
fetch-private = l’adresse n’est pas sur l’internet public
fetch-this-machine = une redirection mène à cette machine
fetch-redirects = { $host } redirige plus de { $most } fois
fetch-no-did = ce n’est pas un did:web lisible
fetch-no-address = ce n’est pas une adresse web
fetch-unreachable = { $host } n’a pas donné de réponse utilisable
fetch-status = { $host } a répondu par le statut { $status }
fetch-large = la réponse de { $host } est trop grande
fetch-no-json = la réponse de { $host } n’est pas du JSON
fetch-missing = ce document n’existe pas ici
fetch-many = le badge cite trop de documents
fetch-late = les documents ont mis trop de temps
fetch-page = il mène à une page ; donnez le lien du fichier du badge, ou le fichier lui-même
fetch-no-badge = aucun badge public ne se trouve à cette adresse
