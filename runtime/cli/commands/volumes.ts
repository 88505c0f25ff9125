// plugbay volumes: where plugins may keep files.

import type { Command } from 'commander'
import type { Volume } from '../../../sdk/api/volumes.ts'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { printable } from '../io.ts'
import { table } from '../output.ts'
import type { Session } from '../session.ts'

export function addVolumes(program: Command, session: Session): void {
  const command = program
    .command('volumes')
    .description('List the drives and folders that plugins may keep files on.')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: ClientOptions) => volumes(session, options))
}

async function volumes(session: Session, options: ClientOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const found = (await openClient(session.io, options).list('volumes')) as readonly Volume[]
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
        ? 'There are no volumes. Mount a drive, or offer a folder as one: plugbay serve --set volumes.roots=/srv/backup'
        : table(['ID', 'NAME', 'FREE', 'FORMAT', 'STATE', 'PATH'], rows)
    // A volume that cannot be used is not a failure of this command.
    return {
      results: found.map(({ problem, ...volume }) => ({ ...volume, volumeProblem: problem, ok: true })),
      text,
    }
  })
}

function inGb(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`
}

const EXAMPLES = `
Examples:
  $ plugbay volumes
  $ plugbay volumes --json`
