# Lo que hallan las comprobaciones de una insignia, en frases.

found-nothing = No hay nada que comprobar.
found-no-badge =
    No se pudo leer ninguna Open Badge 3.0 en esta imagen: no contiene ninguna, contiene varias o está
    dañada.
found-no-text = No es JSON ni la imagen de una insignia.
found-no-json = No es JSON: no se puede leer lo que está en la línea { $line }, columna { $column }.
found-too-large = La insignia tiene más de { $most } MiB.
found-too-many = Contiene más valores de los que este verificador lee.
found-bad-jwt = Parece un JWT, pero { $why }.
found-badge-complete = Tiene los elementos que exige Open Badges 3.0.
found-badge-incomplete = No es una Open Badge completa: { $why }.
found-record-complete = Tiene los elementos que exige Comprehensive Learner Record 2.0.
found-record-incomplete = No es un registro de aprendizaje completo: { $why }.
found-terms = Cada término está definido por los estándares que cita.
found-terms-unclear = Algo en ella no tiene un significado claro: { $why }.
found-terms-unknown =
    Este verificador solo conoce los términos de Open Badges 3.0 y no descarga otros: { $why }.
found-jwt-terms = La firma abarca cada carácter, y las declaraciones del JWT dicen lo que dice la insignia.
found-jwt-little = El JWT dice demasiado poco: { $why }.
found-jwt-claim = La declaración «{ $claim }» del JWT no dice lo que dice «{ $member }».
found-signature = La firma corresponde a este texto y a la clave.
found-bad-signature = La firma no corresponde: el texto se modificó, o lo firmó otra clave.
found-without-key = La firma no se puede comprobar sin la clave.
found-without-meaning =
    La firma no se puede comprobar mientras no esté claro el significado de algunos términos.
found-unsigned = No está firmada: no contiene ninguna prueba.
found-unsigned-jwt = No está firmada con la clave de un emisor: cualquiera pudo haberla escrito.
found-several-proofs = Contiene varias pruebas del mismo tipo; no está claro cuál cuenta.
found-other-proof = Su prueba es de otro tipo; aquí se pueden comprobar { $one } y { $other }.
found-bad-proof = La prueba es incorrecta: { $why }.
found-proof-terms = La prueba dice algo que este verificador no conoce: { $why }.
found-too-tangled =
    La firma no se puede comprobar: demasiados elementos sin nombre se refieren unos a otros.
found-algorithm = Está firmada con «{ $algorithm }»; aquí se pueden comprobar ES256, RS256 y EdDSA.
found-critical = Su encabezado pide algo que este verificador no conoce.
found-other-algorithm = La firma no es del mismo tipo que la clave.
found-no-issuer = El emisor no está nombrado: { $why }.
found-key-missing = La prueba no nombra ninguna clave.
found-key-without-proof = Sin una prueba que se pueda comprobar, no se nombra ninguna clave.
found-jwt-keyless = El JWT no nombra ninguna clave.
found-key-address = «{ $key }» no es la dirección completa de una clave.
found-key-of-another = La clave pertenece a { $did }, pero el emisor es { $issuer }.
found-key-unnamed = La dirección de la clave no nombra la clave.
found-key-is-name = La clave es el propio nombre del emisor: { $did }.
found-key-listed = { $did } declara esta clave para sus insignias.
found-key-not-listed = El documento DID de { $did } no nombra la clave: { $why }.
found-key-method = El emisor se identifica con { $did }; aquí se pueden comprobar did:web y did:key.
found-key-unread = No se pudo leer el documento DID de { $did }.
found-key-document = El documento DID de { $did } es de otro DID.
found-key-wrong = La clave es incorrecta: { $why }.
found-key-came-along =
    La clave vino con la insignia, y nada demuestra que sea de { $issuer }: cualquiera podría haber
    firmado así.
found-dates-wrong = Las fechas son incorrectas: { $why }.
found-too-early = Solo es válida a partir de { $time }.
found-expired = Caducó el { $time }.
found-valid-until = Es válida hasta { $time }.
found-valid-for-ever = Es válida y no caduca.
found-no-status = El emisor no lleva ningún estado de ella: no se puede revocar.
found-not-revoked = El emisor no la ha revocado ni suspendido.
found-revoked = El emisor la ha revocado.
found-suspended = El emisor la ha suspendido.
found-status-kind = Su estado se lleva de una manera que este verificador no conoce.
found-status-many = Cita más listas de estado de las que este verificador lee.
found-status-incomplete = La indicación de estado está incompleta: { $why }.
found-status-index = El número de la indicación de estado no es un número entero.
found-status-bits = Su estado tiene más de un bit, lo que este verificador no lee.
found-status-purpose = Este verificador no conoce el estado «{ $purpose }».
found-no-place = La lista de estados no tiene el lugar { $index }.
found-list-unread = No se pudo leer la lista de estados { $list }.
found-list-wrong = La lista de estados { $list } es incorrecta: { $why }.
found-list-bad = La lista de estados { $list } no es válida. { $why }
found-list-open = La lista de estados { $list } no se puede comprobar. { $why }
found-no-schema = No cita ningún esquema JSON, así que no hay ninguno con el que comprobarla.
found-schema-ours =
    Cumple las reglas del esquema de 1EdTech que cita. El esquema no se descarga: este verificador tiene
    sus reglas escritas.
