// plugbay values: the values for templates of the application. `plugbay config` has the same under the names of Tutor.
// Invariant: a secret is never printed, and never taken from the command line.

import type { Command } from 'commander'
import type { Value, ValueChanges, Values } from '../../../sdk/api/values.ts'
import { PlugbayError } from '../../errors.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import type { Io } from '../io.ts'
import type { Outcome } from '../output.ts'
import { readPairs, type TypedPair } from '../secret-pairs.ts'
import { type Session, usageError } from '../session.ts'
import { getOutcome, listOutcome, savedOutcome } from '../values-output.ts'

interface SaveOptions extends ClientOptions {
  readonly set: readonly string[]
  readonly append: readonly string[]
  readonly remove: readonly string[]
  readonly unset: readonly string[]
}

const VERBS = ['list', 'get', 'save'] as const
/** Tutor's word for `get`. */
const PRINT = 'printvalue'

export function addValues(program: Command, session: Session): void {
  addCommand(program.command('values'), session, {
    description: 'Show or change the values for templates of the application. A change is live at once.',
    verbs: VERBS,
    examples: EXAMPLES,
  })
}

export function addConfig(program: Command, session: Session): void {
  addCommand(program.command('config'), session, {
    description:
      'Values for templates, in the words of Tutor: as "plugbay values get" and "plugbay values save"',
    verbs: [PRINT, 'save'],
    examples: TUTOR_EXAMPLES,
  })
}

interface Words {
  readonly description: string
  readonly verbs: readonly string[]
  readonly examples: string
}

function addCommand(command: Command, session: Session, { description, verbs, examples }: Words): void {
  command
    .description(description)
    .argument('<verb>', verbs.join(', '))
    .argument('[names...]', 'names of values')
  for (const [flag, words] of [
    [
      '--set <key=value>',
      'save: set a value, read as YAML; of a secret only the key, the value is read from standard input',
    ],
    ['--append <key=value>', 'save: append an item to a list, unless it is there'],
    ['--remove <key=value>', 'save: remove an item from a list'],
    ['--unset <key>', 'save: take a value back; what a plugin has added is made anew'],
  ] as const)
    command.option(flag, words, collect, [])
  addClientOptions(command)
    .addHelpText('after', examples)
    .action((verb: string, names: string[], options: SaveOptions) =>
      session.run({ json: options.json, id: names[0] }, async () => {
        if (!verbs.includes(verb)) throw usageError(`"${verb}" is not one of ${verbs.join(', ')}`)
        return await run(session.io, openClient(session.io, options), { verb, names, options })
      }),
    )
}

interface Request {
  readonly verb: string
  readonly names: readonly string[]
  readonly options: SaveOptions
}

async function run(io: Io, client: ApiClient, { verb, names, options }: Request): Promise<Outcome> {
  const { set, append, remove, unset } = options
  const isChange = [set, append, remove, unset].some((given) => given.length > 0)
  if (verb !== 'save' && isChange)
    throw usageError(`"${verb}" changes nothing`, 'To change values, use "save"')
  if (verb === 'list') return listOutcome(await read(client), names)
  if (verb !== 'save') {
    const [name, ...others] = names
    if (name === undefined || others.length > 0)
      throw usageError('One value must be named', `Write it like: plugbay values get REDIS_HOST`)
    return getOutcome((await client.request('GET', `values/${encodeURIComponent(name)}`)) as Value)
  }
  if (names.length > 0)
    throw usageError('"save" takes no names', 'Write it like: plugbay values save --set KEY=value')
  if (!isChange) throw usageError('Nothing is changed', 'Use --set, --append, --remove or --unset')
  const known = await read(client)
  const changes: ValueChanges = {
    set: Object.fromEntries(await readSet(io, set, known)),
    append: await itemsOf('--append', append),
    remove: await itemsOf('--remove', remove),
    unset,
  }
  return savedOutcome((await client.request('PATCH', 'values', { json: changes })) as Values)
}

async function read(client: ApiClient): Promise<Values> {
  const answer = (await client.request('GET', 'values')) as Partial<Values> | undefined
  if (Array.isArray(answer?.items)) return answer as Values
  throw new PlugbayError(
    'SERVER_UNREACHABLE',
    'The server answered in a form that this version of the command line does not know',
  )
}

async function readSet(
  io: Io,
  pairs: readonly string[],
  { items }: Values,
): Promise<readonly (readonly [string, unknown])[]> {
  const typed = pairs.map((text, at) => pairOf('--set', text, at))
  return await readPairs(io, typed, {
    isSecret: (key) => items.some(({ name, isSecret }) => name === key && isSecret),
    notPair: (at) => notPair('--set', at),
    parse: (_key, text, at) => yamlOf('--set', text, at),
    removal: '--unset',
  })
}

async function itemsOf(flag: string, pairs: readonly string[]): Promise<Record<string, unknown[]>> {
  const lists = new Map<string, unknown[]>()
  for (const [at, text] of pairs.entries()) {
    const { key, value } = pairOf(flag, text, at)
    if (value === undefined) throw notPair(flag, at)
    lists.set(key, [...(lists.get(key) ?? []), await yamlOf(flag, value, at)])
  }
  return Object.fromEntries(lists)
}

async function yamlOf(flag: string, text: string, at: number): Promise<unknown> {
  // Other commands do without the library.
  const { parseYaml } = await import('../../values/yaml.ts')
  const parsed = parseYaml(text)
  if (parsed.ok) return parsed.value
  throw usageError(
    `The value of ${flag} number ${at + 1} is not valid YAML: ${parsed.message}`,
    'Put texts with ": " or "{{" into quotes',
  )
}

/** What is wrong is not repeated: it may be a secret. */
function pairOf(flag: string, text: string, at: number): TypedPair {
  const equals = text.indexOf('=')
  const key = equals < 0 ? text : text.slice(0, equals)
  if (!/^[A-Za-z]\w*$/.test(key)) throw notPair(flag, at)
  return equals < 0 ? { key } : { key, value: text.slice(equals + 1) }
}

function notPair(flag: string, at: number): PlugbayError {
  return usageError(`${flag} number ${at + 1} is not key=value`, 'Write it like REDIS_HOST=redis')
}

function collect(text: string, before: readonly string[]): readonly string[] {
  return [...before, text]
}

const EXAMPLES = `
Examples:
  $ plugbay values list                                  all values, with their sources and owners
  $ plugbay values get REDIS_HOST
  $ plugbay values save --set REDIS_HOST=cache --set REDIS_PORT=6380
  $ plugbay values save --set 'HOSTS=[a.example, b.example]'     read as YAML
  $ plugbay values save --append HOSTS=c.example --remove HOSTS=a.example
  $ plugbay values save --set REDIS_PASSWORD < key.txt   a secret is read from standard input
  $ plugbay values save --unset REDIS_HOST`

const TUTOR_EXAMPLES = `
Examples:
  $ plugbay config printvalue REDIS_HOST                 as "plugbay values get"
  $ plugbay config save --set REDIS_HOST=cache           as "plugbay values save"`
