// The log of one plugin: the last lines in memory, with subscribers. It survives reloads and crashes of the plugin.
// Invariant: one structured line per call, in the order of the calls; control characters cannot forge another; its memory is
// bounded, whatever a plugin writes.

import type { Page } from '../../../sdk/api/lists.ts'
import type { LogLine, LogQuery } from '../../../sdk/api/logs.ts'
import { LOG_LEVELS } from '../../../sdk/protocol/log-levels.ts'
import type { Unsubscribe } from '../plugins.ts'

const MAX_LINES = 1000
/** Of messages and stacks. The newest line is kept whatever its length. */
const MAX_CHARACTERS = 4_000_000
/** More lines than this do not wait for the preparation of the first of them. */
const MAX_COMING = 200

export type NewLine = Pick<LogLine, 'level' | 'message' | 'requestId' | 'stack'>

/** A line in its place, which may still be improved. */
interface Coming {
  line: NewLine
  readonly time: string
  isReady: boolean
}

export class PluginLog {
  readonly #lines: LogLine[] = []
  #characters = 0
  readonly #followers = new Set<(line: LogLine) => void>()
  /** A line that is still being prepared, and those after it. */
  readonly #coming: Coming[] = []
  readonly #preparing = new Set<Promise<void>>()
  #seq = 0

  write(line: NewLine): void {
    this.#coming.push({ line, time: new Date().toISOString(), isReady: true })
    this.#advance()
  }

  /** Writes `line`, or what it has become by the preparation; a preparation that fails changes nothing. */
  writePrepared(line: NewLine, preparation: Promise<NewLine>): void {
    const coming: Coming = { line, time: new Date().toISOString(), isReady: false }
    this.#coming.push(coming)
    const preparing = preparation
      .then(
        (prepared) => {
          coming.line = prepared
        },
        () => undefined,
      )
      .then(() => {
        coming.isReady = true
        this.#preparing.delete(preparing)
        this.#advance()
      })
    this.#preparing.add(preparing)
    this.#advance()
  }

  /** Resolves when every line so far is written. */
  async settled(): Promise<void> {
    await Promise.all(this.#preparing)
  }

  #advance(): void {
    for (let first = this.#coming[0]; first !== undefined; first = this.#coming[0]) {
      if (!first.isReady && this.#coming.length <= MAX_COMING) return
      this.#coming.shift()
      this.#append(first)
    }
  }

  #append({ line, time }: Coming): void {
    const full: LogLine = {
      seq: ++this.#seq,
      time,
      ...line,
      message: printable(line.message),
      ...(line.stack !== undefined && { stack: printable(line.stack) }),
    }
    this.#lines.push(full)
    this.#characters += lengthOf(full)
    while (this.#lines.length > MAX_LINES || (this.#characters > MAX_CHARACTERS && this.#lines.length > 1)) {
      const [oldest] = this.#lines.splice(0, 1)
      if (oldest !== undefined) this.#characters -= lengthOf(oldest)
    }
    for (const follower of this.#followers) follower(full)
  }

  /** Newest first. `level` is the lowest level to include. */
  page({ limit = 50, cursor, level = 'debug' }: LogQuery): Page<LogLine> {
    const before = cursor === undefined ? Number.POSITIVE_INFINITY : Number(cursor)
    const least = LOG_LEVELS.indexOf(level)
    const found = this.#lines
      .filter((line) => line.seq < before && LOG_LEVELS.indexOf(line.level) >= least)
      .reverse()
    const items = found.slice(0, limit)
    const last = items.at(-1)
    return { items, nextCursor: found.length > items.length && last !== undefined ? String(last.seq) : null }
  }

  follow(listener: (line: LogLine) => void): Unsubscribe {
    this.#followers.add(listener)
    return () => this.#followers.delete(listener)
  }
}

function lengthOf({ message, stack = '' }: LogLine): number {
  return message.length + stack.length
}

/** Escapes control characters except tab and newline, and lone surrogates. */
function printable(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]/gu, (character) =>
      character === '\n' || character === '\t'
        ? character
        : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}
