# The certificate to print. Who holds the badge stands between certificate-certifies and
# certificate-earned, in a line of its own, and the badge's name below.
certificate-title = Certificate
certificate-certifies = This is to certify that
certificate-earned = has earned the badge
certificate-check = This sheet is a picture of a signed Open Badges 3.0 credential. What counts is what its page says today:
certificate-awarded = Awarded
certificate-until = Valid until
certificate-credits = Credits
certificate-field = Field of study
