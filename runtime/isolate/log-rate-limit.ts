// Rate-limits log lines and truncates them; reports how many were dropped when the second is over.

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/**
 * Rendered text of one line.
 * @limit `env.log`, `console`: characters of a line
 * @passed the line is cut
 */
const MAX_LINE = 8192

export interface LogRateLimit {
  /** `requestId`: the request that the line belongs to. */
  write(level: LogLevel, text: string, requestId?: string): void
}

export interface LogOutlet {
  line(level: LogLevel, text: string, requestId?: string): void
  dropped(count: number): void
}

export function createLogRateLimit(linesPerSecond: number, outlet: LogOutlet): LogRateLimit {
  let second = 0
  let lines = 0
  let dropped = 0
  const reportDropped = () => {
    if (dropped === 0) return
    outlet.dropped(dropped)
    outlet.line('warn', `${dropped} log lines were dropped: more than ${linesPerSecond} in a second`)
    dropped = 0
  }
  return {
    write(level, text, requestId) {
      const now = performance.now()
      const current = Math.floor(now / 1000)
      if (current !== second) {
        reportDropped()
        second = current
        lines = 0
      }
      if (lines >= linesPerSecond) {
        // Also reported when no further line was written.
        if (dropped++ === 0) setTimeout(reportDropped, 1000 * (second + 1) - now).unref()
        return
      }
      lines++
      outlet.line(level, text.length > MAX_LINE ? `${text.slice(0, MAX_LINE)}…` : text, requestId)
    },
  }
}
