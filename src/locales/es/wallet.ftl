# Llevar una insignia a una cartera: una parte de la página de recogida, el correo con el código y lo que dice la cartera.

wallet-head = Añadirla a su cartera
wallet-what =
    Una aplicación de cartera en su teléfono guarda la insignia junto con una clave propia, de modo que usted
    puede demostrar que es suya. Enviamos un código a la dirección de correo a la que se envió su insignia;
    la cartera se lo pedirá.
wallet-start = Ofrecerla a mi cartera
wallet-scan = Escanee esto con su aplicación de cartera, o ábralo en el teléfono en el que lee esta página.
wallet-qr = Código QR para aplicaciones de cartera
wallet-open = Abrir mi cartera
wallet-code =
    La cartera pide un código de seis cifras. Está en camino a la dirección de correo a la que se envió su
    insignia. Vale una vez, durante media hora.
wallet-again = Enviar un código nuevo
wallet-later = Ha pedido varios códigos. Vuelva a intentarlo dentro de una hora.
wallet-lcw = Abrir en Learner Credential Wallet
wallet-lcw-what =
    Este enlace es para la aplicación Learner Credential Wallet en este dispositivo. Vale una vez, durante un
    cuarto de hora; vuelva a cargar esta página para obtener uno nuevo. No lo comparta.
wallet-ask = El código del correo que { $issuer } le ha enviado
code-subject = El código para su cartera: { $badge }
code-type = Para llevar la insignia «{ $badge }» de { $issuer } a su cartera, introduzca en ella este código:
code-lasts = Vale una vez, durante media hora.
code-secret =
    No se lo diga a nadie. Si no lo ha pedido, no tiene que hacer nada: sin el
    código nadie obtiene la insignia.
