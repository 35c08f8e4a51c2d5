# The certificate to print. Who holds the badge stands between certificate-certifies and
# certificate-earned, in a line of its own, and the badge's name below.
certificate-title = شهادة
certificate-certifies = نشهد بموجب هذه الوثيقة بأن صاحب الاسم
certificate-earned = قد نال الشارة
certificate-check = هذه الورقة صورة لشارة موقّعة وفق معيار Open Badges 3.0. والمعتمد هو ما تقوله صفحتها اليوم:
certificate-awarded = تاريخ المنح
certificate-until = صالحة حتى
certificate-credits = الساعات المعتمدة
certificate-field = مجال الدراسة
