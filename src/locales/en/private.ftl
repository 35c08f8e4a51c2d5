# Hiding a badge, and another address for its mails.

claim-yours = It is yours
claim-hidden =
    You have hidden this badge: its page and its files are there for nobody else. Who has one of its
    files can still verify it.
hide-button = Hide the public page
hide-head = Hide this badge?
hide-what =
    Its public page and its files are then there for nobody but you, by this link. Links to it that
    are out lead nowhere. Who has one of its files can still verify it. You can make it public again.
hide-do = Hide it
show-button = Make it public again
address-button = Send mails to another address
address-head = Another address for mails
address-what =
    A mail to the new address asks whether it is right. Nothing changes before that is confirmed. The
    badge itself, which names the address of its issue in coded form, stays as it is.
address-field = New e-mail address
address-do = Ask that address
address-wrong = That is no e-mail address that we can write to.
address-asked-head = Look into that mailbox
address-asked-what =
    If { $address } can be reached, a mail with a link is on its way there. Nothing changes before it
    is opened and confirmed, within seven days.
address-often-head = That was enough for today
address-often-what = Please try again tomorrow.
address-subject = Is this your address for the badge “{ $badge }”?
address-mail = Shall mails about the badge “{ $badge }” of { $issuer } come to this address?
address-nothing = Nothing changes before you confirm it.
address-why =
    You receive this mail because somebody who has the link to that badge gave this
    address. If that was not you, you need not do anything.
confirm-button = Confirm this address
confirm-head = Is this your address?
confirm-what = Mails about your badge will go to { $address } from now on.
confirmed-head = That is done
confirmed-what = Mails about your badge go to { $address } from now on.
confirm-ended-head = This link works no more
confirm-ended-what = The address was not confirmed in time, or another one was. Give it once more on the page of your badge.
