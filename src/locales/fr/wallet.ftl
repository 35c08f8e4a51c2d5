# Emporter un badge dans un portefeuille : une partie de la page de retrait, le message avec le code, et ce que dit le portefeuille.

wallet-head = L’ajouter à votre portefeuille
wallet-what =
    Une application de portefeuille sur votre téléphone conserve le badge avec une clé qui vous est propre :
    vous pouvez ainsi montrer qu’il est à vous. Nous envoyons un code à l’adresse électronique à laquelle
    votre badge a été envoyé ; le portefeuille le demande.
wallet-start = Le proposer à mon portefeuille
wallet-scan = Scannez ceci avec votre application de portefeuille, ou ouvrez-le sur le téléphone où vous lisez cette page.
wallet-qr = Code QR pour les applications de portefeuille
wallet-open = Ouvrir mon portefeuille
wallet-code =
    Le portefeuille demande un code à six chiffres. Il est en route vers l’adresse électronique à laquelle
    votre badge a été envoyé. Il est valable une fois, pendant une demi-heure.
wallet-again = Envoyer un nouveau code
wallet-later = Vous avez demandé plusieurs codes. Veuillez réessayer dans une heure.
wallet-lcw = Ouvrir dans Learner Credential Wallet
wallet-lcw-what =
    Ce lien est destiné à l’application Learner Credential Wallet sur cet appareil. Il est valable une fois,
    pendant un quart d’heure ; rechargez cette page pour en obtenir un nouveau. Ne le partagez pas.
wallet-ask = Le code du message que { $issuer } vous a envoyé
code-subject = Le code pour votre portefeuille : { $badge }
code-type = Pour emporter le badge « { $badge } » de { $issuer } dans votre portefeuille, saisissez-y ce code :
code-lasts = Il est valable une fois, pendant une demi-heure.
code-secret =
    Ne le communiquez à personne. Si vous ne l’avez pas demandé, vous n’avez rien
    à faire : sans ce code, personne n’obtient le badge.
