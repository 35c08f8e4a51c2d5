# The mail that brings a badge. Lines are broken where the text part of the mail breaks them.

mail-subject = Su insignia: { $badge }
mail-subject-renewed = Su insignia se ha renovado: { $badge }
mail-subject-replaced = Su insignia, emitida de nuevo: { $badge }
mail-hello = Hola, { $name }:
mail-hello-nameless = Hola:
mail-awarded = { $issuer } le ha otorgado la insignia «{ $badge }».
mail-renewed = { $issuer } ha renovado su insignia «{ $badge }».
mail-replaced = { $issuer } ha vuelto a emitir su insignia «{ $badge }».
mail-renews =
    Es una insignia nueva, con fecha propia. Sustituye a la que
    se le otorgó el { $day }.
mail-replaces =
    Sustituye a la que se le otorgó el { $day },
    que ya no es válida.
mail-valid-until = Es válida hasta el { $day }.
mail-claim-here = Vea y acepte aquí su insignia:
mail-claim = Ver y aceptar su insignia
mail-no-account =
    No necesita ninguna cuenta. En cuanto acepte la insignia, esta tendrá una
    página pública que podrá compartir, y también podrá descargarla.
mail-button-fails = Si el botón no funciona, abra esta dirección:
mail-link-until =
    El enlace funciona hasta el { $day }. Es solo para usted:
    por favor, no reenvíe este mensaje.
mail-why =
    Recibe este mensaje porque se le ha otorgado esta insignia de
    { $issuer }. Si no es para usted, no tiene que hacer nada.
mail-image = La insignia «{ $badge }»
