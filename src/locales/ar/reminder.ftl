# The mail that reminds of a badge nobody has claimed yet. The rest of it is in mail.ftl. Lines are
# broken where the text part of the mail breaks them.

remind-subject = ما زالت في انتظارك: { $badge }
remind-head = تم منحك شارة «{ $badge }» من { $issuer }، ولم يتم استلامها بعد.
remind-why =
    هذه رسالة تذكير. إن لم تكن الشارة مرغوبة أو لم تكن لك،
    يمكن الإفادة بذلك في صفحتها، ولن تصل أي رسالة تذكير أخرى.
