# Hiding a badge, and another address for its mails.

claim-yours = Es suya
claim-hidden =
    Ha ocultado esta insignia: nadie más ve su página ni sus archivos. Quien tenga uno de sus archivos
    todavía puede verificarlo.
hide-button = Ocultar la página pública
hide-head = ¿Ocultar esta insignia?
hide-what =
    Entonces solo usted verá su página pública y sus archivos, por este enlace. Los enlaces a ella no
    llevarán a ninguna parte. Quien tenga uno de sus archivos todavía puede verificarlo. Podrá volver
    a hacerla pública.
hide-do = Ocultarla
show-button = Volver a hacerla pública
address-button = Enviar los mensajes a otra dirección
address-head = Otra dirección para los mensajes
address-what =
    Un mensaje a la nueva dirección pregunta si es correcta. Nada cambia antes de que se confirme. La
    insignia, que nombra de forma codificada la dirección de su emisión, queda como está.
address-field = Nueva dirección de correo
address-do = Preguntar a esa dirección
address-wrong = Esa no es una dirección a la que podamos escribir.
address-asked-head = Mire ese buzón
address-asked-what =
    Si se puede llegar a { $address }, va en camino un mensaje con un enlace. Nada cambia antes de que
    se abra y se confirme, en un plazo de siete días.
address-often-head = Es suficiente por hoy
address-often-what = Vuelva a intentarlo mañana.
address-subject = ¿Es esta su dirección para la insignia «{ $badge }»?
address-mail = ¿Deben llegar a esta dirección los mensajes sobre la insignia «{ $badge }» de { $issuer }?
address-nothing = Nada cambia antes de que usted lo confirme.
address-why =
    Recibe este mensaje porque alguien que tiene el enlace a esa insignia dio esta
    dirección. Si no fue usted, no tiene que hacer nada.
confirm-button = Confirmar esta dirección
confirm-head = ¿Es esta su dirección?
confirm-what = Los mensajes sobre su insignia irán a { $address } desde ahora.
confirmed-head = Listo
confirmed-what = Los mensajes sobre su insignia van a { $address } desde ahora.
confirm-ended-head = Este enlace ya no funciona
confirm-ended-what = La dirección no se confirmó a tiempo, o se confirmó otra. Indíquela de nuevo en la página de su insignia.
