# The claim page and the public page of a badge.

page-skip = الانتقال إلى المحتوى
page-digital-badges = شارات رقمية
page-footer = شارات { $issuer }، موقّعة وفق معيار Open Badges 3.0.
page-verify = التحقق من شارة
page-languages = اللغات
claim-title = شارتك: { $badge }
claim-kicker = شارة لك
claim-kicker-claimed = تم الاستلام
claim-button = استلام هذه الشارة
claim-note =
    ينشئ ذلك صفحة عامة تحمل اسمك والشارة وما هو معروض أدناه. ولا يظهر فيها عنوان بريدك الإلكتروني.
    لا حاجة إلى إنشاء حساب. يبقى الرابط صالحًا حتى { $day }.
claim-open = عرض الصفحة العامة
claim-claimed =
    تم استلام هذه الشارة. ولمشاركتها صفحتها العامة: { $address }. ونرجو عدم مشاركة هذه الصفحة نفسها، فهي
    لك وحدك، والرابط الذي في رسالتك يقود إليها دائمًا.
claim-revoked = لم يعد استلامها ممكنًا. يمكن معرفة السبب من { $issuer }.
claim-wrong = هل هناك خطأ ما؟
claim-wrong-what =
    إذا لم يكن الاسم اسمك أو كانت إحدى النتائج غير صحيحة، فنرجو عدم استلام الشارة بعد وإبلاغ
    { $issuer }.
badge-image = شارة «{ $badge }»
badge-holder = مُنحت إلى
badge-holds = شارة «{ $badge }» مُنحت إلى { $holder } من { $issuer } في { $day }.
state-valid = صالحة
state-suspended = معلّقة
state-revoked = مسحوبة
state-expired = منتهية
state-revoked-head = لم تعد هذه الشارة سارية.
state-revoked-text =
    تم سحبها من قِبل { $issuer }. وتبقى الصفحة كي لا يبقى أحد في حيرة، ولا تذكر غير ذلك عن { $holder }.
state-suspended-head = هذه الشارة معلّقة.
state-suspended-text =
    تم تعليقها من قِبل { $issuer }، مثلًا أثناء إعادة النظر في إحدى الدرجات. وقد تعود سارية لاحقًا على
    العنوان نفسه.
state-expired-head = انتهت مدة هذه الشارة.
state-expired-text = كانت صالحة حتى { $day }، وما تحقق آنذاك موصوف أدناه.
state-replaced-head = أُصدرت من جديد للإنجاز نفسه.
state-replaced-link = عرض الشارة السارية الآن
state-renewed-head = تم تجديد هذه الشارة.
state-renewed-text = حصل عليها { $holder } مرة أخرى.
state-renewed-link = عرض الشارة الأحدث
state-renewed-still = تبقى هذه الشارة سارية حتى نهاية مدتها.
fact-issuer = الجهة المانحة
fact-awarded = تاريخ المنح
fact-until = صالحة حتى
fact-no-end = بلا تاريخ انتهاء
fact-renews = تجدّد
fact-earlier = شارة سابقة
fact-credits = الساعات المعتمدة
fact-field = مجال الدراسة
head-results = النتائج
evidence-unnamed = دليل
head-evidence = الأدلة
head-criteria = كيفية الحصول على هذه الشارة
head-competencies = الكفاءات
head-keywords = كلمات مفتاحية
head-related = الخطوات التالية
criteria-link = قراءة المعايير كاملة
result-percent = { $percent }%
result-of = { $points } من { $max }
result-points = عدد النقاط: { $points }
result = نتيجة
result-status = { $status ->
    [Completed] ناجح
    [Enrolled] مسجّل
    [Failed] راسب
    [InProgress] قيد التنفيذ
    [OnHold] معلّق
    [Provisional] مؤقت
    [Withdrew] منسحب
   *[other] { $words }
}
take-head = احتفظ بشارتك
take-what = كل ملف من هذه الملفات هو الشارة نفسها مع توقيعها.
take-png = صورة (PNG)
take-svg = صورة (SVG)
take-json = وثيقة (JSON)
take-jwt = وثيقة (JWT)
take-pdf = شهادة للطباعة (PDF)
take-linkedin = إضافة إلى LinkedIn
take-linkedin-note = لصاحب الشارة { $holder }: تُفتح صفحة LinkedIn وكل الحقول معبّأة.
verify-head = التحقق بنفسك
verify-here = عرض كل خطوات التحقق
verify-why =
    لا يلزم الاكتفاء بما تقوله هذه الصفحة. فالشارة وثيقة موقّعة يمكن لأي أداة تدعم Open Badges 3.0
    أن تتحقق منها:
verify-download = تنزيل الوثيقة أو إحدى الصور أعلاه.
verify-give = تقديمها إلى أداة تحقق موثوقة، مثل أداة 1EdTech:
verify-checks = تتحقق الأداة من التوقيع بالمفتاح العام للجهة المانحة، وتسأل إن كانت الشارة قد سُحبت.
verify-issuer = الجهة المانحة
verify-credential = الوثيقة
verify-key = المفتاح العام
verify-lists = قوائم الحالة
verify-list = { $purpose ->
    [revocation] السحب
    [suspension] التعليق
   *[other] { $purpose }
}
kind = { $type ->
    [Achievement] إنجاز
    [Assessment] تقييم
    [Assignment] مهمة
    [Award] جائزة
    [Badge] شارة
    [Certificate] شهادة
    [CertificateOfCompletion] شهادة إتمام
    [Certification] شهادة مهنية
    [Competency] كفاءة
    [Course] مقرر
    [Diploma] دبلوم
    [MicroCredential] شهادة مصغّرة
   *[other] { $words }
}
