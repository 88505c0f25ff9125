// The log of the runtime: JSON lines by pino on standard error. Secrets are redacted before a line is formatted.
// The log of a plugin is separate: see lifecycle/plugin-log.ts.

import { type Logger, pino } from 'pino'
import type { Config } from './config/config.ts'

export type Log = Logger

export function createLog(level: Config['logLevel']): Log {
  return pino(
    {
      level,
      base: null,
      redact: { paths: ['token', '*.token', 'authorization', '*.authorization', 'cookie', '*.cookie'] },
    },
    pino.destination({ fd: 2, sync: true }),
  )
}
