// The world outside as the commands see it: streams, environment, working folder, signals.
// Invariant: commands reach the process only through this, so that a test runs them without one.

import { once } from 'node:events'
import { styleText } from 'node:util'

export type Stop = () => void

export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Standard output. */
  out(text: string): void
  /** Bytes on standard output; resolves when there is room for more. */
  outBytes(bytes: Uint8Array): Promise<void>
  /** Standard error. */
  err(text: string): void
  /** Calls the listener at every SIGINT and SIGTERM until stopped. */
  onSignal(listener: () => void): Stop
  /** Ends the process at once; only for a second signal, when somebody does not want to wait. */
  exitNow(code: number): void
}

/** At Ctrl-C the terminal sends a signal to npm and to us, and npm passes its own on: that is one wish, not two. */
const ONE_SIGNAL_MS = 300

/** The real process. */
export function processIo(): Io {
  return {
    env: process.env,
    cwd: process.cwd(),
    out: (text) => void process.stdout.write(text),
    async outBytes(bytes) {
      if (!process.stdout.write(bytes)) await once(process.stdout, 'drain')
    },
    err: (text) => void process.stderr.write(text),
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

/** Green, red or yellow where the terminal shows colours and NO_COLOR does not forbid them. */
export function coloured(io: Io, colour: 'green' | 'red' | 'yellow' | 'dim', text: string): string {
  if (io.env.NO_COLOR || io.env.TERM === 'dumb' || !process.stdout.isTTY) return text
  return styleText(colour, text, { validateStream: false })
}

/**
 * Makes text that others wrote harmless for a terminal: control characters, among them the escape that moves the
 * cursor or renames the window, and direction overrides become visible codes. Line feeds and tabs stay.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, (character) => {
    if (character === '\n' || character === '\t') return character
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`
  })
}
