// plugbay dev: one plugin in a runtime of its own; every saved file is live at once.

import { type Command, InvalidArgumentError } from 'commander'
import type { Change, DevEvent } from '../../dev/dev-events.ts'
import type { Problem } from '../../errors.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { coloured, type Io } from '../io.ts'
import { failureOf, formatProblem, logText } from '../output.ts'
import { resolveFolder } from '../paths.ts'
import { type Session, untilSignal } from '../session.ts'

interface DevCommandOptions {
  readonly port?: number
  readonly host?: string
  readonly json?: boolean
}

export function addDev(program: Command, session: Session): void {
  program
    .command('dev')
    .description(
      'Run one plugin from its folder, with every permission that it asks for. Saved files are live at once.',
    )
    .argument('<dir>', 'the folder that holds manifest.json')
    .option('-p, --port <number>', 'port to listen on (default: the first free one from 3000)', readPort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--json', 'print one JSON line for each event: ready, swap, problem, log')
    .addHelpText('after', EXAMPLES)
    .action((folder: string, options: DevCommandOptions) => dev(session, folder, options))
}

async function dev(session: Session, folder: string, options: DevCommandOptions): Promise<void> {
  const { io, parts } = session
  let hasServed = false
  const print = (event: DevEvent): void => {
    if (event.event === 'swap') hasServed = true
    io.out(`${options.json ? JSON.stringify(event) : eventText(event, { io, hasServed })}\n`)
  }
  await session.run({}, async () => {
    const { signalled, stop } = untilSignal(io)
    try {
      const path = await resolveFolder(io.cwd, folder)
      const { port, host } = options
      const server = await parts.startDev(path, {
        ...(port !== undefined && { port }),
        ...(host !== undefined && { host }),
        onEvent: print,
      })
      await signalled
      await server.close()
    } catch (error) {
      if (!options.json) throw error
      const failure = failureOf('', error)
      print({
        event: 'problem',
        problems: failure.problems ?? (failure.problem === undefined ? [] : [failure.problem]),
      })
      return { results: [], exitCode: exitCodeOf([failure]) }
    } finally {
      stop()
    }
    return undefined
  })
}

interface Telling {
  readonly io: Io
  /** Whether a version of the plugin has been live. */
  readonly hasServed: boolean
}

function eventText(event: DevEvent, { io, hasServed }: Telling): string {
  switch (event.event) {
    case 'ready':
      return `${coloured(io, 'green', '✓')} ${event.id} runs at ${event.url}\n  Save a file to see it live; Ctrl-C stops`
    case 'swap':
      return `${coloured(io, 'green', '✓')} ${SWAPPED[event.change]} (${Math.round(event.ms)} ms)`
    case 'log':
      return logText(io, event)
    case 'problem':
      return [
        `${coloured(io, 'red', '✗')} ${isFailure(event.problems) ? 'the backend failed' : hasServed ? 'the last good version goes on serving' : 'nothing serves yet'}:`,
        ...event.problems.map((problem) => formatProblem(io, problem).replace(/^(?=.)/gm, '  ')),
      ].join('\n')
  }
}

/** For the backend that serves, not for a save. */
function isFailure(problems: readonly Problem[]): boolean {
  return problems.every(({ code }) => code === 'GUEST_ERROR')
}

const SWAPPED: Readonly<Record<Change, string>> = {
  first: 'the plugin is live',
  css: 'new styles are live; pages keep their state',
  frontend: 'the new frontend is live; pages load again',
  backend: 'the new backend is live; pages load again',
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535))
    throw new InvalidArgumentError('It is not a port: give a whole number from 0 to 65535.')
  return port
}

const EXAMPLES = `
Examples:
  $ plugbay dev my-plugin
  $ plugbay dev . --port 4000

What the plugin stores is kept in .plugbay/ in its folder. An error in the code keeps the last good
version serving and shows on the page with file and line.`
