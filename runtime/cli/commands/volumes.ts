// plugbay volumes: where plugins may keep files; drives are mounted and ejected.

import type { Command } from 'commander'
import type { Volume } from '../../../sdk/api/volumes.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { programName } from '../invocation.ts'
import { type Io, printable } from '../io.ts'
import { type Outcome, table } from '../output.ts'
import { type Session, usageError } from '../session.ts'

const VERBS = ['list', 'mount', 'unmount', 'eject'] as const

export function addVolumes(program: Command, session: Session): void {
  const command = program
    .command('volumes')
    .description('List the drives and folders that plugins may keep files on; mount and eject drives.')
    .argument('[verb]', VERBS.join(', '), 'list')
    .argument('[id]', 'mount, unmount, eject: id of a drive, as in the list')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, id: string | undefined, options: ClientOptions) =>
      session.run({ json: options.json, id: id ?? 'volumes' }, () =>
        run(openClient(session.io, options), { verb, id, io: session.io }),
      ),
    )
}

interface Asked {
  readonly verb: string
  readonly id: string | undefined
  readonly io: Io
}

async function run(client: ApiClient, { verb, id, io }: Asked): Promise<Outcome> {
  if (!VERBS.some((known) => known === verb))
    throw usageError(
      `"${verb}" is not one of ${VERBS.join(', ')}`,
      'Write it like: plugbay volumes eject <id>',
    )
  if (verb === 'list') return listed((await client.list('volumes')) as readonly Volume[], io)
  if (id === undefined) throw usageError('No drive is named', '"plugbay volumes" lists them')
  await client.request('POST', `volumes/${encodeURIComponent(id)}/${verb}`)
  const text = { mount: 'mounted', unmount: 'unmounted', eject: 'ejected: it can be pulled out' }[verb]
  return { results: [{ id, ok: true }], text: `${id} ${text}` }
}

function listed(found: readonly Volume[], io: Io): Outcome {
  const rows = found.map(({ id, name, path, freeBytes, totalBytes, filesystem, writable, problem }) => [
    id,
    printable(name),
    problem === null ? `${inGb(freeBytes)} of ${inGb(totalBytes)}` : '–',
    filesystem ?? '–',
    problem === null ? (writable ? 'read and write' : 'read only') : printable(problem.message),
    printable(path),
  ])
  const text =
    rows.length === 0
      ? `There are no volumes. Mount a drive, or offer a folder as one: ${programName(io)} serve --set volumes.roots=/srv/backup`
      : table(['ID', 'NAME', 'FREE', 'FORMAT', 'STATE', 'PATH'], rows)
  // A volume that cannot be used is not a failure of this command.
  return {
    results: found.map(({ problem, ...volume }) => ({ ...volume, volumeProblem: problem, ok: true })),
    text,
  }
}

function inGb(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

const EXAMPLES = `
Examples:
  $ plugbay volumes
  $ plugbay volumes --json
  $ plugbay volumes eject 5f0c1a2b3c4d`
