// The first files of a new library: texts of its books, and media in its folders. What is there already stays as it is.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Book } from '../database/types.ts'
import type { RootName, Roots } from './roots.ts'
import { picture, tone } from './tone.ts'

/** How some of the books begin, by title. */
const BEGINNINGS: Readonly<Record<string, string>> = {
  'Alice’s Adventures in Wonderland':
    'Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do: once or twice she had peeped into the book her sister was reading, but it had no pictures or conversations in it.',
  'The Jungle Book':
    'It was seven o’clock of a very warm evening in the Seeonee hills when Father Wolf woke up from his day’s rest, scratched himself, yawned, and spread out his paws one after the other.',
  'Aesop’s Fables':
    'A hungry fox saw some fine bunches of grapes hanging from a vine that was trained along a high trellis, and did his best to reach them by jumping as high as he could into the air.',
  'The Elements': 'A point is that which has no part. A line is breadthless length.',
  Flatland:
    'I call our world Flatland, not because we call it so, but to make its nature clearer to you, my happy readers, who are privileged to live in Space.',
  'Vingt mille lieues sous les mers':
    'L’année 1866 fut marquée par un événement bizarre, un phénomène inexpliqué et inexplicable que personne n’a sans doute oublié.',
  Fables: 'La cigale, ayant chanté tout l’été, se trouva fort dépourvue quand la bise fut venue.',
}

const MEDIA: Readonly<Record<RootName, Readonly<Record<string, () => string | Buffer>>>> = {
  primary: {
    'music/lullaby.wav': () => tone([392, 330, 392, 330, 440, 392, 330, 294]),
    'music/morning bell.wav': () => tone([523, 659, 784, 1047]),
    'music/morning bell (copy).wav': () => tone([523, 659, 784, 1047]),
    'music/scale.wav': () => tone([262, 294, 330, 349, 392, 440, 494, 523]),
    'pictures/baobab.png': () => picture('#f2c879', '#7a4b27'),
    'pictures/lake.png': () => picture('#8ec5e8', '#2f6f8f'),
    'pictures/meadow.png': () => picture('#bfe3f5', '#4f8a3c'),
    'talks/welcome.txt': () => 'Welcome to Baobab, the library under the tree. Borrow what you like.\n',
    'talks/welcome.vtt': () => 'WEBVTT\n\n00:00.000 --> 00:04.000\nWelcome to Baobab.\n',
  },
  alternative: {
    'old pictures/lake.png': () => picture('#8ec5e8', '#2f6f8f'),
    'old pictures/storm.png': () => picture('#5b6470', '#2b3038'),
  },
  temp: { 'half an upload.part': () => 'unfinished\n' },
}

export function writeFirstFiles(roots: Roots, books: readonly Book[]): void {
  for (const { id, title, author, summary } of books) {
    const beginning = BEGINNINGS[title]
    const text = [title, author, '', summary, ...(beginning === undefined ? [] : ['', beginning])]
    writeNew(join(roots.book(id), 'text.txt'), `${text.join('\n')}\n`)
  }
  for (const [root, files] of Object.entries(MEDIA) as [RootName, (typeof MEDIA)[RootName]][])
    for (const [path, content] of Object.entries(files)) writeNew(join(roots.media[root], path), content())
}

function writeNew(path: string, content: string | Buffer): void {
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}
