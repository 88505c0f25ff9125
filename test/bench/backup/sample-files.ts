// The files that are backed up: half text, which shrinks, and half random bytes, which do not; from a hundred bytes to a megabyte.

import { randomFillSync, randomInt } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const FILES_PER_MEGABYTE = 10
const FILES_PER_FOLDER = 100
/** The largest is so many times the smallest. */
const SPREAD = 10_000
/** Longer than what zstd looks back at: a text that comes again finds no earlier one. */
const TEXT_BYTES = 32_000_000
/** Neighbours on the circle of the golden ratio are far apart: any stretch of the files has all sizes. */
const GOLDEN = 0.618_033_988_749_895

export interface SampleFiles {
  readonly files: number
  readonly bytes: number
}

/** Of so many files, which are exactly so long together. */
export function sizesOf(files: number, bytes: number): readonly number[] {
  const weights = Array.from({ length: files }, (_, at) => SPREAD ** ((at * GOLDEN) % 1))
  const scale = bytes / weights.reduce((sum, weight) => sum + weight, 0)
  const sizes = weights.map((weight) => Math.floor(weight * scale))
  const missing = bytes - sizes.reduce((sum, size) => sum + size, 0)
  return sizes.map((size, at) => (at === 0 ? size + missing : size))
}

/** Fills the folder, which must not exist. */
export async function makeSampleFiles(folder: string, megabytes: number): Promise<SampleFiles> {
  const sizes = sizesOf(megabytes * FILES_PER_MEGABYTE, megabytes * 1e6)
  const text = textReader()
  const random = Buffer.alloc(Math.max(...sizes))
  for (const [at, size] of sizes.entries()) {
    const place = join(folder, String(Math.floor(at / FILES_PER_FOLDER)))
    if (at % FILES_PER_FOLDER === 0) await mkdir(place, { recursive: true })
    const content = at % 2 === 0 ? text(size) : randomFillSync(random.subarray(0, size))
    await writeFile(join(place, at % 2 === 0 ? `${at}.txt` : `${at}.bin`), content)
  }
  return { files: sizes.length, bytes: megabytes * 1e6 }
}

/** Gives stretch after stretch of a long text, and from another place when it starts again. */
function textReader(): (size: number) => Buffer {
  const text = makeText()
  let offset = 0
  let pass = 0
  return (size) => {
    if (offset + size > text.byteLength) offset = ++pass * 4099
    offset += size
    return text.subarray(offset - size, offset)
  }
}

/** Words that were never heard, some much more often than others, as in a language. */
function makeText(): Buffer {
  const letters = 'etaoinshrdlucmfwypvbgk'
  const word = () =>
    Array.from({ length: randomInt(2, 11) }, () => letters[randomInt(letters.length)]).join('')
  const words = Array.from({ length: 5000 }, () => Buffer.from(`${word()} `))
  const text = Buffer.alloc(TEXT_BYTES)
  for (let offset = 0; offset < TEXT_BYTES; )
    offset += words[Math.floor(words.length * Math.random() ** 3)]?.copy(text, offset) ?? 0
  return text
}
