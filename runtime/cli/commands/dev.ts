// plugbay dev: one plugin in a runtime of its own; every saved file is live at once.

import { type Command, InvalidArgumentError } from 'commander'
import type { Change, DevEvent } from '../../dev/dev-events.ts'
import { readVisitor } from '../../dev/visitor.ts'
import type { Problem } from '../../errors.ts'
import { exitCodeOf } from '../exit-codes.ts'
import { coloured, type Io } from '../io.ts'
import { failureOf, formatProblem, logText } from '../output.ts'
import { resolveFile, resolveFolder } from '../paths.ts'
import { type Session, untilSignal, usageError } from '../session.ts'

interface DevCommandOptions {
  readonly port?: number
  readonly host?: string
  readonly as?: string
  readonly seed?: string
  readonly reset?: true
  /** Empty: any port. */
  readonly inspect?: string
  readonly json?: boolean
}

export function addDev(program: Command, session: Session): void {
  program
    .command('dev')
    .description(
      'Run one plugin from its folder, with every permission that it asks for. Saved files are live at once.',
    )
    .argument('<dir>', 'the folder that holds manifest.json')
    .option(
      '-p, --port <number>',
      'port to listen on (default: PLUGBAY_PORT, or the first free one from 3000)',
      readPort,
    )
    .option('--host <address>', 'address to listen on (default: PLUGBAY_HOST, or 127.0.0.1)')
    .option(
      '--as <visitor>',
      'who opens the pages: "stranger" has not signed in, "ada" has no permission, "ada:events.view,reports.*" has these (default: every permission)',
      checkAs,
    )
    .option('--seed <file>', 'a module that fills a new plugin: its default export gets { fetch }')
    .option('--reset', 'forget first what the plugin has stored, and its settings')
    .option(
      '--inspect [port]',
      'let DevTools and editors debug the backend, at this port of this machine (--inspect=9230) or the first free one from 9229; nothing has a deadline then',
      checkInspect,
    )
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
      const { PLUGBAY_PORT, PLUGBAY_HOST } = io.env
      const { port = PLUGBAY_PORT ? portOf(PLUGBAY_PORT) : undefined, host = PLUGBAY_HOST } = options
      const server = await parts.startDev(path, {
        ...(port !== undefined && { port }),
        ...(host !== undefined && { host }),
        ...(options.as !== undefined && { visitor: readVisitor(options.as) ?? null }),
        ...(options.seed !== undefined && { seed: await resolveFile(io.cwd, options.seed) }),
        ...(options.reset !== undefined && { reset: options.reset }),
        ...(options.inspect !== undefined && {
          inspect: { port: options.inspect === '' ? undefined : portOf(options.inspect) },
        }),
        environment: io.env,
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
      return `${coloured(io, 'green', '✓')} ${event.id} runs at ${event.url}\n  Admin page, signed in (works once, for 10 minutes): ${event.adminUrl}${debuggerText(event)}\n  Save a file to see it live; Ctrl-C stops`
    case 'swap':
      return `${coloured(io, 'green', '✓')} ${SWAPPED[event.change]} (${Math.round(event.ms)} ms)`
    case 'log':
      return logText(io, event)
    case 'problem':
      return [
        `${coloured(io, 'red', '✗')} ${isFailure(event.problems) ? 'the backend failed' : isPageFailure(event.problems) ? 'the page failed' : hasServed ? 'the last good version goes on serving' : 'nothing serves yet'}:`,
        ...event.problems.map((problem) => formatProblem(io, problem).replace(/^(?=.)/gm, '  ')),
      ].join('\n')
  }
}

function debuggerText({ inspectUrl }: { readonly inspectUrl?: string }): string {
  return inspectUrl === undefined
    ? ''
    : `\n  Debugger: ${inspectUrl}\n    (chrome://inspect, or "Attach" in an editor, port ${new URL(inspectUrl).port})`
}

/** For the backend that serves, not for a save. */
function isFailure(problems: readonly Problem[]): boolean {
  return problems.every(({ code }) => code === 'GUEST_ERROR')
}

function isPageFailure(problems: readonly Problem[]): boolean {
  return problems.every(({ code }) => code === 'PAGE_FAILED')
}

const SWAPPED: Readonly<Record<Change, string>> = {
  first: 'the plugin is live',
  css: 'new styles are live; pages keep their state',
  frontend: 'the new frontend is live; pages load again',
  backend: 'the new backend is live; pages load again',
}

/** Without its port, the option would take the folder that follows. */
export function separateInspect(args: readonly string[]): readonly string[] {
  return args[0] === 'dev' ? args.map((arg) => (arg === '--inspect' ? `${arg}=` : arg)) : args
}

function checkInspect(text: string): string {
  if (text === '' || validPort(text) !== undefined) return text
  throw new InvalidArgumentError('Write it like "--inspect" or "--inspect=9230".')
}

/** As text, since a value of null would count as none. */
function checkAs(text: string): string {
  if (readVisitor(text) !== undefined) return text
  throw new InvalidArgumentError('Write it like "stranger", "ada" or "ada:events.view,reports.*".')
}

function portOf(text: string): number {
  const port = validPort(text)
  if (port === undefined)
    throw usageError(`"${text}" in PLUGBAY_PORT is not a port`, 'Give a whole number from 0 to 65535')
  return port
}

function readPort(text: string): number {
  const port = validPort(text)
  if (port === undefined)
    throw new InvalidArgumentError('It is not a port: give a whole number from 0 to 65535.')
  return port
}

function validPort(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  return port <= 65_535 ? port : undefined
}

const EXAMPLES = `
Examples:
  $ plugbay dev my-plugin
  $ plugbay dev . --port 4000
  $ plugbay dev . --as stranger               what somebody sees who has not signed in
  $ plugbay dev . --inspect                   breakpoints in the backend, by DevTools or an editor
  $ plugbay dev . --reset --seed seed.ts      begin anew, with what seed.ts sends to the backend

Settings and secrets come from .plugbay.env in the folder, under their names in the manifest
(apiKey=…); it is never packed, and read again when it is saved.
What the plugin stores is kept in .plugbay/ in its folder. An error in the code keeps the last good
version serving and shows on the page with file and line.`
