// Where an error of a plugin goes: mapped to the author's files, into the log of the plugin and into that of the server.
// Stacks that a plugin logs itself are mapped as well.
// Invariant: it is told once in each, and never to a visitor; a plugin that fails all the time does not fill the server's log.

import type { Log } from '../../log.ts'
import type { NewLine, PluginLog } from './plugin-log.ts'
import type { StackMapper } from './stack-mapper.ts'

export type ErrorReporter = (
  error: { readonly name: string; readonly message: string; readonly stack: string },
  requestId?: string,
) => void

export interface ReporterParts {
  readonly pluginId: string
  readonly log: PluginLog
  /** Undefined where somebody else shows the lines of the plugin's log. */
  readonly serverLog: Log | undefined
  readonly mapper: StackMapper | undefined
}

/** The others of a second are in the plugin's own log. */
const SERVER_LINES_PER_SECOND = 10

export function createErrorReporter({ pluginId, log, serverLog, mapper }: ReporterParts): ErrorReporter {
  let second = 0
  let lines = 0

  function tellServer({ message, requestId, stack }: NewLine): void {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) lines = 0
    second = now
    if (++lines > SERVER_LINES_PER_SECOND) return
    // An error of the server is another matter: nobody but the plugin's author can correct this one.
    serverLog?.warn({ plugin: pluginId, ...(requestId !== undefined && { requestId }), stack }, message)
  }

  return (error, requestId) => {
    const lineOf = (stack: string): NewLine => {
      const line: NewLine = {
        level: 'error',
        message: `${error.name}: ${error.message}`,
        ...(requestId !== undefined && { requestId }),
        ...(stack !== '' && { stack }),
      }
      tellServer(line)
      return line
    }
    if (mapper === undefined || error.stack === '') return log.write(lineOf(error.stack))
    // A map that cannot be read still leaves the author the unmapped stack.
    const stack = mapper.map(error.stack).catch(() => error.stack)
    log.writeLater(stack.then(lineOf))
  }
}

/** Writes what a plugin logs; many print the stacks of errors that they have caught. */
export function createLineWriter(
  log: PluginLog,
  mapper: StackMapper | undefined,
): (line: Omit<NewLine, 'stack'>) => void {
  return (line) => {
    if (mapper === undefined || !line.message.includes('plugin:///')) return log.write(line)
    const message = mapper.map(line.message).catch(() => line.message)
    log.writeLater(message.then((mapped) => ({ ...line, message: mapped })))
  }
}
