# The claim page and the public page of a badge.

page-skip = Skip to content
page-digital-badges = Digital badges
page-footer = Badges of { $issuer }, signed as Open Badges 3.0.
page-verify = Verify a badge
page-languages = Languages
claim-title = Your badge: { $badge }
claim-kicker = A badge for you
claim-kicker-claimed = Claimed
claim-button = Claim this badge
claim-note =
    This makes a public page with your name, the badge, and what is shown below. Your e-mail
    address is not on it. You need no account. The link works until { $day }.
claim-open = See the public page
claim-claimed =
    You have claimed this badge. Its public page, to share, is { $address }. Do not share this page
    here: it is yours alone, and the link in your mail always leads to it.
claim-revoked = It cannot be claimed any more. { $issuer } can tell you why.
claim-wrong = Is something wrong here?
claim-wrong-what =
    If the name is not yours or a result is not right, do not claim the badge yet, and tell
    { $issuer }.
badge-image = The badge “{ $badge }”
badge-holder = Awarded to
badge-holds = { $holder } holds the badge “{ $badge }”, awarded by { $issuer } on { $day }.
state-valid = Valid
state-suspended = On hold
state-revoked = Withdrawn
state-expired = Expired
state-revoked-head = This badge no longer counts.
state-revoked-text =
    { $issuer } has withdrawn it. The page stays, so that nobody is left guessing; it says nothing
    beyond that about { $holder }.
state-suspended-head = This badge is on hold.
state-suspended-text =
    { $issuer } has paused it, for instance while a grade is looked at again. It may count again
    later, under this same address.
state-expired-head = This badge has run its time.
state-expired-text = It was valid until { $day }; what was achieved then is described below.
state-replaced-head = It was issued again, for the same achievement.
state-replaced-link = See the badge that counts now
state-renewed-head = This badge was renewed.
state-renewed-text = { $holder } has earned it again.
state-renewed-link = See the newer badge
state-renewed-still = This one counts until its own end.
fact-issuer = Issued by
fact-awarded = Awarded
fact-until = Valid until
fact-no-end = No end date
fact-renews = Renews
fact-earlier = an earlier badge
fact-credits = Credits
fact-field = Field of study
head-results = Results
evidence-unnamed = Evidence
head-evidence = Evidence
head-criteria = How this badge is earned
head-competencies = Competencies
head-keywords = Keywords
head-related = Where to go from here
criteria-link = Read the criteria in full
result-percent = { $percent }%
result-of = { $points } of { $max }
result-points = { $points } points
result = Result
result-status = { $status ->
    [Completed] passed
    [Enrolled] enrolled
    [Failed] failed
    [InProgress] in progress
    [OnHold] on hold
    [Provisional] provisional
    [Withdrew] withdrawn
   *[other] { $words }
}
take-head = Take it with you
take-what = Each of these files is the badge itself, signature included.
take-png = Image (PNG)
take-svg = Image (SVG)
take-json = Credential (JSON)
take-jwt = Credential (JWT)
take-pdf = Certificate to print (PDF)
take-linkedin = Add to LinkedIn
take-linkedin-note = For { $holder }: LinkedIn opens with everything filled in.
verify-head = Verify it yourself
verify-here = See each check
verify-why =
    You need not trust this page. The badge is a signed document that any Open Badges 3.0 verifier
    can check:
verify-download = Download the credential or one of the images above.
verify-give = Give it to a verifier that you trust, for example the one of 1EdTech:
verify-checks = It checks the signature against the issuer’s public key, and asks whether the badge was withdrawn.
verify-issuer = Issuer
verify-credential = Credential
verify-key = Public key
verify-lists = Status lists
verify-list = { $purpose ->
    [revocation] revocation
    [suspension] suspension
   *[other] { $purpose }
}
kind = { $type ->
    [Achievement] Achievement
    [Assessment] Assessment
    [Assignment] Assignment
    [Award] Award
    [Badge] Badge
    [Certificate] Certificate
    [CertificateOfCompletion] Certificate Of Completion
    [Certification] Certification
    [Competency] Competency
    [Course] Course
    [Diploma] Diploma
    [MicroCredential] Micro Credential
   *[other] { $words }
}
