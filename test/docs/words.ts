// The words that comments must not hold: riddles that a reader has to translate, each with what to say instead.

import { parseSync } from 'oxc-parser'

interface Riddle {
  readonly pattern: RegExp
  readonly instead: string
}

const RIDDLES: readonly Riddle[] = [
  { pattern: /\bnobody\b/i, instead: 'name the subject, or "no other process", "no one"' },
  { pattern: /\b(some|any|every)body\b/i, instead: 'name the caller, client, user or process' },
  { pattern: /\bwhoever\b/i, instead: 'name the caller, client, user or process' },
  {
    pattern: /(?<!, )\bwho (asks|waits|comes|wants)\b/i,
    instead: 'the caller, a waiting request, a new client',
  },
  { pattern: /\bthose who\b/i, instead: 'name them: callers, waiting requests, clients' },
  { pattern: /\b(he|his|him|himself)\b/i, instead: 'the visitor, the author, the administrator; they' },
  { pattern: /\banew\b/i, instead: 'again, new' },
  { pattern: /\bof late\b/i, instead: 'recently' },
  { pattern: /\btold (?!apart|from)/i, instead: 'called with, notified, reported' },
  { pattern: /\btold\.?$/i, instead: 'notified, reported' },
  { pattern: /\bhears? (of|about|from|once|that)\b/i, instead: 'is notified, is called' },
  {
    pattern: /(?<!\bthere )\b(is|are|was|were) no (?!longer|more|less|one|better|worse)/i,
    instead: 'is not a, there is no',
  },
  { pattern: /\bshall\b/i, instead: 'must, will' },
  { pattern: /\bfor want of\b/i, instead: 'for lack of' },
  { pattern: /\bprocessor time\b/i, instead: 'CPU time' },
]

/** Lines of comments in which one of the words is right, as "path: text of the line". */
const ALLOWED: ReadonlySet<string> = new Set([])

interface Finding {
  readonly line: number
  readonly text: string
  readonly instead: string
}

/** The lines of comments in a TypeScript source that hold a riddle. Strings and code are not read. */
export function riddlesIn(path: string, source: string, allowed = ALLOWED): readonly Finding[] {
  const { comments, errors } = parseSync(path, source)
  const [error] = errors
  if (error !== undefined) throw new Error(`${path}: ${error.message}`)
  return comments.flatMap(({ value, start }) => {
    const first = source.slice(0, start).split('\n').length
    return value.split('\n').flatMap((raw, index) => {
      const text = raw.replace(/^\s*\*+/, '').trim()
      const found = RIDDLES.find(({ pattern }) => pattern.test(text))
      if (found === undefined || allowed.has(`${path}: ${text}`)) return []
      return [{ line: first + index, text, instead: found.instead }]
    })
  })
}
