// plugbay list: the installed plugins and their states.

import type { Command } from 'commander'
import { addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { listInstallations } from '../installation.ts'
import { programName } from '../invocation.ts'
import { printable } from '../io.ts'
import { table } from '../output.ts'
import type { Session } from '../session.ts'

export function addList(program: Command, session: Session): void {
  const command = program.command('list').description('List the installed plugins with their state.')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((options: ClientOptions) => list(session, options))
}

async function list(session: Session, options: ClientOptions): Promise<void> {
  await session.run({ json: options.json }, async () => {
    const installations = await listInstallations(openClient(session.io, options))
    const rows = installations.map(({ id, version, state, name, problem, warnings, forced }) => [
      id,
      version ?? '–',
      forced === null ? state : `${state} (${forced.variable})`,
      name,
      (problem ?? warnings[0])?.message ?? '',
    ])
    const notes = installations.flatMap(({ id, problem, warnings }) =>
      warnings.slice(problem === null ? 1 : 0).map(({ message }) => `! ${id}: ${printable(message)}`),
    )
    const text =
      rows.length === 0
        ? `No plugin is installed. Install one with: ${programName(session.io)} install <zip or folder>`
        : [table(['ID', 'VERSION', 'STATE', 'NAME', 'PROBLEM'], rows), ...notes].join('\n')
    // Listing a broken plugin is not a failure: "ok" is about this command.
    const results = installations.map(({ problem, ...installation }) => ({
      ...installation,
      ok: true,
      pluginProblem: problem,
    }))
    return { results, text }
  })
}

const EXAMPLES = `
Examples:
  $ plugbay list
  $ plugbay list --json`
