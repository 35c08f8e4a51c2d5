# The page on which badges are verified.

check-about = Comprueba una Open Badge de cualquier emisor: ¿es auténtica, no ha cambiado y sigue siendo válida?
check-lead =
    ¿Es auténtica una Open Badge, no ha cambiado y sigue siendo válida? Aquí también se pueden comprobar
    insignias de otros emisores; si una comprobación no es posible, la respuesta lo dice. No se conserva
    nada de lo que envíes.
check-valid = Esta insignia es válida
check-valid-text = No ha cambiado, la firmó el emisor que nombra y vale hoy.
check-invalid = Esta insignia no es válida
check-invalid-text = Al menos una de las comprobaciones de abajo falla. No te fíes de esta insignia.
check-open = Esta insignia no se ha podido comprobar
check-open-text =
    No se sabe nada en su contra y nada se ha demostrado a su favor: al menos una comprobación no se pudo
    hacer aquí. Eso no es lo mismo que válida.
check-says = Lo que dice de sí misma
check-badge = Insignia
check-holder-id = Identificador del titular
check-hashed =
    El archivo no nombra a nadie: contiene una dirección de correo como hash, que solo reconoce quien
    conoce la dirección. Pide a quien te mostró la insignia su página pública: en ella está el nombre.
check-address = Su propia dirección
check-issuer = Emisor
check-issuer-id = Identificador del emisor
check-web =
    Cualquiera puede escribir cualquier nombre. Lo que está probado es el identificador: el sitio web que
    contiene ha firmado esta insignia. Asegúrate de que es el de la institución.
check-key =
    Cualquiera puede escribir cualquier nombre. Lo que está probado es el identificador, que es una clave
    y no un sitio web: pregunta a la institución si es suya.
check-each = Cada comprobación
check-question = { $check ->
    [structure] ¿Es una Open Badge completa?
    [terms] ¿Está claro su significado?
    [signature] ¿Está igual que cuando se firmó?
    [key] ¿La clave es del emisor?
    [dates] ¿Vale hoy?
    [status] ¿El emisor la sigue respaldando?
    [schema] ¿Cumple las reglas de su esquema?
    [badges] ¿Es válida cada una de las insignias que contiene?
   *[other] { $check }
}
check-holds = Sí
check-fails = No
check-not-made = No se pudo comprobar aquí
check-unread = Lo que no se pudo leer
check-again = Verificar otra insignia
check-file = Un archivo
check-file-note = La imagen de la insignia (PNG o SVG) o su documento (JSON o JWT); hasta 8 MB.
check-text = O pega una insignia o un enlace
check-text-note = Un enlace empieza por https:// y lleva al archivo de la insignia.
check-button = Verificar
check-nothing = Elige un archivo, o pega una insignia o un enlace, y después pulsa el botón.
check-link = No se pudo leer el enlace: { $why }.
check-no-badge = Esto no es una insignia, así que no hay nada que comprobar: indica la imagen de la insignia (PNG o SVG), su documento (JSON o JWT) o un enlace a ella.
check-pdf = Un certificado PDF muestra una insignia, pero no la contiene. Escanea su código QR o pega la dirección que lleva impresa.
