// The log of the runtime on standard error: readable lines on a terminal, JSON lines by pino elsewhere. Secrets are redacted before a line is formatted.
// The log of a plugin is separate: see lifecycle/plugin-log.ts.

import { writeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { pino } from 'pino'
import type { Config } from './config/config.ts'
import { readableLine } from './log-line.ts'

/** A message, or fields and a message. */
type Line = (fields: object | string, message?: string) => void

/** What is used of pino's: who embeds the runtime needs no types of it. */
export interface Log {
  debug: Line
  info: Line
  warn: Line
  error: Line
  /** Every line of it has these fields. */
  child(fields: object): Log
}

export function createLog(level: Config['logLevel']): Log {
  return pino(
    {
      level,
      base: null,
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'cookie', '*.cookie'] },
    },
    isatty(2) ? readableLines((text) => writeSync(2, text)) : pino.destination({ fd: 2, sync: true }),
  )
}

/** What pino writes to, a JSON line each. */
export function readableLines(write: (text: string) => void): { write(line: string): void } {
  return { write: (line) => write(readableLine(line)) }
}
