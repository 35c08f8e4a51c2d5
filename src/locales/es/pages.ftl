# The claim page and the public page of a badge.

page-skip = Ir al contenido
page-digital-badges = Insignias digitales
page-footer = Insignias de { $issuer }, firmadas como Open Badges 3.0.
page-verify = Verificar una insignia
page-languages = Idiomas
claim-title = Su insignia: { $badge }
claim-kicker = Una insignia para usted
claim-kicker-claimed = Aceptada
claim-button = Aceptar esta insignia
claim-note =
    Se creará una página pública con su nombre, la insignia y lo que se muestra abajo. Su dirección
    de correo no aparece en ella. No necesita ninguna cuenta. El enlace funciona hasta el { $day }.
claim-open = Ver la página pública
claim-claimed =
    Ya ha aceptado esta insignia. Para compartirla está su página pública: { $address }. No comparta
    esta otra página: es solo para usted, y el enlace de su mensaje siempre lleva a ella.
claim-revoked = Ya no se puede aceptar. { $issuer } puede explicarle por qué.
claim-wrong = ¿Hay algún error?
claim-wrong-what =
    Si el nombre no es el suyo o algún resultado no es correcto, no acepte todavía la insignia y
    avise a { $issuer }.
badge-image = La insignia «{ $badge }»
badge-holder = Otorgada a
badge-holds = { $holder } posee la insignia «{ $badge }», otorgada por { $issuer } el { $day }.
state-valid = Válida
state-suspended = En suspenso
state-revoked = Retirada
state-expired = Caducada
state-revoked-head = Esta insignia ya no es válida.
state-revoked-text =
    { $issuer } la ha retirado. La página se mantiene para que nadie quede con dudas; no dice nada
    más sobre { $holder }.
state-suspended-head = Esta insignia está en suspenso.
state-suspended-text =
    { $issuer } la ha suspendido, por ejemplo mientras se revisa una nota. Puede volver a ser válida
    más adelante, en esta misma dirección.
state-expired-head = Esta insignia ha caducado.
state-expired-text = Fue válida hasta el { $day }; lo que se logró entonces se describe abajo.
state-replaced-head = Se ha vuelto a emitir, por el mismo logro.
state-replaced-link = Ver la insignia que cuenta ahora
state-renewed-head = Esta insignia se ha renovado.
state-renewed-text = { $holder } la ha obtenido de nuevo.
state-renewed-link = Ver la insignia más reciente
state-renewed-still = Esta sigue siendo válida hasta su propia fecha.
fact-issuer = Otorgada por
fact-awarded = Fecha
fact-until = Válida hasta
fact-no-end = Sin fecha de fin
fact-renews = Renueva
fact-earlier = una insignia anterior
fact-credits = Créditos
fact-field = Área de estudio
head-results = Resultados
evidence-unnamed = Evidencia
head-evidence = Pruebas
head-criteria = Cómo se obtiene esta insignia
head-competencies = Competencias
head-keywords = Palabras clave
head-related = Para seguir aprendiendo
criteria-link = Leer los criterios completos
result-percent = { $percent } %
result-of = { $points } de { $max }
result-points = { $points } puntos
result = Resultado
result-status = { $status ->
    [Completed] superado
    [Enrolled] inscrito
    [Failed] no superado
    [InProgress] en curso
    [OnHold] en suspenso
    [Provisional] provisional
    [Withdrew] retirado
   *[other] { $words }
}
take-head = Llévesela
take-what = Cada uno de estos archivos es la propia insignia, con su firma.
take-png = Imagen (PNG)
take-svg = Imagen (SVG)
take-json = Documento (JSON)
take-jwt = Documento (JWT)
take-pdf = Certificado para imprimir (PDF)
take-linkedin = Añadir a LinkedIn
take-linkedin-note = Para { $holder }: LinkedIn se abre con todo rellenado.
verify-head = Compruébelo usted
verify-here = Ver cada comprobación
verify-why =
    No tiene que fiarse de esta página. La insignia es un documento firmado que cualquier
    verificador de Open Badges 3.0 puede comprobar:
verify-download = Descargue el documento o una de las imágenes de arriba.
verify-give = Entréguelo a un verificador de su confianza, por ejemplo el de 1EdTech:
verify-checks = Comprueba la firma con la clave pública del emisor y pregunta si la insignia fue retirada.
verify-issuer = Emisor
verify-credential = Documento
verify-key = Clave pública
verify-lists = Listas de estado
verify-list = { $purpose ->
    [revocation] retirada
    [suspension] suspensión
   *[other] { $purpose }
}
kind = { $type ->
    [Achievement] Logro
    [Assessment] Evaluación
    [Assignment] Tarea
    [Award] Premio
    [Badge] Insignia
    [Certificate] Certificado
    [CertificateOfCompletion] Certificado de finalización
    [Certification] Certificación
    [Competency] Competencia
    [Course] Curso
    [Diploma] Diploma
    [MicroCredential] Microcredencial
   *[other] { $words }
}
