# What else the holder of a claim link can do.

claim-declined =
    Rechazó esta insignia el { $day }. Nadie la ve y no recibirá recordatorios. Si ha cambiado de
    opinión, acéptela abajo.
claim-decline = No quiero esta insignia
claim-not-me = No soy yo
decline-head = ¿Rechazar esta insignia?
decline-what =
    La insignia «{ $badge }» de { $issuer } seguirá siendo privada y no enviaremos recordatorios. Aun
    así podrá aceptarla con el mismo enlace hasta el { $day }.
decline-button = Rechazar la insignia
not-me-head = ¿No es usted?
not-me-what =
    La insignia es para { $holder }. Si es otra persona, díganoslo: esta página dejará de mostrar el
    nombre, no se enviarán más mensajes sobre la insignia a su dirección, y { $issuer } verá que
    llegó a la persona equivocada.
not-me-button = No soy yo
not-me-done-head = Gracias por avisarnos
not-me-done =
    No se enviarán más mensajes sobre esta insignia a su dirección. { $issuer } ve que llegó a la
    persona equivocada y puede corregirlo.
not-me-undo = Fue un error: sí soy yo
ended-head = Este enlace ya no funciona
ended-what =
    Su insignia está a salvo; solo el enlace es demasiado antiguo. { $issuer } puede enviar uno nuevo a
    la dirección registrada.
ended-button = Envíenme un enlace nuevo
asked-head = Mire su correo
asked-what =
    Si detrás de ese enlace espera una insignia, va en camino un mensaje con uno nuevo a la dirección
    registrada en { $issuer }, como máximo una vez al día. Puede estar entre el correo no deseado.
often-head = Fueron muchas solicitudes a la vez
often-what = Vuelva a intentarlo dentro de un minuto.
step-back = Volver a la insignia
step-contact = ¿Preguntas?
