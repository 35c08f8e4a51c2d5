# The page on which badges are verified.

check-about = Check an Open Badge of any issuer: is it genuine, unchanged, and does it still count?
check-lead =
    Is an Open Badge genuine, unchanged, and does it still count? Badges of other issuers can be checked
    here, too; where a check cannot be made, the answer says so. Nothing that you give is kept.
check-valid = This badge holds
check-valid-text = It is unchanged, signed by the issuer that it names, and counts today.
check-invalid = This badge does not hold
check-invalid-text = At least one check below fails. Do not rely on this badge.
check-open = This badge could not be checked
check-open-text =
    Nothing is known against it, and nothing is shown for it: at least one check could not be made here.
    That is not the same as valid.
check-says = What it says of itself
check-badge = Badge
check-holder-id = Holder’s identifier
check-hashed =
    The file names nobody: it holds an e-mail address as a hash, which only who knows the address can
    recognise. Ask whoever showed you the badge for its public page: that one says the name.
check-address = Its own address
check-issuer = Issuer
check-issuer-id = Issuer’s identifier
check-web =
    Anybody can write any name. What is proved is the identifier: the website in it has signed this
    badge. Make sure that it is the institution’s.
check-key =
    Anybody can write any name. What is proved is the identifier, which is a key and not a website: ask
    the institution whether it is theirs.
check-each = Each check
check-question = { $check ->
    [structure] Is it a complete Open Badge?
    [terms] Is its meaning clear?
    [signature] Is it unchanged since it was signed?
    [key] Does the key belong to the issuer?
    [dates] Does it count today?
    [status] Does the issuer still stand by it?
    [schema] Does it keep the rules of its schema?
    [badges] Does each badge in it hold?
   *[other] { $check }
}
check-holds = Holds
check-fails = Does not hold
check-not-made = Could not be checked here
check-unread = What could not be read
check-again = Verify another badge
check-file = A file
check-file-note = The badge’s image (PNG or SVG), or its document (JSON or JWT); up to 8 MB.
check-text = Or paste a badge or a link
check-text-note = A link begins with https:// and leads to the badge’s file.
check-button = Verify
check-nothing = Choose a file, or paste a badge or a link, then press the button.
check-link = The link could not be read: { $why }.
check-no-badge = This is no badge, so there is nothing to check: give the badge’s image (PNG or SVG), its document (JSON or JWT), or a link to it.
check-pdf = A PDF certificate is a picture of a badge, with no badge inside. Scan its QR code, or paste the address that is printed on it.
