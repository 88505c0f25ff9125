// The first books and members of the library, and what the catalog of the district has beyond them.

import type { Book, Member } from './types.ts'

type NewBook = Omit<Book, 'id'>

export const MEMBERS: readonly Member[] = [
  { name: 'amina', displayName: 'Amina Diallo', role: 'librarian' },
  { name: 'tomas', displayName: 'Tomas Okoye', role: 'teacher' },
  { name: 'yara', displayName: 'Yara Haddad', role: 'pupil' },
]

const book = (
  title: string,
  author: string,
  language: string,
  subject: string,
  pages: number,
  summary: string,
): NewBook => ({ title, author, language, subject, pages, summary })

export const BOOKS: readonly NewBook[] = [
  book('Alice’s Adventures in Wonderland', 'Lewis Carroll', 'en', 'stories', 96, 'A girl follows a rabbit.'),
  book('The Jungle Book', 'Rudyard Kipling', 'en', 'stories', 277, 'Mowgli grows up among wolves.'),
  book(
    'Treasure Island',
    'Robert Louis Stevenson',
    'en',
    'stories',
    292,
    'A map, a ship and Long John Silver.',
  ),
  book('Aesop’s Fables', 'Aesop', 'en', 'stories', 188, 'Short tales with a point.'),
  book('The Elements', 'Euclid', 'en', 'mathematics', 527, 'Geometry from five postulates.'),
  book('Flatland', 'Edwin A. Abbott', 'en', 'mathematics', 96, 'A square learns of the third dimension.'),
  book('On the Origin of Species', 'Charles Darwin', 'en', 'science', 502, 'How kinds of life come to be.'),
  book(
    'The Chemical History of a Candle',
    'Michael Faraday',
    'en',
    'science',
    223,
    'Six lectures on a flame.',
  ),
  book('Le Petit Poucet', 'Charles Perrault', 'fr', 'stories', 32, 'Sept frères perdus dans la forêt.'),
  book('Vingt mille lieues sous les mers', 'Jules Verne', 'fr', 'stories', 426, 'À bord du Nautilus.'),
  book('Fables', 'Jean de La Fontaine', 'fr', 'stories', 240, 'Des bêtes qui nous ressemblent.'),
  book(
    'Souvenirs entomologiques',
    'Jean-Henri Fabre',
    'fr',
    'science',
    348,
    'La vie des insectes, observée.',
  ),
  book(
    'Éléments de géométrie',
    'Adrien-Marie Legendre',
    'fr',
    'mathematics',
    431,
    'La géométrie, pas à pas.',
  ),
  book('كليلة ودمنة', 'ابن المقفع', 'ar', 'stories', 280, 'حكايات على ألسنة الحيوان.'),
  book('ألف ليلة وليلة', 'مؤلف مجهول', 'ar', 'stories', 620, 'حكايات شهرزاد.'),
  book('المختصر في حساب الجبر والمقابلة', 'الخوارزمي', 'ar', 'mathematics', 120, 'أول كتاب في الجبر.'),
  book('كتاب المناظر', 'ابن الهيثم', 'ar', 'science', 390, 'كيف نرى الضوء.'),
  book('رحلة ابن بطوطة', 'ابن بطوطة', 'ar', 'geography', 510, 'من طنجة إلى الصين.'),
]

/** The catalog of the district, which a sync brings here: new books, and better summaries for some that are here. */
export const DISTRICT: readonly (NewBook & { readonly revision: number })[] = [
  {
    ...book('Flatland', 'Edwin A. Abbott', 'en', 'mathematics', 96, 'A square learns of other dimensions.'),
    revision: 2,
  },
  {
    ...book('The Travels of Marco Polo', 'Marco Polo', 'en', 'geography', 424, 'Venice to Xanadu.'),
    revision: 1,
  },
  { ...book('Le Tour du monde en 80 jours', 'Jules Verne', 'fr', 'geography', 217, 'Un pari.'), revision: 1 },
  { ...book('القانون في الطب', 'ابن سينا', 'ar', 'science', 680, 'طب العصور الوسطى.'), revision: 1 },
]
