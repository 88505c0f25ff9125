// plugbay logs: prints a plugin's log, oldest first, and optionally follows it.
// Invariant: a plugin cannot control the terminal through its log; control characters are shown, not sent.

import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Page } from '../../../sdk/api/lists.ts'
import type { LogLevel, LogLine } from '../../../sdk/api/logs.ts'
import { LOG_LEVELS } from '../../../sdk/protocol/log-levels.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { readEvents } from '../event-stream.ts'
import { pluginPath } from '../installation.ts'
import { coloured, type Io, printable } from '../io.ts'
import { logText } from '../output.ts'
import { type Session, untilSignal } from '../session.ts'

interface LogsOptions extends ClientOptions {
  readonly follow?: true
  readonly limit: number
  readonly level?: LogLevel
}

export function addLogs(program: Command, session: Session): void {
  const command = program
    .command('logs')
    .description('Show the log of a plugin: its console output and uncaught errors.')
    .argument('<id>', 'id of an installed plugin')
    .option(
      '-f, --follow',
      'go on with what is written from now on, until Ctrl-C; with --json, one line of JSON each',
    )
    .option('-n, --limit <lines>', 'how many of the last lines', readLimit, 50)
    .addOption(new Option('--level <level>', 'least important lines').choices([...LOG_LEVELS]))
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((id: string, options: LogsOptions) => logs(session, id, options))
}

async function logs(session: Session, id: string, options: LogsOptions): Promise<void> {
  const { io } = session
  await session.run({ json: options.json && !options.follow, id }, async () => {
    const client = openClient(io, options)
    const query = new URLSearchParams({ limit: String(options.limit) })
    if (options.level !== undefined) query.set('level', options.level)
    const page = (await client.request('GET', `${pluginPath(id, 'logs')}?${query}`)) as Page<LogLine>
    const items = [...page.items].sort((a, b) => a.seq - b.seq)
    if (!options.follow) {
      const text = items.map((line) => lineText(io, line)).join('\n') || `"${id}" has written nothing yet`
      return { results: [{ id, ok: true, items }], text }
    }
    const print = (line: LogLine): void =>
      io.out(`${options.json ? JSON.stringify(line) : lineText(io, line)}\n`)
    for (const line of items) print(line)
    await follow(io, client, {
      path: pluginPath(id, 'logs'),
      after: items.at(-1)?.seq ?? 0,
      level: options.level,
      print,
    })
    return undefined
  })
}

interface Follow {
  readonly path: string
  /** Lines up to this seq were printed. */
  readonly after: number
  readonly level: LogLevel | undefined
  readonly print: (line: LogLine) => void
}

async function follow(io: Io, client: ApiClient, options: Follow): Promise<void> {
  const controller = new AbortController()
  const { signalled, stop } = untilSignal(io)
  const stopped = signalled.then(() => controller.abort())
  try {
    const query = options.level === undefined ? '' : `?level=${options.level}`
    for await (const { event, data } of readEvents(
      await client.stream(`${options.path}${query}`, {
        lastEventId: options.after,
        signal: controller.signal,
      }),
    )) {
      if (event !== 'log') continue
      const line = JSON.parse(data) as LogLine
      if (line.seq > options.after) options.print(line)
    }
  } catch (error) {
    if (!controller.signal.aborted) throw error
    await stopped
  } finally {
    stop()
  }
}

function lineText(io: Io, line: LogLine): string {
  return `${coloured(io, 'dim', printable(line.time))} ${logText(io, line)}`
}

function readLimit(text: string): number {
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit < 1 || limit > 200) throw new InvalidArgumentError('Give a whole number from 1 to 200.')
  return limit
}

const EXAMPLES = `
Examples:
  $ plugbay logs guestbook
  $ plugbay logs guestbook --follow
  $ plugbay logs guestbook --level error --json`
