// The outside world of the commands: streams, environment, working folder, signals.
// Invariant: commands access the process only through this, so that tests can run them without one.

import { once } from 'node:events'
import { createInterface } from 'node:readline/promises'
import { Writable } from 'node:stream'
import { styleText } from 'node:util'
import { PlugbayError } from '../errors.ts'

export type Unsubscribe = () => void

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Standard output. */
  out(text: string): void
  /** Bytes on standard output; resolves when there is room for more. */
  outBytes(bytes: Uint8Array): Promise<void>
  /** Standard error. */
  err(text: string): void
  /** A secret from standard input: all of it, or on a terminal a line that is typed unseen. */
  readSecret(prompt: string): Promise<string>
  /** A line that a person answers a question with; undefined where there is no terminal. */
  readonly ask?: ((question: string) => Promise<string>) | undefined
  /** Calls the listener at every SIGINT and SIGTERM until unsubscribed. */
  onSignal(listener: () => void): Unsubscribe
  /** Exits at once; only for a second signal. */
  exitNow(code: number): void
}

/** At Ctrl-C the terminal signals npm and us, and npm passes its signal on: these two count as one. */
const ONE_SIGNAL_MS = 300

/** What a shell reports of a program that was ended by SIGPIPE. */
const READER_GONE = 141

/** The real process. */
export function processIo(): Io {
  // "plugbay tasks list | head": Node ignores SIGPIPE, and throws instead.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(READER_GONE)
    throw error
  })
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    async outBytes(bytes) {
      if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
    },
    err: (text) => void process.stderr.write(text),
    readSecret,
    ask: process.stdin.isTTY && process.stdout.isTTY ? ask : undefined,
    onSignal(listener) {
      let last = Number.NEGATIVE_INFINITY
      const onSignal = () => {
        const now = performance.now()
        if (now - last > ONE_SIGNAL_MS) listener()
        last = now
      }
      process.on('SIGINT', onSignal)
      process.on('SIGTERM', onSignal)
      return () => {
        process.off('SIGINT', onSignal)
        process.off('SIGTERM', onSignal)
      }
    },
    exitNow: (code) => process.exit(code),
  }
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return await lines.question(question)
  } finally {
    lines.close()
  }
}

const MAX_SECRET = 1_000_000

async function readSecret(prompt: string): Promise<string> {
  if (process.stdin.isTTY) {
    const muted = new Writable({ write: (_chunk, _encoding, done) => done() })
    const lines = createInterface({ input: process.stdin, output: muted, terminal: true })
    process.stderr.write(prompt)
    try {
      return await lines.question('')
    } finally {
      lines.close()
      process.stderr.write('\n')
    }
  }
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) {
    text += String(chunk)
    if (text.length > MAX_SECRET) throw new PlugbayError('USAGE', 'Standard input holds more than a secret')
  }
  return text
}

/** Green, red or yellow on a terminal with colours, unless NO_COLOR is set. */
export function coloured(io: Io, colour: 'green' | 'red' | 'yellow' | 'dim', text: string): string {
  if (io.env.NO_COLOR || io.env.TERM === 'dumb' || !process.stdout.isTTY) return text
  return styleText(colour, text, { validateStream: false })
}

/**
 * Makes untrusted text harmless for a terminal: control characters, including the escape that moves the cursor or renames the
 * window, and direction overrides become visible codes. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return character
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
