# The front page, the pages of the issuer and of a badge, and pages for what goes wrong.

front-title = Insignias de { $issuer }
front-about = Insignias digitales de { $issuer }: qué son, quién las obtiene y cómo comprobar una.
front-lead =
    Quien supera aquí una evaluación puede obtener una insignia: un registro firmado de lo que se logró,
    cuándo y con qué resultado. Pertenece a la persona que la obtuvo.
front-learners = Has obtenido una insignia
front-learners-how =
    Un correo te trae un enlace personal. Lleva a tu insignia; acéptala allí, sin necesidad de cuenta, y
    después comparte su página o descárgala.
front-no-mail = ¿No hay correo? Pregunta aquí:
front-employers = Te han mostrado una insignia
front-employers-how =
    Su página dice quién la otorgó, por qué y si sigue siendo válida. La dirección de una página así
    empieza por:
front-employers-verify = Cualquier verificador de Open Badges 3.0 puede comprobar la insignia, y este sitio también:
front-badges = Lo que se puede obtener
front-issuers = Quién emite insignias aquí
issuer-title = { $issuer }: emisor de insignias
issuer-kicker = Emisor de insignias
issuer-website = Sitio web
issuer-questions = Preguntas
issuer-identifier = Identificador
issuer-badges = Insignias
badge-signed-in = Traducción del emisor. La insignia firmada está escrita en otro idioma:
pathway-head = Itinerario
pathway-before = Se apoya en
pathway-next = Cuenta para
pathway-earned = Obtenida
page-outbox = Bandeja de salida de esta demostración
error-questions = ¿Preguntas?
error-front = A la página de inicio
error-not-found = Aquí no hay ninguna página
error-not-found-text =
    Puede que la dirección esté incompleta o que la insignia no sea pública: una insignia recibe su
    página cuando su titular la acepta.
error-unknown-link = No conocemos este enlace
error-unknown-link-text =
    Algunos programas de correo cortan las direcciones largas. Abre de nuevo el correo y copia el enlace
    entero.
error-unknown-link-ask = Si sigue sin funcionar, pide uno nuevo.
error-no-certificate = Ahora no hay certificado de esta insignia
error-no-certificate-text =
    La insignia fue retirada o está en suspenso. Su página, en la misma dirección sin «.pdf», dice cómo
    está.
error-erased = Esta insignia fue retirada
error-erased-text = Ya no es válida. No se conserva nada más sobre ella ni sobre quien la tenía.
error-no-letters = No podemos imprimir este certificado
error-no-letters-text =
    Un nombre está escrito con letras que nuestras fuentes de impresión no tienen. La insignia está
    completa: su página, en la misma dirección sin «.pdf», la muestra, y los demás archivos funcionan.
error-method = Esta dirección no permite eso
error-method-text = Empieza de nuevo desde la página anterior.
error-too-many = Eso fue mucho de una vez
error-too-many-text =
    Desde un mismo lugar se pueden verificar veinte insignias por minuto. Inténtalo de nuevo dentro de
    un minuto.
error-busy = Ahora mismo se están verificando muchas insignias
error-busy-text = Inténtalo de nuevo dentro de unos segundos.
error-too-large = Este archivo es demasiado grande
error-too-large-text =
    Una insignia puede tener hasta 8 MB. Su documento (JSON) es mucho más pequeño que su imagen.
error-unavailable = Aún no estamos listos
error-unavailable-text =
    Algo que esta página necesita se está reiniciando. Inténtalo de nuevo dentro de un minuto; nada se
    pierde.
error-internal = Algo ha fallado por nuestra parte
error-internal-text = Ha quedado registrado y alguien lo revisará. Inténtalo de nuevo más tarde.
error-no-format = No tenemos este formato
error-no-format-text = Las páginas solo se pueden incrustar mediante oEmbed en JSON.
