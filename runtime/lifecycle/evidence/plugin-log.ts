// The log of one plugin: the last lines in memory, with subscribers. It survives reloads and crashes of the plugin.
// Invariant: one structured line per call; control characters cannot forge another.

import type { Page } from '../../../sdk/api/lists.ts'
import type { LogLine, LogQuery } from '../../../sdk/api/logs.ts'
import { LOG_LEVELS } from '../../../sdk/protocol/log-levels.ts'
import type { Unsubscribe } from '../plugins.ts'

const MAX_LINES = 1000

export type NewLine = Pick<LogLine, 'level' | 'message' | 'requestId' | 'stack'>

export class PluginLog {
  readonly #lines: LogLine[] = []
  readonly #followers = new Set<(line: LogLine) => void>()
  /** A line that is still being prepared, and those after it. */
  readonly #coming = new Set<Promise<void>>()
  #last: Promise<void> = Promise.resolve()
  #seq = 0

  /** Lines keep the order of their calls. */
  write(line: NewLine): void {
    if (this.#coming.size > 0) this.writeLater(Promise.resolve(line))
    else this.#append(line)
  }

  #append(line: NewLine): void {
    const full: LogLine = {
      seq: ++this.#seq,
      time: new Date().toISOString(),
      ...line,
      message: printable(line.message),
      ...(line.stack !== undefined && { stack: printable(line.stack) }),
    }
    this.#lines.push(full)
    if (this.#lines.length > MAX_LINES) this.#lines.shift()
    for (const follower of this.#followers) follower(full)
  }

  /** A line that is still being prepared; it must not reject. */
  writeLater(line: Promise<NewLine>): void {
    const written = Promise.all([line, this.#last]).then(([made]) => {
      this.#coming.delete(written)
      this.#append(made)
    })
    this.#last = written
    this.#coming.add(written)
  }

  /** Resolves when every line so far is written. */
  async settled(): Promise<void> {
    await Promise.all(this.#coming)
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
