// plugbay init: sets the application up by the steps of plugins, and follows the task.

import type { Command } from 'commander'
import type { InitSteps, StartedTask } from '../../../sdk/api/init.ts'
import { type ApiClient, addClientOptions, type ClientOptions, openClient } from '../api-client.ts'
import { followTask, taskResult } from '../follow-task.ts'
import { type Outcome, table } from '../output.ts'
import type { Session } from '../session.ts'
import { usageError } from '../session.ts'

interface InitOptions extends ClientOptions {
  readonly limit?: string
  readonly again?: boolean
}

const VERBS = ['run', 'list'] as const

export function addInit(program: Command, session: Session): void {
  const command = program
    .command('init')
    .description('Set the application up: run the steps of plugins that have not run for their release.')
    .argument('[verb]', VERBS.join(', '), 'run')
    .option('--limit <id>', 'only the steps of one plugin, whether they have run or not')
    .option('--again', 'all steps, those too that have run')
  addClientOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((verb: string, options: InitOptions) =>
      session.run({ json: options.json, id: 'init' }, async () => {
        const client = openClient(session.io, options)
        if (verb === 'list') return await listOutcome(client)
        if (verb !== 'run') throw usageError(`"${verb}" is not one of ${VERBS.join(', ')}`)
        const { limit, again } = options
        const json = { ...(limit !== undefined && { limit }), ...(again === true && { again }) }
        const { id } = (await client.request('POST', 'init', { json })) as StartedTask
        const task = await followTask(session.io, client, { id, json: options.json })
        return { results: [taskResult(task)] }
      }),
    )
}

async function listOutcome(client: ApiClient): Promise<Outcome> {
  const { items } = (await client.request('GET', 'init')) as InitSteps
  const rows = items.map(({ plugin, stage, name, kind, version, done }) => [
    ...[stage, plugin, name, kind],
    done === version ? 'done' : done === null ? 'not yet' : `for ${done}`,
  ])
  const text =
    rows.length === 0 ? 'There are none' : table(['STAGE', 'PLUGIN', 'NAME', 'KIND', 'STATE'], rows)
  return { results: items.map(({ plugin, ...step }) => ({ id: plugin, ok: true, ...step })), text }
}

const EXAMPLES = `
Examples:
  $ plugbay init                   what has not run yet, in order
  $ plugbay init --limit redis     the steps of one plugin, once more
  $ plugbay init list`
