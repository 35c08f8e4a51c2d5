# Taking a badge to a wallet: a part of the claim page, the mail with the code, and what the wallet says.

wallet-head = Put it in your wallet
wallet-what =
    A wallet app on your phone keeps the badge together with a key of yours, so that you can show
    that it is yours. We send a code to the e-mail address to which your badge was sent; the wallet asks for it.
wallet-start = Offer it to my wallet
wallet-scan = Scan this with your wallet app, or open it on the phone that you are reading this on.
wallet-qr = QR code for wallet apps
wallet-open = Open my wallet app
wallet-code =
    The wallet asks for a code of six digits. It is on its way to the e-mail address to which your
    badge was sent. It works once, for half an hour.
wallet-again = Send a new code
wallet-later = You have asked for several codes. Please try again in an hour.
wallet-lcw = Open in Learner Credential Wallet
wallet-lcw-what =
    This link is for the app Learner Credential Wallet on this device. It works once, for a quarter
    of an hour; reload this page for a new one. Do not share it.
wallet-ask = The code from the e-mail that { $issuer } has sent you
code-subject = The code for your wallet: { $badge }
code-type = To take the badge “{ $badge }” of { $issuer } to your wallet, enter this code there:
code-lasts = It works once, for half an hour.
code-secret =
    Please tell it to nobody. If you did not ask for it, you need not do
    anything: without the code nobody gets the badge.
