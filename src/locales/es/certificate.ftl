# The certificate to print. Who holds the badge stands between certificate-certifies and
# certificate-earned, in a line of its own, and the badge's name below.
certificate-title = Certificado
certificate-certifies = Por la presente se certifica que
certificate-earned = ha obtenido la insignia
certificate-check = Esta hoja es una imagen de una credencial firmada según Open Badges 3.0. Lo que vale es lo que dice hoy su página:
certificate-awarded = Otorgada el
certificate-until = Válida hasta
certificate-credits = Créditos
certificate-field = Campo de estudio
