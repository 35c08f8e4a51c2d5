# The front page, the pages of the issuer and of a badge, and pages for what goes wrong.

front-title = شارات { $issuer }
front-about = الشارات الرقمية من { $issuer }: ما هي، ومن يحصل عليها، وكيف يتم التحقق منها.
front-lead =
    من ينجح هنا في تقييم يمكنه الحصول على شارة: سجل موقّع بما تم تحقيقه ومتى وبأي نتيجة. وهي ملك لمن
    حصل عليها.
front-learners = حصلت على شارة
front-learners-how =
    تصلك رسالة فيها رابط شخصي يقود إلى شارتك. يمكن استلامها هناك دون حساب، ثم مشاركة صفحتها أو تنزيلها.
front-no-mail = لم تصل رسالة؟ يمكن السؤال هنا:
front-employers = عُرضت عليك شارة
front-employers-how =
    تبيّن صفحتها من منحها ولأي إنجاز وهل ما زالت سارية. يبدأ عنوان هذه الصفحة بما يلي:
front-employers-verify = يمكن لأي أداة تدعم Open Badges 3.0 التحقق من الشارة، ويمكن ذلك هنا أيضًا:
front-badges = ما يمكن الحصول عليه
front-issuers = الجهات التي تُصدر الشارات هنا
issuer-title = { $issuer }: جهة مانحة للشارات
issuer-kicker = جهة مانحة للشارات
issuer-website = الموقع
issuer-questions = أسئلة
issuer-identifier = المعرّف
issuer-badges = الشارات
badge-signed-in = ترجمة الجهة المانحة. أما الشارة الموقّعة فمكتوبة بلغة أخرى:
pathway-head = المسار
pathway-before = ترتكز على
pathway-next = تُحتسب من أجل
pathway-earned = تم الحصول عليها
page-outbox = صندوق الصادر لهذا العرض
error-questions = أسئلة؟
error-front = إلى الصفحة الرئيسية
error-not-found = لا توجد صفحة هنا
error-not-found-text =
    ربما كان العنوان ناقصًا، أو أن الشارة ليست متاحة للجميع: تحصل الشارة على صفحتها عند استلامها.
error-unknown-link = هذا الرابط غير معروف لدينا
error-unknown-link-text =
    تقطع بعض برامج البريد العناوين الطويلة. نرجو فتح الرسالة مرة أخرى ونسخ الرابط كاملًا.
error-unknown-link-ask = إن لم يعمل بعد ذلك، فيمكن طلب رابط جديد.
error-no-certificate = لا توجد شهادة لهذه الشارة حاليًا
error-no-certificate-text =
    تم سحب الشارة أو تعليقها. وتبيّن صفحتها حالتها، على العنوان نفسه من دون «.pdf».
error-erased = سُحبت هذه الشارة
error-erased-text = لم تعد صالحة. ولا يُحفظ أي شيء آخر عنها أو عن حاملها.
error-no-letters = لا يمكننا طباعة هذه الشهادة
error-no-letters-text =
    فيها اسم مكتوب بحروف لا تحتويها خطوط الطباعة لدينا. الشارة نفسها كاملة: تعرضها صفحتها على العنوان
    نفسه من دون «.pdf»، وتعمل الملفات الأخرى.
error-method = هذا العنوان لا يتيح ذلك
error-method-text = نرجو البدء من جديد من الصفحة السابقة.
error-too-many = طلبات كثيرة دفعة واحدة
error-too-many-text = يمكن التحقق من الشارات عشرين مرة في الدقيقة من مكان واحد. نرجو المحاولة بعد دقيقة.
error-busy = يجري الآن التحقق من شارات كثيرة
error-busy-text = نرجو المحاولة مرة أخرى بعد بضع ثوانٍ.
error-too-large = هذا الملف كبير جدًا
error-too-large-text = الحد الأقصى للشارة 8 ميغابايت. ووثيقتها (JSON) أصغر بكثير من صورتها.
error-unavailable = لسنا جاهزين بعد
error-unavailable-text =
    يعاد تشغيل شيء تحتاجه هذه الصفحة. نرجو المحاولة بعد دقيقة؛ لن يضيع شيء.
error-internal = حدث خطأ من جانبنا
error-internal-text = تم تسجيله وسيُنظر فيه. نرجو المحاولة لاحقًا.
error-no-format = هذه الصيغة غير متوفرة
error-no-format-text = يمكن تضمين الصفحات عبر oEmbed بصيغة JSON فقط.
