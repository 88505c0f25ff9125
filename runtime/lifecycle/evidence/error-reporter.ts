// Reports an error of a plugin: maps it to the author's files, and writes it to the plugin's log and the server's.
// Maps stacks that a plugin logs itself as well.
// Invariant: each log gets it once, and a visitor never; a plugin that fails all the time does not fill the server's log.

import type { Log } from '../../log.ts'
import type { StackMapper } from '../../package/stack-mapper.ts'
import type { NewLine, PluginLog } from './plugin-log.ts'

export type ErrorReporter = (
  error: { readonly name: string; readonly message: string; readonly stack: string },
  requestId?: string,
) => void

export interface ReporterParts {
  readonly pluginId: string
  readonly log: PluginLog
  /** Undefined when another component shows the lines of the plugin's log. */
  readonly serverLog: Log | undefined
  readonly mapper: StackMapper | undefined
}

/** The rest of a second's lines are only in the plugin's own log. */
const SERVER_LINES_PER_SECOND = 10

export function createErrorReporter({ pluginId, log, serverLog, mapper }: ReporterParts): ErrorReporter {
  let second = 0
  let lines = 0

  function reportToServer({ message, requestId, stack }: NewLine): void {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) lines = 0
    second = now
    if (++lines > SERVER_LINES_PER_SECOND) return
    // Not logged as an error of the server: only the plugin's author can fix it.
    serverLog?.warn({ plugin: pluginId, ...(requestId !== undefined && { requestId }), stack }, message)
  }

  return (error, requestId) => {
    const lineOf = (stack: string): NewLine => ({
      level: 'error',
      message: `${error.name}: ${error.message}`,
      ...(requestId !== undefined && { requestId }),
      ...(stack !== '' && { stack }),
    })
    const line = lineOf(error.stack)
    if (mapper === undefined || error.stack === '') {
      reportToServer(line)
      return log.write(line)
    }
    // With an unreadable map, the author still gets the unmapped stack.
    const mapped = mapper.map(error.stack).then(lineOf, () => line)
    log.writePrepared(line, mapped)
    void mapped.then(reportToServer)
  }
}

/** Writes what a plugin logs; many plugins print the stacks of errors that they caught. */
export function createLineWriter(
  log: PluginLog,
  mapper: StackMapper | undefined,
): (line: Omit<NewLine, 'stack'>) => void {
  return (line) => {
    if (mapper === undefined || !line.message.includes('plugin:///')) return log.write(line)
    log.writePrepared(
      line,
      mapper.map(line.message).then((message) => ({ ...line, message })),
    )
  }
}
