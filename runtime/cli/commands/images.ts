// plugbay images: the container images of plugins: lists them, and has the server build, push and pull them.

import type { Command } from 'commander'
import type { ImageRequest, ImageTask, ImageView } from '../../../sdk/api/images.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { followTask, taskResult } from '../follow-task.ts'
import type { Io } from '../io.ts'
import { type Outcome, type Result, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

interface ImagesOptions extends ClientOptions {
  readonly cache: boolean
  readonly arg: readonly string[]
}

const VERBS = ['build', 'push', 'pull']

export function addImages(program: Command, session: Session): void {
  const command = program
    .command('images')
    .description('Show the container images of plugins, or have the server build, push or pull them.')
    .argument('<verb>', ['list', ...VERBS].join(', '))
    .argument('[name...]', 'names of images, or "all"')
    .option('--no-cache', 'build: do every step anew')
    .option('-a, --arg <key=value>', 'build: a value for ARG of the Dockerfile; may be repeated', collect, [])
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, names: readonly string[], options: ImagesOptions) =>
      session.run({ json: options.json }, () => run(session.io, { verb, names, options })),
    )
}

function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

interface Given {
  readonly verb: string
  readonly names: readonly string[]
  readonly options: ImagesOptions
}

async function run(io: Io, { verb, names, options }: Given): Promise<Outcome> {
  const client = openClient(io, options)
  if (verb === 'list') return await list(client)
  if (!VERBS.includes(verb))
    throw usageError(
      `"${verb}" is not one of list, ${VERBS.join(', ')}`,
      'Write it like: plugbay images build all',
    )
  if (names.length === 0) throw usageError('No image is named', `Write it like: plugbay images ${verb} all`)
  const request: ImageRequest = {
    names,
    ...(verb === 'build' && { noCache: !options.cache, args: Object.fromEntries(options.arg.map(splitArg)) }),
  }
  const { items } = (await client.request('POST', `images/${verb}`, { json: request })) as {
    readonly items: readonly ImageTask[]
  }
  const results: Result[] = []
  // One of them runs at a time, in this order.
  for (const { name, tag, task } of items)
    results.push({
      ...taskResult(await followTask(io, client, { id: task, json: options.json })),
      id: name,
      tag,
    })
  return { results, text: summary(verb, results) }
}

function summary(verb: string, results: readonly Result[]): string {
  if (results.length === 0) return 'There are none'
  return results.flatMap(({ ok, id, tag }) => (ok ? [`✓ ${id}: ${verb} of ${String(tag)}`] : [])).join('\n')
}

async function list(client: ApiClient): Promise<Outcome> {
  const items = (await client.list('images')) as readonly ImageView[]
  const cells = items.map(({ name, use, plugin, tag, problem }) => [
    name,
    use,
    plugin,
    tag ?? '',
    problem?.message ?? '',
  ])
  return {
    results: items.map((image) => ({ id: image.name, ok: true, image })),
    text: items.length === 0 ? 'There are none' : table(['IMAGE', 'USE', 'PLUGIN', 'TAG', 'PROBLEM'], cells),
  }
}

function splitArg(text: string): readonly [string, string] {
  const equals = text.indexOf('=')
  if (equals < 1) throw usageError(`"${text}" is not KEY=VALUE`, 'Write it like: --arg VERSION=7')
  return [text.slice(0, equals), text.slice(equals + 1)]
}

const EXAMPLES = `
"build" builds images from the rendered templates of their plugins; "push" and "pull" are for those that plugins
declare as remote. What the engine says is printed, and kept in the log of a task: plugbay tasks list

Examples:
  $ plugbay images list
  $ plugbay images build all
  $ plugbay images build redis --no-cache -a VERSION=7
  $ plugbay images push redis`