found-schema-ours-bad = Incumple una regla del esquema de 1EdTech que cita: { $why }.
found-schema-good = Cumple las reglas del esquema que cita, { $schema }.
found-schema-bad = Incumple una regla del esquema que cita, { $schema }, en «{ $member }».
found-schema-kind = Cita un esquema de un tipo que este verificador no conoce.
found-schema-many = Cita más esquemas de los que este verificador comprueba.
found-schema-incomplete = El esquema no está citado por completo: { $why }.
found-schema-unread = No se comprobó, porque no se pudo leer el esquema { $schema }.
found-schema-open = No se comprobó, por el esquema { $schema }: { $why }.
found-badges-later = Se examinan cuando se demuestra que el propio registro no ha cambiado.
found-badges-many = Hay más de las que este verificador comprueba.
found-badges-kind = «{ $name }» es de un tipo que este verificador no conoce.
found-badges-bad = «{ $name }» no es válida. { $why }
found-badges-open = «{ $name }» no se pudo comprobar. { $why }
found-badges-good = Cada una de las insignias que contiene es válida por sí misma ({ $count }).

# Razones, como partes de estas frases.

why-missing = falta { $member }
why-not-text = { $member } no es un texto o está vacío
why-not-date = { $member } no es una fecha con hora
why-not-address = { $member } no es una dirección absoluta
why-not-object = no es un objeto JSON
why-type = { $member } no dice «{ $name }»
why-context = @context no empieza con { $address }
why-no-time = { $until } no es posterior a { $from }
why-nobody = credentialSubject no tiene id ni identifier: no se nombra a nadie
why-criteria = { $member } no tiene id ni narrative
why-twice = { $member } aparece dos veces
why-no-credentials = credentialSubject.verifiableCredential está vacío, o nada en él tiene id
why-term-unknown = el término «{ $term }» no se conoce ahí
why-context-unknown = el contexto { $address } no se conoce
why-context-inside = hay un contexto escrito en el propio documento
why-contradiction = «{ $term }» está definido por { $one } y, de otro modo, por { $other }
why-nested-list = «{ $member }» contiene una lista dentro de otra
why-own-id = el propio id del documento aparece otra vez dentro
why-two-meanings = «{ $member }» tiene ahí dos significados
why-not-iri = «{ $member }» no es una dirección absoluta (IRI)
why-no-address = «{ $member }» debe ser una dirección o un objeto
why-no-word = «{ $member }» debe ser una de las palabras que define el estándar
why-no-number = «{ $member }» debe ser un número que un número de coma flotante conserve con exactitud
why-no-plain = «{ $member }» debe ser un valor simple
why-no-object = «{ $member }» debe ser un objeto
why-too-many = tiene más objetos que cualquier insignia
why-too-many-names = «{ $member }» cita demasiadas cosas
why-proof-purpose = su propósito no es assertionMethod
why-proof-value = proofValue no es una firma en base58
why-jwt-base64 = una parte no está en base64url
why-jwt-json = su encabezado o su contenido no es JSON
why-jwt-many = contiene más valores de los que este verificador lee
why-no-multikey = «{ $key }» no es una clave Ed25519 ni P-256
why-jwk-part = el JWK no tiene { $member } en base64url
why-jwk-private = el JWK contiene la mitad privada de la clave
why-jwk-wrong = el JWK no es un punto de su curva
why-rsa-size = la clave RSA no tiene de 2048 a 8192 bits
why-key-unknown = las claves del tipo «{ $kind }» no se conocen aquí
why-key-not-listed = assertionMethod no incluye { $key }
why-key-lacking = verificationMethod no tiene { $key }
why-key-controller = la clave tiene otro controlador
why-key-other-kind = la clave no es del tipo que indica
why-key-form = la clave no es un Multikey ni un JsonWebKey
why-list-kind = es otro documento
why-list-address = es la lista de otra dirección
why-list-issuer = viene de otro emisor
why-list-purpose = no es para { $purpose }
why-list-form = encodedList no es gzip en base64url
why-list-large = encodedList es mayor que cualquier lista que este verificador lea
why-list-small = encodedList tiene menos de { $size } bits
why-schema-value = { $member } tiene un valor que no se permite ahí
why-schema-member = { $member } no se permite ahí
why-schema-wrong = no es un esquema JSON legible
why-schema-refers = remite a otro documento, { $address }
why-schema-keyword = usa «{ $keyword }», que aquí no se admite
why-schema-earlier = desde que se hicieron insignias de este tipo, 1EdTech ha cambiado lo que hay ahí
why-schema-work = comprobar la insignia con él sería demasiado trabajo

# Por qué no se descargó algo, como partes de frases.

fetch-https = solo se leen direcciones que empiezan por https://
fetch-user = no se leen direcciones con nombre de usuario
fetch-no-host = la dirección no nombra ningún servidor
fetch-private = la dirección no está en la internet pública
fetch-this-machine = una redirección lleva a esta máquina
fetch-redirects = { $host } redirige más de { $most } veces
fetch-no-did = no es un did:web que se pueda leer
fetch-no-address = no es una dirección web
fetch-unreachable = no hubo respuesta utilizable de { $host }
fetch-status = { $host } respondió con el estado { $status }
fetch-large = la respuesta de { $host } es demasiado grande
fetch-no-json = la respuesta de { $host } no es JSON
fetch-missing = ese documento no existe aquí
fetch-many = la insignia cita demasiados documentos
fetch-late = los documentos tardaron demasiado
fetch-page = lleva a una página; dé el enlace del archivo de la insignia, o el propio archivo
fetch-no-badge = no hay ninguna insignia pública en esta dirección
