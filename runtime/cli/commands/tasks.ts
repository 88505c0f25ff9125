// plugbay tasks: the background tasks of a server: lists them, prints their logs, and changes them.

import { type Command, Option } from 'commander'
import type { Page } from '../../../sdk/api/lists.ts'
import type { TaskLogLine, TaskView } from '../../../sdk/api/tasks.ts'
import { TASK_STATES } from '../../../sdk/protocol/task-states.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

interface TasksOptions extends ClientOptions {
  readonly plugin?: string
  readonly state?: string
  readonly args?: string
}

/** Verbs that change one task, and what is said then. */
const CHANGES: Readonly<Record<string, string>> = {
  cancel: 'is to end',
  promote: 'comes before all others',
  run: 'runs now',
  retry: 'runs again',
}
const VERBS = ['list', 'show', 'log', 'start', ...Object.keys(CHANGES), 'level', 'clean', 'sweep']

export function addTasks(program: Command, session: Session): void {
  const command = program
    .command('tasks')
    .description(
      'Show the background tasks of plugins and of the server, or change them. A change is live at once.',
    )
    .argument('<verb>', VERBS.join(', '))
    .argument('[id]', 'id of a task; start: id of a plugin')
    .argument('[value]', 'level: TRACE, DEBUG, INFO, WARN, ERROR or CRITICAL; start: name of the task')
    .option('--plugin <id>', 'list, clean, sweep: only tasks of this plugin')
    .addOption(new Option('--state <state>', 'list: only tasks in this state').choices([...TASK_STATES]))
    .option('--args <json>', 'start: arguments of the task')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, id: string | undefined, value: string | undefined, options: TasksOptions) =>
      session.run({ json: options.json, id }, () =>
        run(openClient(session.io, options), { verb, id, value, options }),
      ),
    )
}

interface Request {
  readonly verb: string
  readonly id: string | undefined
  readonly value: string | undefined
  readonly options: TasksOptions
}

async function run(client: ApiClient, { verb, id, value, options }: Request): Promise<Outcome> {
  if (!VERBS.includes(verb))
    throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`, 'Write it like: plugbay tasks list')
  if (verb === 'list') return await list(client, options)
  if (verb === 'clean' || verb === 'sweep') return await clean(client, verb, options)
  if (id === undefined) throw usageError('No task is named', `Write it like: plugbay tasks ${verb} <id>`)
  if (verb === 'start') return await start(client, { plugin: id, name: value, args: options.args })
  const path = `tasks/${encodeURIComponent(id)}`
  if (verb === 'log') return await log(client, id)
  if (verb === 'show') {
    const task = asTask(await client.request('GET', path))
    return { results: [{ id, ok: true, task }], text: shown(task) }
  }
  if (verb === 'level') {
    if (value === undefined)
      throw usageError('No level is named', `Write it like: plugbay tasks level ${id} DEBUG`)
    const task = asTask(await client.request('PATCH', path, { json: { level: value } }))
    return { results: [{ id, ok: true, task }], text: `✓ ${id}: lines from ${task.level} on are kept` }
  }
  const task = asTask(await client.request('POST', `${path}/${verb}`))
  return { results: [{ id, ok: true, task }], text: `✓ ${id} ${CHANGES[verb]}: ${task.state}` }
}

async function list(client: ApiClient, { plugin, state }: TasksOptions): Promise<Outcome> {
  const query = new URLSearchParams({ limit: '200' })
  if (plugin !== undefined) query.set('plugin', plugin)
  if (state !== undefined) query.set('state', state)
  const { items } = (await client.request('GET', `tasks?${query}`)) as Page<TaskView>
  const cells = items.map((task) => [
    task.id,
    task.plugin ?? '(server)',
    task.name,
    task.state,
    percent(task),
    task.runAt,
  ])
  const text =
    items.length === 0
      ? 'There are none'
      : table(['ID', 'PLUGIN', 'TASK', 'STATE', 'PROGRESS', 'RUN AT'], cells)
  return { results: items.map((task) => ({ id: task.id, ok: true, task })), text }
}

async function clean(client: ApiClient, verb: string, { plugin }: TasksOptions): Promise<Outcome> {
  const json = plugin === undefined ? {} : { plugin }
  const { deleted } = (await client.request('POST', `tasks/${verb}`, { json })) as {
    readonly deleted: number
  }
  return { results: [{ id: verb, ok: true, deleted }], text: `✓ ${deleted} finished tasks deleted` }
}

async function start(
  client: ApiClient,
  {
    plugin,
    name,
    args,
  }: { readonly plugin: string; readonly name: string | undefined; readonly args: string | undefined },
): Promise<Outcome> {
  if (name === undefined)
    throw usageError('No task is named', `Write it like: plugbay tasks start ${plugin} nightly`)
  const json = { plugin, name, ...(args !== undefined && { args: parsed(args) }) }
  const { id, outcome } = (await client.request('POST', 'tasks', { json })) as {
    readonly id: string
    readonly outcome: string
  }
  return { results: [{ id, ok: true, outcome }], text: `✓ ${id} ${outcome}` }
}

async function log(client: ApiClient, id: string): Promise<Outcome> {
  const { items } = (await client.request('GET', `tasks/${encodeURIComponent(id)}/log`)) as {
    readonly items: readonly TaskLogLine[]
  }
  const text = items.map(({ time, level, text }) => printable(`${time} ${level} ${text}`)).join('\n')
  return { results: [{ id, ok: true, items }], text: text || 'It has written nothing yet' }
}

function shown(task: TaskView): string {
  const rows = Object.entries(task).map(([name, value]) => [
    name,
    printable(typeof value === 'string' ? value : JSON.stringify(value)),
  ])
  return table(['FIELD', 'VALUE'], rows)
}

function percent({ progress }: TaskView): string {
  return progress === null ? '' : `${Math.round(progress.fraction * 100)} %`
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw usageError(`"--args" is not JSON: ${text}`, `Write it like: --args '{"book": "b1"}'`)
  }
}

function asTask(value: unknown): TaskView {
  if (typeof value === 'object' && value !== null && 'state' in value && 'plugin' in value)
    return value as TaskView
  throw new PlugbayError(
    'SERVER_UNREACHABLE',
    'The server answered in a form that this version of the command line does not know',
  )
}

const EXAMPLES = `
"clean" deletes what has finished; "sweep" only what did nothing and had no warning.

Examples:
  $ plugbay tasks list --state running
  $ plugbay tasks log 0d1c…                      what it has written
  $ plugbay tasks start media convert --args '{"book": "b1"}'
  $ plugbay tasks cancel 0d1c…                   at once when it waits, by its signal when it runs
  $ plugbay tasks level 0d1c… DEBUG              also while it runs
  $ plugbay tasks sweep --plugin media`
