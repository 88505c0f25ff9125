// The library's own words, in its languages.

const en = {
  library: 'Library',
  loans: 'My loans',
  reporting: 'Reporting',
  memberReports: 'Reports on members',
  sources: 'Sources',
  sync: 'Sync',
  plugins: 'Plugins',
  signIn: 'Sign in',
  signOut: 'Sign out',
  welcome: 'What will you read today?',
  search: 'Title or author',
  all: 'All',
  mathematics: 'Mathematics',
  science: 'Science',
  stories: 'Stories',
  geography: 'Geography',
  nothing: 'There is no such book here.',
  pages: 'pages',
  borrow: 'Borrow',
  giveBack: 'Give back',
  taken: 'Somebody is reading it',
  enough: 'You have as many books as you may: give one back first',
  signInFirst: 'Sign in to borrow it',
  name: 'Name',
  password: 'Password',
  wrong: 'Name and password do not match.',
  members: 'Members',
  noLoans: 'You have no books at the moment.',
  syncText: 'Brings new books and corrections from the catalog of the district.',
  syncNow: 'Sync now',
  when: 'When',
  added: 'New',
  updated: 'Corrected',
  back: 'Back to the library',
  notFound: 'This page does not exist.',
}

export type Words = typeof en

const fr: Words = {
  library: 'Bibliothèque',
  loans: 'Mes emprunts',
  reporting: 'Rapports',
  memberReports: 'Rapports sur les membres',
  sources: 'Sources',
  sync: 'Synchroniser',
  plugins: 'Extensions',
  signIn: 'Se connecter',
  signOut: 'Se déconnecter',
  welcome: 'Que lirez-vous aujourd’hui ?',
  search: 'Titre ou auteur',
  all: 'Tout',
  mathematics: 'Mathématiques',
  science: 'Sciences',
  stories: 'Récits',
  geography: 'Géographie',
  nothing: 'Il n’y a pas de tel livre ici.',
  pages: 'pages',
  borrow: 'Emprunter',
  giveBack: 'Rendre',
  taken: 'Quelqu’un le lit',
  enough: 'Vous avez autant de livres que permis : rendez-en un d’abord',
  signInFirst: 'Connectez-vous pour l’emprunter',
  name: 'Nom',
  password: 'Mot de passe',
  wrong: 'Le nom et le mot de passe ne correspondent pas.',
  members: 'Membres',
  noLoans: 'Vous n’avez aucun livre en ce moment.',
  syncText: 'Apporte les nouveaux livres et les corrections du catalogue du district.',
  syncNow: 'Synchroniser',
  when: 'Date',
  added: 'Nouveaux',
  updated: 'Corrigés',
  back: 'Retour à la bibliothèque',
  notFound: 'Cette page n’existe pas.',
}

const ar: Words = {
  library: 'المكتبة',
  loans: 'كتبي المستعارة',
  reporting: 'تقارير',
  memberReports: 'تقارير عن الأعضاء',
  sources: 'المصادر',
  sync: 'المزامنة',
  plugins: 'الإضافات',
  signIn: 'تسجيل الدخول',
  signOut: 'تسجيل الخروج',
  welcome: 'ماذا ستقرأ اليوم؟',
  search: 'العنوان أو المؤلف',
  all: 'الكل',
  mathematics: 'الرياضيات',
  science: 'العلوم',
  stories: 'قصص',
  geography: 'الجغرافيا',
  nothing: 'لا يوجد كتاب كهذا هنا.',
  pages: 'صفحة',
  borrow: 'استعارة',
  giveBack: 'إعادة',
  taken: 'يقرؤه شخص آخر',
  enough: 'لديك أكبر عدد مسموح من الكتب: أعد واحدًا أولًا',
  signInFirst: 'سجّل الدخول لاستعارته',
  name: 'الاسم',
  password: 'كلمة المرور',
  wrong: 'الاسم وكلمة المرور غير متطابقين.',
  members: 'الأعضاء',
  noLoans: 'ليس لديك كتب الآن.',
  syncText: 'تجلب الكتب الجديدة والتصحيحات من فهرس المنطقة.',
  syncNow: 'زامن الآن',
  when: 'التاريخ',
  added: 'جديدة',
  updated: 'مصححة',
  back: 'العودة إلى المكتبة',
  notFound: 'هذه الصفحة غير موجودة.',
}

export const LANGUAGES = {
  en: { name: 'English', words: en },
  fr: { name: 'Français', words: fr },
  ar: { name: 'العربية', words: ar },
}

export type Language = keyof typeof LANGUAGES

export function isLanguage(text: string | undefined): text is Language {
  return text !== undefined && Object.hasOwn(LANGUAGES, text)
}

export function directionOf(language: Language): 'ltr' | 'rtl' {
  return language === 'ar' ? 'rtl' : 'ltr'
}

/** Subjects are data: one that is not among the words is shown as it is. */
export function subjectName(subject: string, words: Words): string {
  const names: Readonly<Record<string, string>> = words
  return Object.hasOwn(names, subject) ? (names[subject] ?? subject) : subject
}
