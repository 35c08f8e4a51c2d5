# The mail that brings a badge. Lines are broken where the text part of the mail breaks them.

mail-subject = شارتك: { $badge }
mail-subject-renewed = تم تجديد شارتك: { $badge }
mail-subject-replaced = أُصدرت شارتك من جديد: { $badge }
mail-hello = مرحبًا { $name }،
mail-hello-nameless = مرحبًا،
mail-awarded = تم منحك شارة «{ $badge }» من { $issuer }.
mail-renewed = تم تجديد شارتك «{ $badge }» من { $issuer }.
mail-replaced = أُصدرت شارتك «{ $badge }» من جديد من { $issuer }.
mail-renews =
    هذه شارة جديدة لها تاريخها الخاص، وتحل محل الشارة
    التي مُنحت لك في { $day }.
mail-replaces =
    وهي تحل محل الشارة التي مُنحت لك في { $day }،
    والتي لم تعد سارية.
mail-valid-until = الشارة صالحة حتى { $day }.
mail-claim-here = يمكنك الاطلاع على شارتك واستلامها هنا:
mail-claim = الاطلاع على الشارة واستلامها
mail-no-account =
    لا حاجة إلى إنشاء حساب. بعد استلام الشارة تصبح لها صفحة عامة
    يمكنك مشاركتها، كما يمكنك تنزيل الشارة.
mail-button-fails = إذا لم يعمل الزر، يمكنك فتح هذا العنوان:
mail-link-until =
    يبقى الرابط صالحًا حتى { $day }. وهو مخصص لك وحدك،
    لذا نرجو عدم إعادة توجيه هذه الرسالة.
mail-why =
    وصلتك هذه الرسالة لأنه تم منحك هذه الشارة من
    { $issuer }. إن لم تكن لك، فلا داعي لفعل أي شيء.
mail-image = شارة «{ $badge }»
