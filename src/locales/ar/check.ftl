# The page on which badges are verified. What exactly a check found is said in English.

check-about = التحقق من شارة Open Badge لأي جهة مانحة: هل هي أصلية ولم تتغير وما زالت سارية؟
check-lead =
    هل شارة Open Badge أصلية ولم تتغير وما زالت سارية؟ يمكن هنا أيضًا التحقق من شارات جهات أخرى، وإن
    تعذّر أحد الفحوص فستذكر النتيجة ذلك. لا يُحفظ شيء مما ترسله.
check-valid = هذه الشارة صحيحة
check-valid-text = لم تتغير، ووقّعتها الجهة المانحة المذكورة فيها، وهي سارية اليوم.
check-invalid = هذه الشارة غير صحيحة
check-invalid-text = فشل فحص واحد على الأقل مما يلي. لا يُعتمد على هذه الشارة.
check-open = تعذّر التحقق من هذه الشارة
check-open-text =
    لا يُعرف ما يعيبها، ولم يثبت ما يؤيدها: تعذّر هنا إجراء فحص واحد على الأقل. وهذا لا يعني أنها صحيحة.
check-says = ما تقوله عن نفسها
check-badge = الشارة
check-issuer = الجهة المانحة
check-issuer-id = معرّف الجهة المانحة
check-web =
    يمكن لأي أحد كتابة أي اسم. ما ثبت هو المعرّف: الموقع المذكور فيه وقّع هذه الشارة. نرجو التأكد من أنه
    موقع المؤسسة.
check-key =
    يمكن لأي أحد كتابة أي اسم. ما ثبت هو المعرّف، وهو مفتاح لا موقع: نرجو سؤال المؤسسة إن كان لها.
check-each = كل فحص
check-question = { $check ->
    [structure] هل هي شارة Open Badge كاملة؟
    [terms] هل معناها واضح؟
    [signature] هل بقيت دون تغيير منذ توقيعها؟
    [key] هل المفتاح للجهة المانحة؟
    [dates] هل هي سارية اليوم؟
    [status] هل ما زالت الجهة المانحة تؤيدها؟
    [badges] هل كل شارة فيه صالحة؟
   *[other] { $check }
}
check-holds = نعم
check-fails = لا
check-not-made = تعذّر فحصه هنا
check-unread = ما تعذّرت قراءته
check-again = التحقق من شارة أخرى
check-file = ملف
check-file-note = صورة الشارة (PNG أو SVG) أو وثيقتها (JSON أو JWT)، حتى 8 ميغابايت.
check-text = أو لصق شارة أو رابط
check-text-note = يبدأ الرابط بـ https:// ويقود إلى ملف الشارة.
check-button = تحقق
check-nothing = نرجو اختيار ملف أو لصق شارة أو رابط ثم الضغط على الزر.
check-link = تعذّرت قراءة الرابط:
