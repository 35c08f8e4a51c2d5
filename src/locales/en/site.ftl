# The front page, the pages of the issuer and of a badge, and pages for what goes wrong.

front-title = Badges of { $issuer }
front-about = Digital badges of { $issuer }: what they are, who earns them, and how to check one.
front-lead =
    Who passes an assessment here can earn a badge: a signed record of what was achieved, when, and
    with which result. It belongs to the person who earned it.
front-learners = You earned a badge
front-learners-how =
    A mail brings you a personal link. It leads to your badge; claim it there, without an account,
    then share its page or download it.
front-no-mail = No mail? Ask here:
front-employers = You were shown a badge
front-employers-how =
    Its page says who awarded it, for what, and whether it still counts. The address of such a page
    begins with:
front-employers-verify = Any Open Badges 3.0 verifier can check the badge, and so can this site:
front-badges = What can be earned
front-issuers = Who issues badges here
issuer-title = { $issuer }: issuer of badges
issuer-kicker = Issuer of badges
issuer-website = Website
issuer-questions = Questions
issuer-identifier = Identifier
issuer-badges = Badges
badge-signed-in = The issuer’s translation. The signed badge itself is written in another language:
pathway-head = Pathway
pathway-before = It rests on
pathway-next = It counts towards
pathway-earned = Earned
page-outbox = Outbox of this demo
error-questions = Questions?
error-front = To the front page
error-not-found = There is no page here
error-not-found-text =
    The address may be incomplete, or the badge behind it is not public: a badge gets its page when
    its holder claims it.
error-unknown-link = We do not know this claim link
error-unknown-link-text =
    Some mail programs cut long addresses in two. Please open the mail again and copy the whole link.
error-unknown-link-ask = If it still does not work, ask for a new one.
error-no-certificate = There is no certificate of this badge now
error-no-certificate-text =
    The badge was withdrawn or is on hold. Its page, at the same address without “.pdf”, says how it
    stands.
error-erased = This badge was withdrawn
error-erased-text = It is not valid any more. Nothing else is kept about it or about its holder.
error-no-letters = We cannot print this certificate
error-no-letters-text =
    A name on it is written in letters that our printing fonts do not have. The badge itself is
    complete: its page, at the same address without “.pdf”, shows it, and the other files work.
error-method = This address cannot do that
error-method-text = Please start again from the page before.
error-too-many = That was a lot at once
error-too-many-text =
    Badges can be verified twenty times a minute from one place. Please try again in a minute.
error-busy = Many badges are being verified right now
error-busy-text = Please try again in a few seconds.
error-too-large = This file is too large
error-too-large-text =
    A badge may have up to 8 MB. Its document (JSON) is much smaller than its image.
error-unavailable = We are not quite there
error-unavailable-text =
    Something that this page needs is being restarted. Please try again in a minute; nothing is lost.
error-internal = That went wrong on our side
error-internal-text = It has been noted, and somebody will look at it. Please try again later.
error-no-format = We do not have this form
error-no-format-text = Pages can be embedded by oEmbed as JSON only.
